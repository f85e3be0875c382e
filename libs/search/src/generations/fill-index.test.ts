import { describe, expect, it } from 'vitest';
import type { IndexWrite, SearchEngine, WriteOutcome } from '../engine/search-engine.js';
import { isSearchUnavailable } from '../engine/search-errors.js';
import { type FillProgress, fillIndex, type IndexRow } from './fill-index.js';
import { GenerationGoneError } from './generation-errors.js';

const rows = (from: number, count: number): IndexRow[] =>
  Array.from({ length: count }, (_, at) => ({ id: `${from + at}`, version: 1, source: '{}' }));

/** An engine that only takes bulks, and notes how many were in its hands at once. */
function bulkOnly(answer: (write: IndexWrite) => WriteOutcome = () => ({ status: 'ok' })) {
  const seen = { sizes: [] as number[], ids: [] as string[], inHand: 0, most: 0 };
  const bulk = async (writes: readonly IndexWrite[]) => {
    seen.inHand += 1;
    seen.most = Math.max(seen.most, seen.inHand);
    await new Promise((resolve) => setImmediate(resolve));
    seen.inHand -= 1;
    seen.sizes.push(writes.length);
    seen.ids.push(...writes.map(({ id }) => id));
    return writes.map(answer);
  };
  return { engine: { bulk } as unknown as SearchEngine, seen };
}

describe('fillIndex', () => {
  it('sends bulks of 1,000 from pages of any size, two at a time, each row once', async () => {
    const { engine, seen } = bulkOnly();
    const result = await fillIndex(engine, 'x', [rows(0, 10), rows(10, 2_500), [], rows(2_510, 1), rows(2_511, 989)]);
    expect(result).toEqual({ read: 3_500, written: 3_500, stale: 0, rejected: [], rejectedCount: 0 });
    expect([...seen.sizes].sort()).toEqual([1_000, 1_000, 1_000, 500]);
    expect(new Set(seen.ids).size).toBe(3_500);
    expect(seen.most).toBe(2);
  });

  it('reads no page before there is room for it', async () => {
    const { engine, seen } = bulkOnly();
    let ahead = 0;
    async function* pages() {
      for (let page = 0; page < 20; page += 1) {
        ahead = Math.max(ahead, page - seen.sizes.length);
        yield rows(page * 1_000, 1_000);
      }
    }
    await fillIndex(engine, 'x', pages());
    expect(ahead).toBeLessThanOrEqual(2);
  });

  it('tells its progress one call at a time, growing, and waits for it', async () => {
    const { engine } = bulkOnly();
    const reports: FillProgress[] = [];
    let telling = 0;
    await fillIndex(engine, 'x', [rows(0, 5_000)], {
      onProgress: async (progress) => {
        telling += 1;
        expect(telling).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        telling -= 1;
        reports.push(progress);
      },
    });
    expect(reports).toHaveLength(5);
    expect(reports.at(-1)).toEqual({ read: 5_000, written: 5_000, stale: 0, rejected: 0 });
    expect(reports.map(({ read }) => read)).toEqual(reports.map(({ read }) => read).sort((a, b) => a - b));
  });

  it('counts what is stale, lists what is rejected and goes on', async () => {
    const { engine } = bulkOnly(({ id }) => {
      if (id === '3') return { status: 'rejected', reason: 'because' };
      return { status: Number(id) % 2 === 0 ? 'stale' : 'ok' };
    });
    expect(await fillIndex(engine, 'x', [rows(0, 6)])).toEqual({
      read: 6,
      written: 2,
      stale: 3,
      rejected: [{ id: '3', reason: 'because' }],
      rejectedCount: 1,
    });
  });

  it('lists 10,000 rejections and counts them all', async () => {
    const { engine } = bulkOnly(() => ({ status: 'rejected', reason: 'because' }));
    const result = await fillIndex(engine, 'x', [rows(0, 12_000)]);
    expect(result.rejected).toHaveLength(10_000);
    expect(result.rejectedCount).toBe(12_000);
  });

  it('stops when the engine is away, and closes the pages', async () => {
    const { engine, seen } = bulkOnly(() => ({ status: 'retryable', reason: 'away' }));
    let isClosed = false;
    async function* pages() {
      try {
        for (let page = 0; page < 100; page += 1) yield rows(page * 1_000, 1_000);
      } finally {
        isClosed = true;
      }
    }
    await expect(fillIndex(engine, 'x', pages())).rejects.toSatisfy(isSearchUnavailable);
    expect(isClosed).toBe(true);
    expect(seen.sizes.length).toBeLessThan(5);
  });

  it('stops when the index is gone', async () => {
    const { engine } = bulkOnly(() => ({ status: 'missing' }));
    await expect(fillIndex(engine, 'x', [rows(0, 1)])).rejects.toThrow(GenerationGoneError);
  });

  it('passes on what the pages throw, once the bulks in hand are done', async () => {
    const { engine, seen } = bulkOnly();
    async function* pages() {
      yield rows(0, 1_000);
      throw new Error('the database is away');
    }
    await expect(fillIndex(engine, 'x', pages())).rejects.toThrow('the database is away');
    expect(seen.inHand).toBe(0);
  });
});
