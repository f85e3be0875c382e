import { createTestDatabase, describeWithEngines, openTcpProxy, type TestDatabase, waitFor } from '@lockstep/testing';
import { Test } from '@nestjs/testing';
import pg from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createDataSource,
  DatabaseConnectionLostError,
  DatabaseModule,
  databaseMigrations,
  inTransaction,
  isDatabaseUnavailable,
  Leases,
  Listener,
  migrate,
  migrateSchema,
} from './index.js';

class CreateThing1760000000101 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE TABLE thing (id int PRIMARY KEY, n bigint NOT NULL DEFAULT 0)');
    await queryRunner.query('INSERT INTO thing (id) VALUES (1), (2)');
  }
  async down(): Promise<void> {}
}

class BreakHalfway1760000000102 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE TABLE half (id int)');
    throw new Error('halfway');
  }
  async down(): Promise<void> {}
}

describeWithEngines('the database library', (engines) => {
  let database: TestDatabase;
  const opened: DataSource[] = [];

  beforeAll(async () => {
    database = await createTestDatabase(engines);
  });
  afterAll(async () => {
    await Promise.all(opened.map((dataSource) => dataSource.isInitialized && dataSource.destroy()));
    await database?.remove();
  });

  async function open(
    schema: string,
    migrations = [CreateThing1760000000101],
    shortStatements = false,
  ): Promise<DataSource> {
    const dataSource = createDataSource({
      url: database.url,
      schema,
      service: 'test',
      entities: [],
      migrations,
      poolSize: 3,
      shortStatements,
    });
    opened.push(dataSource);
    return dataSource.initialize();
  }

  /** Ends another connection's backend, as a crash or an operator would. */
  async function terminate(pid: number): Promise<void> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('SELECT pg_terminate_backend($1)', [pid]);
    await client.end();
  }

  it('runs each migration once although replicas start at once', async () => {
    const replicas = await Promise.all(Array.from({ length: 4 }, () => open('replicas')));
    const ran = await Promise.all(replicas.map(migrate));
    expect(ran.flat()).toEqual(['CreateThing1760000000101']);
    expect(await replicas[0]!.query('SELECT count(*) AS n FROM thing')).toEqual([{ n: 2 }]);
  });

  it('keeps the migrations before a broken one and nothing of the broken one', async () => {
    const dataSource = await open('broken', [CreateThing1760000000101, BreakHalfway1760000000102]);
    await expect(migrate(dataSource)).rejects.toThrow('halfway');
    expect(
      await dataSource.query(`SELECT to_regclass('thing') IS NOT NULL AS thing, to_regclass('half') AS half`),
    ).toEqual([{ thing: true, half: null }]);
    await expect(migrate(dataSource)).rejects.toThrow('halfway');
  });

  it('gives a pooled connection back with the timeouts it had', async () => {
    const dataSource = await open('timeouts');
    await migrate(dataSource);
    const [row] = await dataSource.query(
      `SELECT current_setting('statement_timeout') AS s, current_setting('lock_timeout') AS l`,
    );
    expect(row).toEqual({ s: '1min', l: '0' });
  });

  it('migrates a schema of somebody else', async () => {
    const options = { url: database.url, schema: 'else', service: 'test', migrations: [CreateThing1760000000101] };
    expect(await migrateSchema(options)).toHaveLength(1);
    expect(await migrateSchema(options)).toEqual([]);
  });

  it('refuses a bigint that a number cannot hold, instead of changing it', async () => {
    const dataSource = await open('bigint');
    await expect(dataSource.query('SELECT 9007199254740993::bigint AS n')).rejects.toThrow(/select it as text/);
    expect(await dataSource.query(`SELECT DATE '2026-03-29' AS day, 9007199254740991::bigint AS n`)).toEqual([
      { day: '2026-03-29', n: 9_007_199_254_740_991 },
    ]);
  });

  it('shows operators who is connected', async () => {
    const dataSource = await open('named');
    const [row] = await dataSource.query(
      `SELECT application_name AS name FROM pg_stat_activity WHERE pid = pg_backend_pid()`,
    );
    expect(row.name).toMatch(new RegExp(`^test@.*:${process.pid}$`));
  });

  it('runs a transaction again after a deadlock, so that both of two crossing ones commit', async () => {
    const dataSource = await open('deadlock');
    await migrate(dataSource);
    let attempts = 0;
    let waiting = 0;
    const cross = (first: number, second: number) =>
      inTransaction(dataSource, async (manager) => {
        attempts++;
        await manager.query('UPDATE thing SET n = n + 1 WHERE id = $1', [first]);
        waiting++;
        await waitFor('the other transaction', () => waiting >= 2, { everyMs: 5 });
        await manager.query('UPDATE thing SET n = n + 1 WHERE id = $1', [second]);
      });
    await Promise.all([cross(1, 2), cross(2, 1)]);
    expect(attempts).toBeGreaterThan(2);
    expect(await dataSource.query('SELECT n FROM thing')).toEqual([{ n: 2 }, { n: 2 }]);
  });

  it('does not run a transaction again for an ordinary error', async () => {
    const dataSource = await open('ordinary');
    let attempts = 0;
    const work = inTransaction(dataSource, async (manager) => {
      attempts++;
      await manager.query('SELECT 1 / 0');
    });
    await expect(work).rejects.toThrow(/division by zero/);
    expect(attempts).toBe(1);
  });

  describe.each([false, true])(
    'a transaction of several statements at once (shortStatements: %s)',
    (shortStatements) => {
      const openThings = async (schema: string) => {
        const dataSource = await open(`${schema}_${shortStatements}`, undefined, shortStatements);
        await migrate(dataSource);
        return dataSource;
      };
      const numbers = (dataSource: DataSource) => dataSource.query('SELECT n FROM thing ORDER BY id');

      it('carries them out in their order, between its begin and its commit', async () => {
        const dataSource = await openThings('order');
        const seen = await inTransaction(dataSource, async (manager, last) => {
          const [ids] = await Promise.all([
            manager.query('SELECT txid_current_if_assigned() AS id, now() < statement_timestamp() AS "isWithin"'),
            manager.query('UPDATE thing SET n = n + 1 WHERE id = $1', [1]),
            manager.query('UPDATE thing SET n = n * 10 WHERE id = $1', [1]),
          ]);
          last(manager.query('UPDATE thing SET n = n + 5 WHERE id = $1', [1]));
          expect(manager.queryRunner?.isTransactionActive).toBe(true);
          return ids;
        });
        expect(seen).toEqual([{ id: null, isWithin: true }]);
        expect(await numbers(dataSource)).toEqual([{ n: 15 }, { n: 0 }]);
      });

      it.each(['awaited', 'last'] as const)('leaves nothing of them when one fails (%s)', async (how) => {
        const dataSource = await openThings(`failing_${how}`);
        const work = inTransaction(dataSource, async (manager, last) => {
          const asked = [
            manager.query('UPDATE thing SET n = 7 WHERE id = $1', [1]),
            manager.query('SELECT 1 / $1::int', [0]),
            manager.query('UPDATE thing SET n = 7 WHERE id = $1', [2]),
          ];
          if (how === 'awaited') await Promise.all(asked);
          else asked.forEach(last);
          return 'done';
        });
        await expect(work).rejects.toThrow(/division by zero/);
        expect(await numbers(dataSource)).toEqual([{ n: 0 }, { n: 0 }]);
        const pids = await Promise.all([1, 2, 3].map(() => inTransaction(dataSource, (m) => m.query('SELECT 1 AS n'))));
        expect(pids).toEqual([[{ n: 1 }], [{ n: 1 }], [{ n: 1 }]]);
      });

      it('tells of the statement that failed, not of those after it, and runs again after a deadlock in it', async () => {
        const dataSource = await openThings('first_failure');
        const work = inTransaction(dataSource, async (manager, last) => {
          last(manager.query('SELECT 1 / $1::int', [0]));
          await manager.query('UPDATE thing SET n = 7 WHERE id = $1', [1]);
        });
        await expect(work).rejects.toThrow(/division by zero/);
        let attempts = 0;
        const tried = inTransaction(dataSource, async (manager, last) => {
          attempts += 1;
          const refuse = `DO $$ BEGIN RAISE EXCEPTION 'as in a ring' USING ERRCODE = '40P01'; END $$`;
          if (attempts === 1) last(manager.query(refuse));
          await manager.query('UPDATE thing SET n = n + 1 WHERE id = $1', [1]);
        });
        await tried;
        expect([attempts, await numbers(dataSource)]).toEqual([2, [{ n: 1 }, { n: 0 }]]);
      });

      it('is rolled back by what its work throws, and by the end of its connection', async () => {
        const dataSource = await openThings('thrown');
        const thrown = inTransaction(dataSource, async (manager) => {
          await manager.query('UPDATE thing SET n = 7 WHERE id = $1', [1]);
          throw new Error('thought better of it');
        });
        await expect(thrown).rejects.toThrow('thought better of it');
        const lost = inTransaction(dataSource, async (manager, last) => {
          const [{ pid }] = await manager.query('SELECT pg_backend_pid() AS pid');
          await manager.query('UPDATE thing SET n = 7 WHERE id = $1', [2]);
          last(manager.query('SELECT pg_sleep(20)'));
          void terminate(pid);
        }).catch((error: unknown) => error);
        expect(isDatabaseUnavailable(await lost)).toBe(true);
        expect(await numbers(dataSource)).toEqual([{ n: 0 }, { n: 0 }]);
      });

      it('takes a transaction inside it for a part of it', async () => {
        const dataSource = await openThings('inside');
        await inTransaction(dataSource, async (manager) => {
          await manager.query('UPDATE thing SET n = 1 WHERE id = $1', [1]);
          const inner = manager.transaction(async (part) => {
            await part.query('UPDATE thing SET n = 2 WHERE id = $1', [1]);
            throw new Error('only this part');
          });
          await expect(inner).rejects.toThrow('only this part');
        });
        expect(await numbers(dataSource)).toEqual([{ n: 1 }, { n: 0 }]);
      });

      it('runs as isolated as it was asked to', async () => {
        const dataSource = await openThings('isolated');
        const options = { isolation: 'REPEATABLE READ' } as const;
        const level = await inTransaction(
          dataSource,
          (manager) => manager.query('SHOW transaction_isolation'),
          options,
        );
        expect(level).toEqual([{ transaction_isolation: 'repeatable read' }]);
      });
    },
  );

  it('tells a lost connection from a wrong statement', async () => {
    const dataSource = await open('lost');
    const whileRunning = inTransaction(dataSource, async (manager) => {
      const [{ pid }] = await manager.query('SELECT pg_backend_pid() AS pid');
      await Promise.all([manager.query('SELECT pg_sleep(20)'), terminate(pid)]);
    }).catch((error: unknown) => error);
    expect(isDatabaseUnavailable(await whileRunning)).toBe(true);

    const between = inTransaction(dataSource, async (manager) => {
      const [{ pid }] = await manager.query('SELECT pg_backend_pid() AS pid');
      await terminate(pid);
      await waitFor('the loss to be seen', () => manager.queryRunner!.isReleased);
      await manager.query('SELECT 1');
    }).catch((error: unknown) => error);
    expect(await between).toBeInstanceOf(DatabaseConnectionLostError);
    expect(isDatabaseUnavailable(await between)).toBe(true);

    const wrong = await dataSource.query('SELECT nothing').catch((error: unknown) => error);
    expect(isDatabaseUnavailable(wrong)).toBe(false);
    expect(await dataSource.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('gives up connections to a host that vanished without a word, and works on new ones', async () => {
    const proxy = await openTcpProxy(database.url);
    const dataSource = createDataSource({
      url: proxy.url,
      schema: 'vanished',
      service: 'test',
      entities: [],
      migrations: [CreateThing1760000000101],
      poolSize: 2,
      silenceLimitMs: 1_500,
    });
    opened.push(dataSource);
    await dataSource.initialize();
    await migrate(dataSource);
    const pidOf = async (): Promise<number> => (await dataSource.query('SELECT pg_backend_pid() AS pid'))[0].pid;
    // A machine that is busy for longer than the limit looks the same.
    const answering = () => waitFor('an answer', pidOf);
    const inTheMiddle = inTransaction(dataSource, async (manager) => {
      await manager.query('UPDATE thing SET n = n + 1');
      proxy.freeze();
      await manager.query('UPDATE thing SET n = n + 1');
    }).catch((error: unknown) => error);
    expect(isDatabaseUnavailable(await inTheMiddle)).toBe(true);

    const formerPids = await Promise.all([answering(), answering()]);
    proxy.freeze();
    const asked = await Promise.all([pidOf(), pidOf()].map((asking) => asking.catch((error: unknown) => error)));
    expect(asked.every(isDatabaseUnavailable)).toBe(true);
    for (const pid of await Promise.all([answering(), answering()])) expect(formerPids).not.toContain(pid);
    proxy.cut();
  });

  it('lets a migration be silent for as long as it takes', async () => {
    class Slow1760000000103 extends CreateThing1760000000101 {
      override async up(queryRunner: QueryRunner): Promise<void> {
        await queryRunner.query('SELECT pg_sleep(3)');
      }
    }
    const dataSource = createDataSource({
      url: database.url,
      schema: 'slow',
      service: 'test',
      entities: [],
      migrations: [Slow1760000000103],
      poolSize: 1,
      silenceLimitMs: 1_500,
    });
    opened.push(dataSource);
    await dataSource.initialize();
    expect(await migrate(dataSource)).toHaveLength(1);
    await expect(dataSource.query('SELECT pg_sleep(5)')).rejects.toThrow('the database was silent for 1500 ms');
  });

  it('sees that nobody listens on the port', async () => {
    const nowhere = createDataSource({
      url: 'postgres://nobody@localhost:9/none',
      schema: 's',
      service: 'test',
      entities: [],
      migrations: [],
    });
    const error = await nowhere.initialize().catch((thrown: unknown) => thrown);
    expect(isDatabaseUnavailable(error)).toBe(true);
  });

  it('listens again by itself after its connection was ended, and says so', async () => {
    const dataSource = await open('listener');
    const heard: string[] = [];
    let listening = 0;
    const listener = new Listener({
      url: database.url,
      service: 'test',
      channels: ['a.b', 'other'],
      onNotify: (channel, payload) => heard.push(`${channel}:${payload}`),
      onListening: () => listening++,
    });
    listener.start();
    try {
      await waitFor('LISTEN', () => listening >= 1);
      await dataSource.query(`SELECT pg_notify('a.b', 'one')`);
      await waitFor('a notification', () => heard.length === 1);
      const [{ pid }] = await dataSource.query(
        `SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'test/listen@%' AND datname = current_database()`,
      );
      const before = listening;
      await terminate(pid);
      await waitFor('LISTEN', () => listening > before);
      await dataSource.query(`SELECT pg_notify('other', 'two')`);
      await waitFor('a notification', () => heard.length === 2);
      expect(heard).toEqual(['a.b:one', 'other:two']);
    } finally {
      await listener.close();
    }
    await waitFor('the connection to end', async () => {
      const rows = await dataSource.query(
        `SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'test/listen@%' AND datname = current_database()`,
      );
      return rows.length === 0;
    });
  });

  it('closes a listener that never reached its database', async () => {
    const failures: Error[] = [];
    const listener = new Listener({
      url: 'postgres://nobody@127.0.0.1:9/none',
      service: 'test',
      channels: ['a'],
      onNotify: () => undefined,
      onLost: (error) => failures.push(error),
    });
    listener.start();
    await waitFor('failed attempts', () => failures.length >= 2);
    await listener.close();
  });

  it('gives an application a migrated data source and closes it at the end', async () => {
    const module = DatabaseModule.forService({
      url: database.url,
      schema: 'app',
      service: 'test',
      entities: [],
      migrations: databaseMigrations,
    });
    const app = await Test.createTestingModule({ imports: [module] }).compile();
    await app.init();
    expect(await app.get(Leases).acquire('x', 'y', 1_000)).toMatchObject({ token: 1 });
    const dataSource = app.get(DataSource);
    await app.close();
    expect(dataSource.isInitialized).toBe(false);
  });
});
