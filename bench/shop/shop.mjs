/** The bench of the shop's queue: throughput beside the raw limit, a single change, claims and views on a long queue. */
import { createServer } from 'node:net';
import { isDisturbed, measureUndisturbed } from '../figures.mjs';
import { cleanUp } from '../machine/clean-up.mjs';
import { startWorker } from '../machine/worker.mjs';
import { findEngines, memoryOfServices, openPlace, startAnew } from '../sync/place.mjs';
import { untilEnginesRest } from '../sync/quiet.mjs';
import { judgeShop } from './bars.mjs';
import { loadCatalogue, loadFinished, loadWaiting, mixWaiting } from './catalogue.mjs';
import { measureClaims } from './claims.mjs';
import { forgetItems, measureDrain } from './drain.mjs';
import { measureIdleChanges } from './idle-change.mjs';
import { printShop } from './print.mjs';
import { measureRaw } from './raw.mjs';
import { measureGraphs, measureLists } from './views.mjs';

const INSTANT_SHOP = new URL('./instant-shop.mjs', import.meta.url);
/** Items of a pair: some ten seconds of work, of which starting up is the smaller part. */
const DRAINED = 40_000;
const LIMIT_MS = 600_000;
/** Drains that are told but not counted. Elasticsearch that was just started compiles itself meanwhile: 19 and 14 s of CPU, then 6 s a drain. */
const WARM_UPS = 2;
const LOADED_AT_ONCE = 100_000;

/**
 * Measures every size, smallest first, in one place, and prints the table.
 *
 * @param options.sizes items that wait, and as many that are finished, while claims, lists and graphs are measured; @param options.pairs drains of 40,000 items,
 *   each followed by the raw limit, after two drains that are not counted
 */
export async function benchShop({ sizes, pairs, maxOtherShare, say }) {
  const engines = await findEngines();
  const place = await openPlace(engines, ['shop-update'], { SHOP_URL_ALLOW_PRIVATE: 'on' });
  await loadCatalogue(place, 1, DRAINED);
  const isVoid = ({ ours, raw }) => isDisturbed([ours.cpu.otherShare, raw.cpu.otherShare], maxOtherShare);
  for (let time = 0; time < WARM_UPS; time++) {
    const shop = await openShop();
    await untilEnginesRest(engines);
    const { perSecond } = await measureDrain(place, shop, DRAINED, LIMIT_MS);
    await shop.stop();
    say(`warming up: ours ${Math.round(perSecond)} items/s`);
  }
  const kept = [];
  while (kept.length < pairs) {
    const tries = await measureUndisturbed(async () => {
      const shop = await openShop();
      await untilEnginesRest(engines);
      const { bodies, ...ours } = await measureDrain(place, shop, DRAINED, LIMIT_MS);
      await untilEnginesRest(engines);
      const raw = await measureRaw(place, shop, bodies);
      await shop.stop();
      say(`ours ${Math.round(ours.perSecond)} items/s, raw ${Math.round(raw.perSecond)}/s`);
      return { ours, raw };
    }, isVoid);
    kept.push(tries.at(-1));
  }
  const shop = await openShop();
  await untilEnginesRest(engines);
  const idle = await measureIdleChanges(place, shop);
  await shop.stop();
  await forgetItems(place);
  say(`one change: heard after p50 ${idle.p50} ms, p99 ${idle.p99} ms`);
  const results = [];
  for (const size of [...sizes].sort((a, b) => a - b)) {
    results.push({ size, ...(await measureSize(place, size, say)) });
    if (cleanUp.isEnding) throw new Error('interrupted');
  }
  const memoryMb = memoryOfServices(place);
  await place.close();
  const verdicts = judgeShop({ pairs: kept, idle, results });
  printShop({ pairs: kept, idle, results, memoryMb, verdicts });
  const isMet = !verdicts.some(({ verdict }) => verdict === 'missed' || verdict === 'void');
  return { isMet, figures: { pairs: kept, idle, results, memoryMb, verdicts } };
}

/** Claims without the service beside, which would claim too; views with it. */
async function measureSize(place, size, say) {
  await place.services['shop-update'].kill('SIGTERM');
  await forgetItems(place);
  await loadCatalogue(place, (await countProducts(place)) + 1, size);
  for (let first = 1; first <= size; first += LOADED_AT_ONCE) {
    const last = Math.min(first + LOADED_AT_ONCE - 1, size);
    await loadWaiting(place, first, last);
    await loadFinished(place, first, last);
  }
  await place.pool.query('VACUUM ANALYZE shop_update.sync_item, shop_update.sync_call, shop_update.sync_call_item');
  // What was loaded is vacuumed and written out in the background.
  await untilEnginesRest(place.engines);
  const claimMs = await measureClaims(place);
  await place.pool.query(`UPDATE shop_update.sync_lane SET ready_at = NULL, ready_item_id = NULL, ready_topic = NULL`);
  await mixWaiting(place);
  await startAnew(place, 'shop-update', {});
  const graphMs = await measureGraphs(place);
  const { p95: listMs, slowest } = await measureLists(place);
  say(`the slowest list: ${slowest.query}, ${slowest.ms.toFixed(0)} ms`);
  say(`${size}: a claim ${claimMs.toFixed(1)} ms, lists p95 ${listMs.toFixed(0)} ms, graphs ${graphMs.toFixed(0)} ms`);
  return { claimMs, listMs, graphMs };
}

async function countProducts(place) {
  const { rows } = await place.pool.query('SELECT max(id)::int AS count FROM shop_update.product');
  return rows[0].count;
}

async function openShop() {
  const port = await freePort();
  const shop = await startWorker(INSTANT_SHOP, { port });
  // Alive after a failure it would keep the bench alive.
  const stop = cleanUp.add('stopping the shop', async () => shop.stop());
  return { ...shop, stop, url: `http://127.0.0.1:${port}/` };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
