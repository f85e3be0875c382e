import { describe, expect, it } from 'vitest';
import { SearchUnavailableError } from '../engine/search-errors.js';
import { type FamilyBench, withMethods } from './family-bench.conformance.js';
import { IndexFamily } from './index-family.js';

/** Live writes while generations come and go. */
export function describeWrites(bench: FamilyBench): void {
  const { indexName, rebuild, shown } = bench;

  describe('live writes', () => {
    it('go to every generation that is written to, one after the other, the one being read last', async () => {
      await rebuild(1);
      const generation = await bench.family.begin({ runId: 'run-2', fence: 2 });
      await bench.family.openTap(generation);
      const order: string[] = [];
      const noting = withMethods(bench.engine, {
        bulk: async (writes) => {
          order.push(`begin ${writes[0]!.index}`);
          const outcomes = await bench.engine.bulk(writes);
          order.push(`end ${writes[0]!.index}`);
          return outcomes;
        },
      });
      const rows = [bench.source.set('a', 1, 'a')];
      expect(await new IndexFamily({ ...bench.options, engine: noting }).writeLive(rows)).toMatchObject({ written: 1 });
      expect(order).toEqual([1, 3, 2].map(indexName).flatMap((name) => [`begin ${name}`, `end ${name}`]));
    });

    it('are forgotten in every generation that is written to', async () => {
      await rebuild(1);
      await rebuild(2);
      const { writeTargets } = await bench.family.status();
      expect(writeTargets.length).toBeGreaterThan(1);
      await bench.family.writeLive([bench.source.set('gone', 1, null), bench.source.set('newer', 2, 'newer')]);
      await bench.family.forget([
        { id: 'gone', version: 1 },
        { id: 'newer', version: 1 },
      ]);
      for (const index of writeTargets) {
        const found = await bench.engine.getMany(index, ['gone', 'newer']);
        expect(found.map(({ id }) => id)).toEqual(['newer']);
      }
    });

    it('throw and leave the readers as they were when one generation cannot be written', async () => {
      await rebuild(1);
      const failing = withMethods(bench.engine, {
        bulk: (writes) =>
          writes[0]!.index === indexName(1)
            ? Promise.resolve(writes.map(() => ({ status: 'retryable' as const, reason: 'busy' })))
            : bench.engine.bulk(writes),
      });
      const rows = [bench.source.set('a', 1, 'a')];
      const writer = new IndexFamily({ ...bench.options, engine: failing });
      await expect(writer.writeLive(rows)).rejects.toThrow(SearchUnavailableError);
      expect(await shown()).toEqual([]);
      await bench.family.writeLive(rows);
      expect(await shown()).toEqual(['a@1']);
    });

    it('are waited for by whoever changes where they go', async () => {
      const generation = await bench.family.begin({ runId: 'run-1', fence: 1 });
      const order: string[] = [];
      let inHand = () => {};
      const isInHand = new Promise<void>((resolve) => {
        inHand = resolve;
      });
      const waitingForLock = async () => {
        const [row] = await bench.dataSource.query(
          `SELECT count(*)::int AS waiting FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        );
        return row.waiting as number;
      };
      const slow = withMethods(bench.engine, {
        bulk: async (writes) => {
          inHand();
          await expect.poll(waitingForLock, { interval: 20 }).toBe(1);
          order.push('written');
          return bench.engine.bulk(writes);
        },
      });
      const writing = new IndexFamily({ ...bench.options, engine: slow }).writeLive([bench.source.set('a', 1, 'a')]);
      await isInHand;
      await bench.family.openTap(generation).then(() => order.push('opened'));
      await writing;
      expect(order).toEqual(['written', 'opened']);
    });

    it('make an index anew that the engine lost, and ask to be repeated', async () => {
      await bench.engine.deleteIndex(indexName(1));
      const rows = [bench.source.set('a', 1, 'a')];
      await expect(bench.family.writeLive(rows)).rejects.toThrow(SearchUnavailableError);
      expect(await bench.family.writeLive(rows)).toMatchObject({ written: 1 });
      expect(await shown()).toEqual(['a@1']);
    });

    it('write nothing when there is nothing to write', async () => {
      expect(await bench.family.writeLive([])).toEqual({ written: 0, stale: 0, outcomes: [], rejected: [] });
    });
  });
}
