import { removeOutdated } from '@lockstep/database';
import { describe, expect, it } from 'vitest';
import { IndexNotFoundError, SearchUnavailableError } from '../engine/search-errors.js';
import { searchRetention } from '../index.js';
import { type FamilyBench, SCHEMA, withMethods } from './family-bench.conformance.js';
import { GenerationGoneError, GenerationNotFoundError, StaleFenceError } from './generation-errors.js';
import { IllegalTransitionError } from './generation-state.js';
import { IndexFamily } from './index-family.js';

/** Building a generation, alone and against others, and what is left of it. */
export function describeRebuilds(bench: FamilyBench): void {
  const { build, indexName, owned, rebuild, shown } = bench;

  describe('a rebuild', () => {
    it('shows the new generation in one step, keeps the former, and removes the one before', async () => {
      bench.source.fill(20);
      await rebuild(1);
      expect(await shown()).toHaveLength(20);
      expect(await owned()).toEqual([indexName(1), indexName(2)]);
      bench.source.set('extra', 1, 'extra');
      await rebuild(2);
      expect(await shown()).toHaveLength(21);
      expect(await owned()).toEqual([indexName(2), indexName(3)]);
      expect(await bench.family.status()).toMatchObject({
        active: { number: 3, state: 'active', runId: 'run-2', fence: 2 },
        previous: { number: 2, state: 'previous' },
        writeTargets: [indexName(2), indexName(3)],
      });
    });

    it('goes on where it was, when every step is repeated after a crash', async () => {
      bench.source.fill(5);
      const run = { runId: 'run-1', fence: 1 };
      for (let attempt = 0; attempt < 2; attempt += 1) await build(run, new IndexFamily(bench.options));
      for (let attempt = 0; attempt < 2; attempt += 1) {
        await new IndexFamily(bench.options).verify(await bench.family.generationOf('run-1'), bench.source.authority());
      }
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect(await new IndexFamily(bench.options).swap(run)).toMatchObject({ number: 2, state: 'active' });
      }
      expect(await shown()).toHaveLength(5);
    });

    it('finishes a generation whose index was not made before the crash', async () => {
      const failing = withMethods(bench.engine, {
        createIndex: () => Promise.reject(new SearchUnavailableError('away')),
      });
      const run = { runId: 'run-1', fence: 1 };
      await expect(new IndexFamily({ ...bench.options, engine: failing }).begin(run)).rejects.toThrow(
        SearchUnavailableError,
      );
      expect(await bench.family.building()).toMatchObject({ state: 'creating', runId: 'run-1' });
      expect(await bench.family.begin(run)).toMatchObject({ state: 'loading', number: 2 });
    });

    it('is not filled before its tap is open', async () => {
      const generation = await bench.family.begin({ runId: 'run-1', fence: 1 });
      await expect(bench.family.fill(generation, bench.source.pages())).rejects.toThrow(/open its tap/);
    });

    it('keeps a newer live change, whichever comes first', async () => {
      const old = bench.source.pages.bind(bench.source.fill(3));
      const before = old();
      const generation = await bench.family.begin({ runId: 'run-1', fence: 1 });
      await bench.family.openTap(generation);
      await bench.family.writeLive([bench.source.set('d0001', 2, 'changed'), bench.source.set('d0002', 2, null)]);
      expect(await bench.family.fill(generation, before)).toMatchObject({ written: 1, stale: 2 });
      await bench.family.seal(generation);
      expect(await bench.family.verify(generation, bench.source.authority())).toMatchObject({
        outcome: 'ready',
        healed: 0,
        live: 2,
      });
      await bench.family.swap({ runId: 'run-1', fence: 1 });
      expect(await shown()).toEqual(['d0000@1', 'd0001@2']);
    });

    it('lets no old message bring a deleted document back', async () => {
      const alive = bench.source.set('a', 1, 'a');
      bench.source.set('a', 2, null);
      await rebuild(1);
      expect(await bench.family.writeLive([alive])).toMatchObject({ written: 0, stale: 1 });
      expect(await shown()).toEqual([]);
    });

    it('tells which documents an index cannot store and writes their neighbours', async () => {
      bench.source.fill(3);
      const bad = { id: 'bad', version: 1, source: '{"unknown":1}' };
      const generation = await bench.family.begin({ runId: 'run-1', fence: 1 });
      await bench.family.openTap(generation);
      const filled = await bench.family.fill(generation, [[bad, ...bench.source.rows.values()]]);
      expect(filled).toMatchObject({ read: 4, written: 3, rejectedCount: 1 });
      expect(filled.rejected).toEqual([{ id: 'bad', reason: expect.stringContaining('unknown') }]);
      const live = await bench.family.writeLive([bad, bench.source.set('d0000', 2, 'next')]);
      expect(live).toMatchObject({ written: 1 });
      expect(live.rejected.map(({ id, index }) => `${id} ${index}`)).toEqual([
        `bad ${indexName(2)}`,
        `bad ${indexName(1)}`,
      ]);
    });
  });

  describe('two runs', () => {
    it('do not build at once: the newer abandons the older, whose every step is refused from then on', async () => {
      bench.source.fill(2);
      const old = { runId: 'run-1', fence: 1 };
      const generation = await build(old);
      await bench.family.verify(generation, bench.source.authority());
      const newer = await bench.family.begin({ runId: 'run-2', fence: 2 });
      expect(await owned()).toEqual([indexName(1), newer.indexName]);
      await expect(bench.family.swap(old)).rejects.toThrow(GenerationNotFoundError);
      await expect(bench.family.begin(old)).rejects.toThrow(StaleFenceError);
      await expect(bench.family.openTap(generation)).rejects.toThrow(StaleFenceError);
      await expect(bench.family.fill(generation, bench.source.pages())).rejects.toThrow(StaleFenceError);
      await expect(bench.family.seal(generation)).rejects.toThrow(StaleFenceError);
      await expect(bench.family.verify(generation, bench.source.authority())).rejects.toThrow(StaleFenceError);
      await expect(bench.family.approve(generation, 'somebody')).rejects.toThrow(StaleFenceError);
      expect(await shown()).toEqual([]);
      expect((await bench.family.status()).writeTargets).toEqual([indexName(1)]);
    });

    it('that ask with the same fence: the first has it', async () => {
      await bench.family.begin({ runId: 'run-1', fence: 1 });
      await expect(bench.family.begin({ runId: 'other', fence: 1 })).rejects.toThrow(StaleFenceError);
    });

    it('that begin at the same moment: one generation is left, of the newest that got in', async () => {
      const runs = [1, 2, 3, 4, 5].map((fence) => bench.family.begin({ runId: `run-${fence}`, fence }));
      const outcomes = await Promise.allSettled(runs);
      const lost = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason.name as string] : [],
      );
      expect(lost.filter((name) => name !== 'StaleFenceError')).toEqual([]);
      expect(await bench.family.building()).toMatchObject({ runId: 'run-5', state: 'loading' });
      await bench.family.sweepOrphans();
      expect(await owned()).toHaveLength(2);
    });

    it('the older is told so when its index is removed while it is being made', async () => {
      const overtaken = withMethods(bench.engine, {
        createIndex: async () => {
          await bench.family.begin({ runId: 'run-2', fence: 2 });
          throw new IndexNotFoundError('removed meanwhile');
        },
      });
      const older = new IndexFamily({ ...bench.options, engine: overtaken });
      await expect(older.begin({ runId: 'run-1', fence: 1 })).rejects.toThrow(StaleFenceError);
    });

    it('a writer that outlived its generation is told so and makes no index', async () => {
      const generation = await bench.family.begin({ runId: 'run-1', fence: 1 });
      await bench.family.openTap(generation);
      async function* pages() {
        await bench.family.begin({ runId: 'run-2', fence: 2 });
        yield [bench.source.set('a', 1, 'a')];
      }
      await expect(bench.family.fill(generation, pages())).rejects.toThrow(GenerationGoneError);
      expect(await owned()).toEqual([indexName(1), indexName(3)]);
    });
  });

  describe('abandon and sweep', () => {
    it('removes a build, closes its tap and lets the next begin', async () => {
      const generation = await build({ runId: 'run-1', fence: 1 });
      await bench.family.abandon(generation);
      await bench.family.abandon(generation);
      expect(await owned()).toEqual([indexName(1)]);
      expect(await bench.family.building()).toBeNull();
      expect((await bench.family.status()).writeTargets).toEqual([indexName(1)]);
      await rebuild(2);
    });

    it('never removes what is shown, or was', async () => {
      await rebuild(1);
      const { active, previous } = await bench.family.status();
      await expect(bench.family.abandon(active!)).rejects.toThrow(IllegalTransitionError);
      await expect(bench.family.abandon(previous!)).rejects.toThrow(IllegalTransitionError);
      expect(await owned()).toHaveLength(2);
    });

    it('sweeps what a crash left behind and nothing else', async () => {
      await rebuild(1);
      await bench.family.begin({ runId: 'run-2', fence: 2 });
      const { meta } = (await bench.engine.listIndices()).find(({ name }) => name === indexName(2))!;
      await bench.engine.createIndex(indexName(50), SCHEMA, { ...meta, generation: 50 });
      await bench.engine.createIndex(indexName(51), SCHEMA, { ...meta, generation: 51, installation: 'elsewhere' });
      await bench.engine.createIndex('other-000001', SCHEMA, { ...meta, family: 'other', generation: 1 });
      expect(await bench.family.sweepOrphans()).toEqual([indexName(50)]);
      expect(await bench.family.sweepOrphans()).toEqual([]);
      expect(await owned()).toEqual([1, 2, 3, 51].map(indexName));
      await bench.engine.deleteIndex('other-000001');
    });
  });

  it('forgets generations that ended long ago, and none that is still there', async () => {
    for (const fence of [1, 2, 3]) await rebuild(fence);
    const numbers = async () => {
      const rows: { number: number }[] = await bench.dataSource.query(
        'SELECT number FROM index_generation WHERE family = $1 ORDER BY number',
        [bench.options.name],
      );
      return rows.map(({ number }) => number);
    };
    await bench.dataSource.query(
      `UPDATE index_generation SET created_at = now() - interval '1 year', ended_at = CASE number
         WHEN 1 THEN now() - interval '91 days' WHEN 2 THEN now() - interval '89 days' END WHERE family = $1`,
      [bench.options.name],
    );
    for (const rule of searchRetention) await removeOutdated(bench.dataSource, rule, { days: 90, runs: 1 });
    expect(await numbers()).toEqual([2, 3, 4]);
    await rebuild(4);
    expect(await numbers()).toEqual([2, 3, 4, 5]);
  });
}
