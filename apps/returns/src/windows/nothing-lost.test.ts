import { setTimeout as delay } from 'node:timers/promises';
import { describeWithEngines } from '@lockstep/testing';
import { afterEach, expect, it } from 'vitest';
import { type Committed, changeReturns, seededRandom } from './change-load.fixture.js';
import { readContents } from './index-double.fixture.js';
import { SyncBench } from './sync-bench.fixture.js';
import type { WindowMode } from './window.js';

/** A minute of the real thing. */
const MINUTE_MS = 20;
const WRITERS = 40;
const OVERLAP_MINUTES = 30;
const COMMITS = Number(process.env['LOCKSTEP_TEST_COMMITS'] ?? 3_000);
/** About one in twenty is rolled back. */
const CHANGES = Math.ceil(COMMITS / 0.94);
const TIMEOUT_MS = 60_000 + COMMITS * 20;

describeWithEngines('windows under writers that commit out of order', (engines) => {
  let bench: SyncBench | undefined;

  afterEach(async () => {
    await bench?.close();
    bench = undefined;
  });

  /** Windows every 15 minutes while the writers write, and one after them. */
  const play = async (windowMode: WindowMode, seed: number) => {
    const settings = { windowMode, overlapSeconds: (OVERLAP_MINUTES * MINUTE_MS) / 1_000, capAtOldestWriter: false };
    bench = await SyncBench.open(engines, settings);
    const { index, databaseUrl, dataSource } = bench;
    await bench.addReturns(1, CHANGES);
    // What was stamped before belongs to no window of mode updated_at.
    await bench.sql(`ALTER TABLE order_return DISABLE TRIGGER USER`);
    await bench.sql(`UPDATE order_return SET updated_at = now() - interval '1 hour'`);
    await bench.sql(`ALTER TABLE order_return ENABLE TRIGGER USER`);
    for (const name of ['insert', 'update', 'delete']) {
      await bench.sql(`ALTER TABLE order_return ENABLE ALWAYS TRIGGER log_order_return_${name}`);
    }
    await bench.sync();
    index.writes = 0;
    const ids = Array.from({ length: CHANGES }, (_, at) => at + 1);
    const random = seededRandom(seed);
    let isWriting = true;
    const writing = changeReturns(ids, { databaseUrl, writers: WRITERS, minuteMs: MINUTE_MS, random }).finally(() => {
      isWriting = false;
    });
    let windows = 0;
    while (isWriting) {
      const nextAt = performance.now() + 15 * MINUTE_MS;
      await bench.sync();
      windows += 1;
      await delay(Math.max(0, nextAt - performance.now()));
    }
    const committed = await writing;
    await bench.sync();
    const stored = new Map((await readContents(dataSource, null)).map((row) => [row.id, row]));
    const lost = committed.filter(({ returnId }) => {
      const { version, content, deleted } = stored.get(returnId) ?? {};
      const copy = index.documents.get(returnId);
      return copy?.version !== version || copy?.content !== content || copy?.deleted !== deleted;
    });
    return { committed, lost, windows, writes: index.writes };
  };

  it(
    'lose no change and no deletion, and write each change once',
    async () => {
      const { committed, lost, windows, writes } = await play('snapshot', 7);
      console.info(`${committed.length} commits, ${windows} windows, ${writes} writes, ${lost.length} lost`);
      expect(committed.length).toBeGreaterThanOrEqual(Math.min(COMMITS, CHANGES) * 0.99);
      expect(committed.filter(({ kind }) => kind === 'delete').length).toBeGreaterThan(0);
      expect(lost).toEqual([]);
      expect(writes / committed.length).toBeGreaterThanOrEqual(0.98);
      expect(writes / committed.length).toBeLessThanOrEqual(1.02);
    },
    TIMEOUT_MS,
  );

  it(
    'of mode updated_at lose what its stamps cannot tell, and nothing else',
    async () => {
      const { committed, lost, windows, writes } = await play('updated_at', 7);
      const classes = new Map<string, number>();
      for (const change of lost) classes.set(classify(change), (classes.get(classify(change)) ?? 0) + 1);
      console.info(
        `${committed.length} commits, ${windows} windows, ${writes} writes, lost:`,
        Object.fromEntries(classes),
      );
      expect([...classes.keys()].sort()).toEqual(['committed late', 'part only', 'row taken away']);
      const countOf = (kind: Committed['kind']) => committed.filter((change) => change.kind === kind).length;
      expect(classes.get('row taken away')).toBe(countOf('delete'));
      expect(classes.get('part only')).toBe(countOf('child'));
    },
    TIMEOUT_MS,
  );
});

/** Why a stamp could not tell of a change; a loss for any other reason is a fault of ours. */
function classify({ kind, lagMs }: Committed): string {
  if (kind === 'delete') return 'row taken away';
  if (kind === 'child') return 'part only';
  return lagMs > OVERLAP_MINUTES * MINUTE_MS ? 'committed late' : 'unexplained';
}
