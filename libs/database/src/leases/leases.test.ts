import { createTestDatabase, describeWithEngines, openTcpProxy, type TestDatabase, waitFor } from '@lockstep/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createDataSource,
  databaseMigrations,
  inTransaction,
  type Lease,
  LeaseLostError,
  Leases,
  migrate,
} from '../index.js';

const LONG_MS = 60_000;

describeWithEngines('Leases', (engines) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let leases: Leases;

  beforeAll(async () => {
    database = await createTestDatabase(engines);
    dataSource = createDataSource({
      url: database.url,
      schema: 'leases',
      service: 'test',
      entities: [],
      migrations: databaseMigrations,
    });
    await dataSource.initialize();
    await migrate(dataSource);
    leases = new Leases(dataSource);
  });
  afterAll(async () => {
    await dataSource?.destroy();
    await database?.remove();
  });

  /** Moves the end of a lease into the past, instead of waiting for it. */
  const expire = (name: string) =>
    dataSource.query(`UPDATE lease SET expires_at = clock_timestamp() - interval '1 second' WHERE name = $1`, [name]);

  it('gives a lease to one of many who ask at once', async () => {
    const asked = Array.from({ length: 8 }, (_, index) => leases.acquire('race', `owner-${index}`, LONG_MS));
    const granted = (await Promise.all(asked)).filter((lease) => lease !== undefined);
    expect(granted).toHaveLength(1);
    expect(granted[0]).toMatchObject({ name: 'race', token: 1 });
    expect(granted[0]!.expiresAt.getTime()).toBeGreaterThan(Date.now());
  });

  it('hands an expired lease over with a larger token, and the former owner has lost it', async () => {
    const former = (await leases.acquire('takeover', 'a', LONG_MS))!;
    await expire('takeover');
    const latter = (await leases.acquire('takeover', 'b', LONG_MS))!;
    expect(latter.token).toBeGreaterThan(former.token);
    await expect(leases.renew(former, LONG_MS)).rejects.toThrow(LeaseLostError);
    await leases.release(former);
    expect(await leases.acquire('takeover', 'c', LONG_MS)).toBeUndefined();
  });

  it('lets tokens grow over a release', async () => {
    const first = (await leases.acquire('release', 'a', LONG_MS))!;
    await leases.release(first);
    await expect(leases.renew(first, LONG_MS)).rejects.toThrow(LeaseLostError);
    expect((await leases.acquire('release', 'a', LONG_MS))?.token).toBe(first.token + 1);
  });

  it('renews', async () => {
    const lease = (await leases.acquire('renew', 'a', 1_000))!;
    const renewed = await leases.renew(lease, LONG_MS);
    expect(renewed.expiresAt.getTime()).toBeGreaterThan(lease.expiresAt.getTime());
  });

  it('keeps the writes of a former owner out of a transaction', async () => {
    const former = (await leases.acquire('fence', 'a', LONG_MS))!;
    await inTransaction(dataSource, (manager) => leases.assertHeld(manager, former));
    await expire('fence');
    await leases.acquire('fence', 'b', LONG_MS);
    const zombie = inTransaction(dataSource, (manager) => leases.assertHeld(manager, former));
    await expect(zombie).rejects.toThrow(LeaseLostError);
  });

  it('holds a lease past its time while the work runs, and gives it back', async () => {
    const isHeldPast = async ({ expiresAt }: Lease): Promise<boolean> => {
      const [row] = await dataSource.query(`SELECT expires_at > $1 AS past FROM lease WHERE name = 'hold'`, [
        expiresAt,
      ]);
      return row.past;
    };
    // Renewed at a third of that, long before the machine could be too busy to.
    const result = await leases.hold('hold', { owner: 'a', ttlMs: 9_000 }, async (lease) => {
      await waitFor('the lease to reach beyond its time', () => isHeldPast(lease));
      expect(await leases.acquire('hold', 'b', LONG_MS)).toBeUndefined();
      return 'done';
    });
    expect(result).toBe('done');
    expect(await leases.acquire('hold', 'b', LONG_MS)).toBeDefined();
    expect(await leases.hold('hold', { owner: 'c', ttlMs: 300 }, async () => 'never')).toBeUndefined();
  });

  it('tells the work when its lease is taken', async () => {
    const reason = await leases.hold('lost', { owner: 'a', ttlMs: 150 }, async (_lease, signal) => {
      await dataSource.query(`UPDATE lease SET token = token + 1, owner = 'b' WHERE name = 'lost'`);
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return signal.reason as unknown;
    });
    expect(reason).toBeInstanceOf(LeaseLostError);
  });

  it('tells the work that its time is over when the database does not answer, and asks only once at a time', async () => {
    const proxy = await openTcpProxy(database.url);
    const asking = createDataSource({
      url: proxy.url,
      schema: 'leases',
      service: 'test',
      entities: [],
      migrations: databaseMigrations,
      silenceLimitMs: 15_000,
    });
    await asking.initialize();
    let [renewals, answers] = [0, 0];
    const query = asking.query.bind(asking);
    asking.query = (async (text: string, values: unknown[]) => {
      if (!text.startsWith('UPDATE lease SET expires_at')) return query(text, values);
      renewals += 1;
      // The second finds nobody.
      if (renewals === 2) proxy.freeze();
      return query(text, values).finally(() => {
        answers += 1;
      });
    }) as typeof query;
    try {
      const reason = await new Leases(asking).hold('silent', { owner: 'a', ttlMs: 1_200 }, async (_lease, signal) => {
        await waitFor('the signal', () => signal.aborted);
        // Not told by the connection, which is given up much later.
        expect([renewals, answers]).toEqual([2, 1]);
        return signal.reason as unknown;
      });
      expect(reason).toBeInstanceOf(LeaseLostError);
      expect(renewals).toBe(2);
      expect(await leases.acquire('silent', 'b', LONG_MS)).toBeDefined();
    } finally {
      proxy.cut();
      await asking.destroy();
    }
  });
});
