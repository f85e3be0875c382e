import { describe, expect, it } from 'vitest';
import { type FamilyBench, withMethods } from './family-bench.conformance.js';
import { IllegalTransitionError } from './generation-state.js';
import { IndexFamily } from './index-family.js';

/** Comparing a generation with the database, before readers get it and after. */
export function describeComparisons(bench: FamilyBench): void {
  const { alias, build, rebuild, shown } = bench;

  describe('verify', () => {
    it('writes again what is missing, older, or different', async () => {
      bench.source.fill(300);
      const generation = await build({ runId: 'run-1', fence: 1 });
      const older = bench.source.rows.get('d0005')!;
      bench.source.set('d0005', 7, 'newer');
      bench.source.set('added', 1, 'added');
      bench.source.set('d0006', 8, null);
      bench.source.rows.set('d0001', {
        ...bench.source.rows.get('d0001')!,
        source: bench.source.rows.get('d0001')!.source.replace('name 1', 'NAME 1'),
      });
      expect(older.version).toBe(1);
      const report = await bench.family.verify(generation, bench.source.authority());
      expect(report).toMatchObject({
        outcome: 'ready',
        problems: [],
        live: 300,
        tombstones: 1,
        healed: 4,
        sampled: 200,
      });
      expect(await bench.engine.getMany(generation.indexName, ['d0001'])).toMatchObject([
        { document: { name: 'NAME 1' } },
      ]);
      expect((await bench.family.generationOf('run-1')).verification).toEqual(report);
    });

    it('does not mind an index that live writes have taken ahead', async () => {
      bench.source.fill(50);
      const generation = await build({ runId: 'run-1', fence: 1 });
      const authority = bench.source.authority();
      const sums = await authority.bucketSums();
      await bench.family.writeLive([bench.source.set('d0001', 2, 'ahead'), bench.source.set('new', 1, 'new')]);
      const report = await bench.family.verify(generation, { ...authority, bucketSums: async () => sums });
      expect(report).toMatchObject({ outcome: 'ready', healed: 0, live: 51 });
    });

    it('fails when the index has what the database has not', async () => {
      bench.source.fill(5);
      const generation = await build({ runId: 'run-1', fence: 1 });
      bench.source.rows.delete('d0003');
      const report = await bench.family.verify(generation, bench.source.authority());
      expect(report.outcome).toBe('failed');
      expect(report.problems).toEqual(['1 documents are in the index and not in the database: d0003.']);
      await expect(bench.family.swap({ runId: 'run-1', fence: 1 })).rejects.toThrow(IllegalTransitionError);
    });

    it('fails when a document cannot be healed', async () => {
      bench.source.fill(5);
      const generation = await build({ runId: 'run-1', fence: 1 });
      bench.source.rows.set('bad', {
        id: 'bad',
        version: 1,
        source: '{"unknown":1,"lockstep":{"id":"bad","version":1,"deleted":false}}',
      });
      const report = await bench.family.verify(generation, bench.source.authority());
      expect(report.problems).toEqual([expect.stringMatching(/^1 documents cannot be stored .*: bad\.$/)]);
    });

    it('fails when a healed document does not stay healed, after a bounded number of rounds', async () => {
      bench.source.fill(5);
      const forgetful = withMethods(bench.engine, {
        bulk: (writes) => Promise.resolve(writes.map(() => ({ status: 'ok' as const }))),
      });
      const generation = await build(
        { runId: 'run-1', fence: 1 },
        new IndexFamily({ ...bench.options, engine: forgetful }),
      );
      const report = await new IndexFamily({ ...bench.options, engine: forgetful }).verify(
        generation,
        bench.source.authority(),
      );
      expect(report.outcome).toBe('failed');
      expect(report.problems[0]).toMatch(/still differ after they were written again/);
    });

    it('fails when the mapping was changed by hand', async () => {
      const generation = await build({ runId: 'run-1', fence: 1 });
      await bench.under.addField(generation.indexName);
      const report = await bench.family.verify(generation, bench.source.authority());
      expect(report).toMatchObject({ outcome: 'failed', problems: ['The mapping of the index was changed.'] });
    });

    it('repairs nothing with a database that has lost much of what readers see', async () => {
      bench.source.fill(100);
      await rebuild(1);
      for (let at = 0; at < 6; at += 1) bench.source.set(`d000${at}`, 2, null);
      bench.source.set('d0090', 2, 'changed');
      const problems = [expect.stringMatching(/^100 documents are served and the database has 94 \(-6.0 %\)/)];
      expect(await bench.family.check(bench.source.authority())).toMatchObject({
        outcome: 'failed',
        problems,
        healed: 0,
      });
      expect(await shown()).toContain('d0000@1');
      bench.source.fill(5, 3);
      expect(await bench.family.check(bench.source.authority())).toMatchObject({ outcome: 'ready', live: 99 });
    });

    it('holds a generation that lost too much until somebody approves it', async () => {
      bench.source.fill(100);
      await rebuild(1);
      for (let at = 0; at < 6; at += 1) bench.source.rows.delete(`d000${at}`);
      const run = { runId: 'run-2', fence: 2 };
      const generation = await build(run);
      const report = await bench.family.verify(generation, bench.source.authority());
      expect(report).toMatchObject({ outcome: 'held', live: 94, formerLive: 100 });
      await expect(bench.family.swap(run)).rejects.toThrow(IllegalTransitionError);
      await bench.family.approve(generation, 'an operator');
      expect(await bench.family.verify(generation, bench.source.authority())).toMatchObject({ outcome: 'ready' });
      expect(await bench.family.swap(run)).toMatchObject({ state: 'active', approvedBy: 'an operator' });
    });

    it('holds a generation whose alias would become empty', async () => {
      bench.source.set('a', 1, 'a');
      bench.source.set('b', 1, 'b');
      await rebuild(1);
      bench.source.set('a', 2, 'former a');
      bench.source.set('b', 2, 'former b');
      const generation = await build({ runId: 'run-2', fence: 2 });
      const report = await bench.family.verify(generation, bench.source.authority());
      expect(report).toMatchObject({ outcome: 'held', problems: [expect.stringContaining(alias(1))] });
      expect(report.aliases).toEqual({
        [alias(0)]: { live: 2, formerLive: 2 },
        [alias(1)]: { live: 0, formerLive: 2 },
      });
    });
  });

  describe('check', () => {
    it('repairs what readers see, and the previous generation with it', async () => {
      bench.source.fill(30);
      await rebuild(1);
      await rebuild(2);
      bench.source.set('d0003', 2, 'never delivered');
      bench.source.set('d0004', 2, null);
      expect(await bench.family.check(bench.source.authority())).toMatchObject({
        outcome: 'ready',
        healed: 2,
        live: 29,
        tombstones: 1,
      });
      expect(await shown()).toContain('d0003@2');
      await bench.family.rollback();
      expect(await shown()).toContain('d0003@2');
      expect(await bench.family.check(bench.source.authority())).toMatchObject({ outcome: 'ready', healed: 0 });
    });

    it('says what it cannot repair', async () => {
      bench.source.fill(30);
      await rebuild(1);
      bench.source.rows.delete('d0001');
      expect(await bench.family.check(bench.source.authority())).toMatchObject({
        outcome: 'failed',
        problems: ['1 documents are in the index and not in the database: d0001.'],
      });
      expect(await bench.family.status()).toMatchObject({ active: { state: 'active' } });
    });
  });
}
