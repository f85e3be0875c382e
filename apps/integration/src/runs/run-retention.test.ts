import { createDataSource, migrate, removeOutdated } from '@lockstep/database';
import { createTestDatabase, describeWithEngines, type TestDatabase } from '@lockstep/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CreateRunTables1763700000002, runRetention } from '../database/create-run-tables.migration.js';

describeWithEngines('The retention of runs', (engines) => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase(engines);
    dataSource = createDataSource({
      url: database.url,
      schema: 'integration',
      service: 'test',
      entities: [],
      migrations: [CreateRunTables1763700000002],
    });
    await dataSource.initialize();
    await migrate(dataSource);
  });
  afterAll(async () => {
    await dataSource?.destroy();
    await database?.remove();
  });

  const count = async (table: string): Promise<number> =>
    (await dataSource.query(`SELECT count(*)::int AS count FROM ${table}`))[0].count;

  it('removes an old run with everything of it; younger ones and the active one stay', async () => {
    for (const [state, days] of [
      ['succeeded', 200],
      ['held', 120],
      ['failed', 91],
      ['incomplete', 89],
      ['cancelled', 1],
    ] as const) {
      await dataSource.query(
        `WITH run AS (
           INSERT INTO sync_run (id, state, as_of, requested_by, created_at, finished_at)
           SELECT gen_random_uuid(), $1, at::date, 'test', at, CASE WHEN $1 <> 'held' THEN at END
           FROM (SELECT now() - $2 * interval '1 day' AS at) AS given RETURNING id),
         phase AS (INSERT INTO sync_phase (run_id, position, name, state) SELECT id, 1, 'trainees', 'done' FROM run),
         batch AS (INSERT INTO sync_batch (run_id, phase, sequence, items, rejected) SELECT id, 'trainees', 1, 1, 0 FROM run),
         issue AS (INSERT INTO sync_issue (run_id, severity, source, key, code, message)
           SELECT id, 'warning', 'tcs', 'k', 'C', 'm' FROM run)
         INSERT INTO sync_event (run_id, type, data) SELECT id, 't', '{}' FROM run`,
        [state, days],
      );
    }
    let removed = 0;
    for (const rule of runRetention) removed += await removeOutdated(dataSource, rule, { days: 90, runs: 500 });
    expect(removed).toBe(2);
    const runs: { state: string }[] = await dataSource.query('SELECT state FROM sync_run ORDER BY fence');
    expect(runs.map(({ state }) => state)).toEqual(['held', 'incomplete', 'cancelled']);
    for (const table of ['sync_phase', 'sync_batch', 'sync_issue', 'sync_event']) expect(await count(table)).toBe(3);
  });
});
