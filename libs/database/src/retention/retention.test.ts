import { createTestDatabase, describeWithEngines, type TestDatabase, waitFor } from '@lockstep/testing';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { DatabaseModule, databaseMigrations, outdatedRun, type RetentionRule, removeOutdated } from '../index.js';

class CreateHistory1760000000101 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'CREATE TABLE history (fence int PRIMARY KEY, state text NOT NULL, finished_at timestamptz)',
    );
    await queryRunner.query('CREATE TABLE detail (fence int NOT NULL REFERENCES history ON DELETE CASCADE)');
  }
  async down(): Promise<void> {}
}

const RULE: RetentionRule = {
  table: 'history',
  outdated: (limits) => outdatedRun('history', limits, `state = 'active'`),
  batchSize: 2,
};
const LIMITS = { days: 90, runs: 5 };

describeWithEngines('Retention', (engines) => {
  let database: TestDatabase;
  let dataSource: DataSource;

  const start = async (everyMs: number, rules = [RULE]) => {
    const module = DatabaseModule.forService({
      url: database.url,
      schema: 'kept',
      service: 'test',
      entities: [],
      migrations: [...databaseMigrations, CreateHistory1760000000101],
      retention: { rules, limits: LIMITS, everyMs },
    });
    const app = await Test.createTestingModule({ imports: [module] }).compile();
    return app.init();
  };

  /** Runs 1 to `days.length`, each ended so many days ago; null is still at work. */
  const insert = (days: readonly (number | null)[]) =>
    dataSource.query(
      `WITH added AS (
         INSERT INTO history SELECT fence, CASE WHEN days IS NULL THEN 'active' ELSE 'ended' END, now() - days * interval '1 day'
         FROM unnest($1::int[]) WITH ORDINALITY AS given (days, fence) RETURNING fence)
       INSERT INTO detail SELECT fence FROM added, generate_series(1, 3)`,
      [days],
    );
  const left = async (): Promise<number[]> => {
    const rows: { fence: number }[] = await dataSource.query('SELECT fence FROM history ORDER BY 1');
    const details: { fence: number }[] = await dataSource.query('SELECT DISTINCT fence FROM detail ORDER BY 1');
    expect(details).toEqual(rows);
    return rows.map(({ fence }) => fence);
  };

  let app: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await createTestDatabase(engines);
    app = await start(3_600_000);
    dataSource = app.get(DataSource);
  });
  beforeEach(() => dataSource.query('TRUNCATE history, detail'));
  afterAll(async () => {
    await app?.close();
    await database?.remove();
  });

  it('removes what is too old with all that hangs on it; what is younger or at work stays', async () => {
    await insert([100, null, 91, 89, 0]);
    expect(await removeOutdated(dataSource, RULE, LIMITS)).toBe(2);
    expect(await left()).toEqual([2, 4, 5]);
  });

  it('removes what is beyond the number that is kept, however young', async () => {
    await insert([1, null, 1, 1, 1, 1, 1, 1, 1]);
    expect(await removeOutdated(dataSource, RULE, LIMITS)).toBe(3);
    expect(await left()).toEqual([2, 5, 6, 7, 8, 9]);
  });

  it('keeps the newest, however old, because what is late is told by it', async () => {
    await insert([200, 200]);
    await removeOutdated(dataSource, RULE, LIMITS);
    expect(await left()).toEqual([2]);
  });

  it('does so by itself while the service runs, and one broken rule does not keep the others from theirs', async () => {
    await insert([100, 100, 100, 0]);
    const broken: RetentionRule = { table: 'nothing', outdated: () => 'true' };
    const janitor = await start(600, [broken, RULE]);
    try {
      await waitFor('the old to go', async () => (await left()).length === 1);
      await insert([100]);
      await waitFor('the next round', async () => (await left()).length === 1);
    } finally {
      await janitor.close();
    }
  });
});
