import { createTestDatabase, describeOnEveryEngine, type TestDatabase } from '@lockstep/testing';
import type pg from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDataSource } from './data-source.js';
import { keepStatements, plannedEachTime } from './kept-statements.js';

describeOnEveryEngine('a connection that keeps its statements', (engines) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let runner: QueryRunner;

  beforeAll(async () => {
    database = await createTestDatabase(engines);
    const options = { schema: 'public', service: 'test', entities: [], migrations: [], shortStatements: true };
    dataSource = await createDataSource({ url: database.url, ...options }).initialize();
    runner = dataSource.createQueryRunner();
    await runner.connect();
  });

  afterAll(async () => {
    await runner?.release();
    await dataSource?.destroy();
    await database?.remove();
  });

  const countKept = async (like: string): Promise<number> => {
    const rows: { statement: string }[] = await runner.query('SELECT statement FROM pg_prepared_statements');
    return rows.filter(({ statement }) => statement.includes(like)).length;
  };

  it('has each planned once, and asks it with other values', async () => {
    const ask = (number: number) => runner.query('SELECT $1::int AS "keptOnce"', [number]);
    for (const number of [1, 2, 3]) expect(await ask(number)).toEqual([{ keptOnce: number }]);
    expect(await countKept('keptOnce')).toBe(1);
  });

  it('has one planned each time that says so', async () => {
    const text = plannedEachTime('SELECT $1::int AS "keptNever"');
    for (const number of [1, 2]) expect(await runner.query(text, [number])).toEqual([{ keptNever: number }]);
    expect(await countKept('keptNever')).toBe(0);
  });

  it('goes on after a table was given another column: one query fails at most', async () => {
    await runner.query('CREATE TABLE changing (id int)');
    await runner.query('INSERT INTO changing VALUES (1)');
    const ask = () => runner.query('SELECT * FROM changing WHERE id = $1', [1]);
    await ask();
    await dataSource.query('ALTER TABLE changing ADD COLUMN name text');
    await ask().catch((error: { code?: string }) => expect(error.code).toBe('0A000'));
    expect(await ask()).toEqual([{ id: 1, name: null }]);
  });

  it('tells of a statement that cannot be planned, each time', async () => {
    const ask = () => runner.query('SELECT missing FROM nowhere WHERE id = $1', [1]);
    for (let time = 0; time < 2; time++) await expect(ask()).rejects.toMatchObject({ code: '42P01' });
  });

  it('keeps a bounded number of them, and asks the others as ever', async () => {
    for (let number = 0; number < 250; number++) {
      expect(await runner.query(`SELECT $1::int AS "kept${number}"`, [number])).toEqual([
        { [`kept${number}`]: number },
      ]);
    }
    expect(await countKept('SELECT $1::int')).toBeLessThanOrEqual(200);
  });
});

describe('the names of kept statements', () => {
  /** Names under which a new connection asks these texts; undefined where it keeps none. */
  const namesOf = (texts: readonly string[]): (string | undefined)[] => {
    const names: (string | undefined)[] = [];
    const client = {
      query: async (asked: string | { name: string }) => {
        names.push(typeof asked === 'string' ? undefined : asked.name);
      },
    } as unknown as pg.Client;
    keepStatements(client);
    for (const text of texts) void client.query(text, [1]);
    return names;
  };
  const texts = (first: number) => Array.from({ length: 250 }, (_, at) => `SELECT $1 + ${first + at}`);

  it('come from the text alone, and are short enough for the server', () => {
    const [once, again] = [namesOf(['SELECT $1']), namesOf(['SELECT 2 * $1', 'SELECT $1'])];
    expect(once[0]).toBe(again[1]);
    expect(once[0]!.length).toBeLessThan(64);
  });

  it('are remembered by a connection no longer than it lives, so that other connections never add up', () => {
    const counts = [0, 1_000, 2_000].map((first) => namesOf(texts(first)).filter((name) => name !== undefined).length);
    expect(counts).toEqual([200, 200, 200]);
  });
});
