import { createTestDatabase, describeWithEngines, type TestDatabase } from '@lockstep/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDataSource, inTransaction, readIntegers } from './index.js';

describeWithEngines('readIntegers', (engines) => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase(engines);
    const { url } = database;
    dataSource = createDataSource({ url, schema: 'public', service: 'test', entities: [], migrations: [] });
    await dataSource.initialize();
  });

  afterAll(async () => {
    await dataSource?.destroy();
    await database?.remove();
  });

  it('reads more rows than it fetches at once, in their order, once after the other in one transaction', async () => {
    const sums: number[] = [];
    await inTransaction(dataSource, async (manager) => {
      for (const count of [0, 20_000, 45_001]) {
        let [rows, last] = [0, 0];
        await readIntegers(manager, 'SELECT n, -n FROM generate_series(1, $1::int) n', [count], ([n, minus]) => {
          if (n !== -(minus as number) || n !== last + 1) throw new Error(`${n} after ${last}`);
          last = n;
          rows++;
        });
        sums.push(rows);
      }
    });
    expect(sums).toEqual([0, 20_000, 45_001]);
  });

  it('refuses to work outside a transaction', async () => {
    await expect(readIntegers(dataSource.manager, 'SELECT 1', [], () => undefined)).rejects.toThrow('in a transaction');
  });
});
