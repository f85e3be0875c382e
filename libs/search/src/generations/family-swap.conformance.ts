import { describe, expect, it } from 'vitest';
import { SearchUnavailableError } from '../engine/search-errors.js';
import { type RunFence } from './claim-generation.js';
import { type FamilyBench, SCHEMA, withMethods } from './family-bench.conformance.js';
import { AliasConflictError, NoPreviousGenerationError } from './generation-errors.js';
import { IndexFamily } from './index-family.js';

/** Showing readers another generation, and back. */
export function describeSwaps(bench: FamilyBench): void {
  const { build, indexName, owned, rebuild, shown } = bench;

  it('has swapped although the answer was lost and the request was sent again', async () => {
    const answersLost = withMethods(bench.engine, {
      swapAliases: async (...swap) => {
        await bench.engine.swapAliases(...swap);
        return bench.engine.swapAliases(...swap);
      },
    });
    const unlucky = new IndexFamily({ ...bench.options, engine: answersLost });
    bench.source.fill(1);
    expect(await rebuild(1, unlucky)).toMatchObject({ number: 2, state: 'active' });
    expect(await unlucky.rollback()).toMatchObject({ number: 1, state: 'active' });
    expect(await unlucky.rollforward()).toMatchObject({ number: 2, state: 'active' });
    expect(await shown()).toEqual(['d0000@1']);
  });

  describe('a crash around the swap', () => {
    const ready = async (run: RunFence) => {
      bench.source.fill(3);
      await bench.family.verify(await build(run), bench.source.authority());
    };

    it('after the aliases moved: the new generation is recorded as what readers see', async () => {
      const run = { runId: 'run-1', fence: 1 };
      await ready(run);
      const dying = withMethods(bench.engine, {
        swapAliases: async (...args) => {
          const outcome = await bench.engine.swapAliases(...args);
          if (args[1][0]!.to === indexName(2)) throw new SearchUnavailableError('no answer');
          return outcome;
        },
      });
      await expect(new IndexFamily({ ...bench.options, engine: dying }).swap(run)).rejects.toThrow(
        SearchUnavailableError,
      );
      expect(await shown()).toHaveLength(3);
      expect(await bench.family.status()).toMatchObject({ active: { number: 1 }, building: { state: 'swapping' } });
      await bench.family.recover();
      expect(await bench.family.status()).toMatchObject({
        active: { number: 2 },
        previous: { number: 1 },
        building: null,
      });
      expect(await bench.family.swap(run)).toMatchObject({ state: 'active' });
    });

    it('before the aliases moved: the swap can be asked for again', async () => {
      const run = { runId: 'run-1', fence: 1 };
      await ready(run);
      const dying = withMethods(bench.engine, {
        swapAliases: (...args) =>
          args[1][0]!.to === indexName(2)
            ? Promise.reject(new SearchUnavailableError('not sent'))
            : bench.engine.swapAliases(...args),
      });
      await expect(new IndexFamily({ ...bench.options, engine: dying }).swap(run)).rejects.toThrow(
        SearchUnavailableError,
      );
      await bench.family.recover();
      expect(await bench.family.status()).toMatchObject({ active: { number: 1 }, building: { state: 'ready' } });
      await bench.family.swap(run);
      expect(await shown()).toHaveLength(3);
    });

    it('before the aliases moved, and the next run begins: nothing of the former is left', async () => {
      const run = { runId: 'run-1', fence: 1 };
      await ready(run);
      await bench.dataSource.query(`UPDATE index_generation SET state = 'swapping' WHERE family = $1 AND number = 2`, [
        bench.options.name,
      ]);
      await rebuild(2);
      expect(await owned()).toEqual([indexName(1), indexName(3)]);
      expect(await shown()).toHaveLength(3);
    });

    it('during a rollback: what readers see is recorded', async () => {
      await rebuild(1);
      await bench.engine.swapAliases(
        SCHEMA,
        bench.options.aliases.map(({ name }) => ({ alias: name, from: [indexName(2)], to: indexName(1) })),
      );
      await bench.family.recover();
      expect(await bench.family.status()).toMatchObject({ active: { number: 1 }, previous: { number: 2 } });
    });

    it('refuses to move aliases that somebody else has moved between the two looks', async () => {
      const run = { runId: 'run-1', fence: 1 };
      await ready(run);
      await bench.engine.createIndex('stranger', SCHEMA, { ...META, family: 'stranger' });
      const raced = withMethods(bench.engine, {
        swapAliases: async (schema, swaps) => {
          const steal = swaps.map(({ alias: name, from }) => ({ alias: name, from, to: 'stranger' }));
          if (swaps[0]!.to === indexName(2)) await bench.engine.swapAliases(schema, steal);
          return bench.engine.swapAliases(schema, swaps);
        },
      });
      await expect(new IndexFamily({ ...bench.options, engine: raced }).swap(run)).rejects.toThrow(AliasConflictError);
      await bench.family.recover();
      await bench.engine.deleteIndex('stranger');
      expect(await bench.family.status()).toMatchObject({ active: { number: 1 }, building: { state: 'ready' } });
      await bench.family.swap(run);
      expect(await shown()).toHaveLength(3);
    });
  });

  describe('rollback', () => {
    it('shows the previous generation, kept up to date, and goes forward again', async () => {
      bench.source.fill(2);
      await rebuild(1);
      await rebuild(2);
      await bench.family.writeLive([bench.source.set('d0000', 5, 'live'), bench.source.set('d0009', 1, 'late')]);
      expect(await bench.family.rollback()).toMatchObject({ number: 2, state: 'active' });
      expect(await shown()).toEqual(['d0000@5', 'd0001@1', 'd0009@1']);
      await bench.family.writeLive([bench.source.set('d0001', 6, 'live')]);
      await expect(bench.family.rollback()).rejects.toThrow(NoPreviousGenerationError);
      expect(await bench.family.rollforward()).toMatchObject({ number: 3 });
      expect(await shown()).toEqual(['d0000@5', 'd0001@6', 'd0009@1']);
      await expect(bench.family.rollforward()).rejects.toThrow(NoPreviousGenerationError);
    });

    it('is refused when there is nothing to go back to', async () => {
      await expect(bench.family.rollback()).rejects.toThrow(NoPreviousGenerationError);
    });

    it('leaves a rebuild that is under way alone', async () => {
      bench.source.fill(2);
      await rebuild(1);
      const run = { runId: 'run-2', fence: 2 };
      const generation = await build(run);
      await bench.family.rollback();
      expect(await shown()).toEqual([]);
      await bench.family.verify(generation, bench.source.authority());
      await bench.family.swap(run);
      expect(await shown()).toHaveLength(2);
      expect(await bench.family.status()).toMatchObject({ active: { number: 3 }, previous: { number: 1 } });
    });
  });

  const META = { family: 'x', generation: 1, fence: 1, runId: null, installation: 'x', schemaHash: SCHEMA.hash };
}
