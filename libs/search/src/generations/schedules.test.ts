import { createDataSource, migrate } from '@lockstep/database';
import { createIndexPrefix, createTestDatabase, describeWithEngines, type TestDatabase } from '@lockstep/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ElasticsearchEngine } from '../elasticsearch/elasticsearch-engine.js';
import type { SearchEngine } from '../engine/search-engine.js';
import { searchMigrations } from '../index.js';
import { PostgresSearchEngine } from '../postgres/postgres-search-engine.js';
import { type Mistake, playSchedule } from './schedules.conformance.js';

/** How many random schedules; a longer search for faults sets more. */
const SCHEDULES = Number(process.env.LOCKSTEP_SCHEDULES ?? 60);
const LENGTH = 60;

describeWithEngines('random schedules of live changes, rebuilds and crashes', (engines) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let played = 0;

  beforeAll(async () => {
    database = await createTestDatabase(engines);
    dataSource = createDataSource({
      url: database.url,
      schema: 'schedules',
      service: 'test',
      entities: [],
      migrations: searchMigrations,
    });
    await dataSource.initialize();
    await migrate(dataSource);
  });
  afterAll(async () => {
    await dataSource?.destroy();
    await database?.remove();
  });

  const play = async (from: number, count: number, mistake: Mistake, engine?: SearchEngine) => {
    const violations: string[] = [];
    for (let seed = from; seed < from + count; seed += 1) {
      played += 1;
      const found = await playSchedule(dataSource, `things${played}`, {
        random: randomFrom(seed),
        length: LENGTH,
        mistake,
        ...(engine && { engine }),
      });
      violations.push(...found.map((violation) => `seed ${seed}: ${violation}`));
    }
    return violations;
  };

  it('end with every generation equal to the source, and readers never see an error or step back', async () => {
    expect(await play(1, SCHEDULES, 'none')).toEqual([]);
  }, 600_000);

  it.each(['no tombstones', 'reads before the tap is open'] as const)(
    'would notice an extractor that is wrong: %s',
    async (mistake) => {
      let violations: string[] = [];
      for (let seed = 1; seed <= 200 && violations.length === 0; seed += 1) violations = await play(seed, 1, mistake);
      expect(violations).not.toEqual([]);
    },
    600_000,
  );

  it('end the same way on Elasticsearch', async () => {
    const place = createIndexPrefix(engines);
    const engine = new ElasticsearchEngine({ url: engines.elasticsearchUrl, prefix: place.prefix });
    try {
      expect(await play(9_001, 1, 'none', engine)).toEqual([]);
    } finally {
      await engine.close();
      await place.remove();
      await fetch(`${engines.elasticsearchUrl}/_index_template/lockstep-${place.prefix}*`, { method: 'DELETE' });
    }
  }, 300_000);

  it('end the same way on PostgreSQL', async () => {
    for (let seed = 9_101; seed <= 9_110; seed += 1) {
      const engine = new PostgresSearchEngine({ url: database.url, prefix: `s${seed}-` });
      try {
        expect(await play(seed, 1, 'none', engine)).toEqual([]);
      } finally {
        await engine.close();
      }
    }
  }, 300_000);
});

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
