/** The bench of the returns: windows beside the raw limit, freshness, and how both grow. */
import { isDisturbed, measureUndisturbed, spreadOf } from '../figures.mjs';
import { cleanUp } from '../machine/clean-up.mjs';
import { findEngines, memoryOfServices, openPlace, query } from '../sync/place.mjs';
import { untilEnginesRest } from '../sync/quiet.mjs';
import { judgeReturns } from './bars.mjs';
import { measureFreshness } from './freshness.mjs';
import { loadReturns, touchReturns } from './load.mjs';
import { measureWindow } from './our-window.mjs';
import { printReturns } from './print.mjs';
import { measureRaw } from './raw.mjs';
import { measureSearches } from './searches.mjs';

/** Returns of a pair: enough for many pages, few enough for their documents to be held by the bench. */
const LARGE_WINDOW = 50_000;
const SMALL_WINDOW = 100;
const SMALL_WINDOWS = 5;
const LIMIT_MS = 1_800_000;

/**
 * Measures every size, smallest first, each in a place of its own, and prints the table.
 *
 * @param options.sizes returns; @param options.pairs windows of up to 50,000 changes, each followed by a raw one
 */
export async function benchReturns({ sizes, pairs, maxOtherShare, say }) {
  const engines = await findEngines();
  const results = [];
  for (const size of [...sizes].sort((a, b) => a - b)) {
    const place = await openPlace(engines, ['returns'], { RETURNS_EVERY_SECONDS: '0' });
    results.push({
      size,
      ...(await measureSize(place, { size, pairs, maxOtherShare, say })),
      memoryMb: memoryOfServices(place),
    });
    await place.close();
    if (cleanUp.isEnding) throw new Error('interrupted');
  }
  const verdicts = results.map((result, at) => judgeReturns(result, results[at - 1]));
  printReturns({ results, verdicts });
  return {
    isMet: !verdicts.flat().some(({ verdict }) => verdict === 'missed' || verdict === 'void'),
    figures: { results, verdicts },
  };
}

async function measureSize(place, { size, pairs, maxOtherShare, say }) {
  const startedAt = performance.now();
  await loadReturns(place, 1, size);
  say(`${size}: loaded in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
  const first = await measureWindow(place, LIMIT_MS);
  say(`${size}: first full load ${Math.round(size / first.seconds)} returns/s`);
  const isVoid = ({ ours, raw }) => isDisturbed([ours.cpu.otherShare, raw.cpu.otherShare], maxOtherShare);
  const kept = [];
  while (kept.length < pairs) {
    const tries = await measureUndisturbed(async () => {
      const step = Math.max(1, Math.floor(size / LARGE_WINDOW));
      await touchReturns(place, `id % ${step} = 0`);
      const ids = (
        await query(place, `SELECT id::int FROM returns.order_return WHERE id % ${step} = 0 ORDER BY id`)
      ).map(({ id }) => id);
      await untilEnginesRest(place.engines);
      const window = await measureWindow(place, LIMIT_MS);
      const ours = { ...window, perSecond: ids.length / window.seconds };
      if (window.indexed !== ids.length) throw new Error(`the window wrote ${window.indexed} of ${ids.length} returns`);
      await untilEnginesRest(place.engines);
      const raw = await measureRaw(place, ids);
      say(`${size}: ours ${Math.round(ours.perSecond)}/s, raw ${Math.round(raw.perSecond)}/s`);
      return { ours, raw };
    }, isVoid);
    kept.push(tries.at(-1));
  }
  const small = [];
  for (let time = 0; time < SMALL_WINDOWS; time++) {
    await untilEnginesRest(place.engines);
    const step = Math.floor(size / SMALL_WINDOW);
    await touchReturns(place, `id % ${step} = ${time} AND id <= ${step * SMALL_WINDOW}`);
    small.push((await measureWindow(place, LIMIT_MS)).seconds);
  }
  say(`${size}: windows of ${SMALL_WINDOW} changes ${spreadOf(small).median.toFixed(2)} s`);
  const searches = await measureSearches(place);
  say(`${size}: searches p95 ${searches.p95.toFixed(0)} ms`);
  const freshness = await measureFreshness(place, size);
  say(`${size}: found after p50 ${freshness.p50.toFixed(2)} s, p99 ${freshness.p99.toFixed(2)} s`);
  return { first, pairs: kept, small, searches, freshness };
}
