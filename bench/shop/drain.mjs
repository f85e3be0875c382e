import { setTimeout as sleep } from 'node:timers/promises';
import { watchCpu } from '../machine/cpu-watch.mjs';
import { logTail, processGroups, query } from '../sync/place.mjs';
import { configure, loadWaiting, OPEN, PAUSED } from './catalogue.mjs';

const LOOK_EVERY_MS = 50;

/** Items that all wait are let go: `{seconds, perSecond, calls, cpu}` from the end of the pause until the last is synced. */
export async function measureDrain(place, shop, items, limitMs) {
  await configure(place, { shopUrl: shop.url, ...PAUSED });
  await loadWaiting(place, 1, items);
  const [{ before }] = await query(place, 'SELECT coalesce(max(id), 0)::int AS before FROM shop_update.sync_call');
  await configure(place, { shopUrl: shop.url, ...OPEN });
  const stopWatch = watchCpu({ ...processGroups(place), shop: [shop.pid] });
  const startedAt = performance.now();
  // At least one waits.
  const [{ last }] = await query(place, 'SELECT max(id)::int AS last FROM shop_update.sync_item');
  for (;;) {
    // Of the last one first: to look for any costs the server more the more have finished.
    const [{ left }] = await query(
      place,
      `SELECT CASE WHEN (SELECT finished_at FROM shop_update.sync_item WHERE id = ${last}) IS NULL THEN true
         ELSE EXISTS (SELECT FROM shop_update.sync_item WHERE finished_at IS NULL) END AS left`,
    );
    if (!left) break;
    if (performance.now() - startedAt > limitMs)
      throw new Error(`items are left\n${logTail(place.services['shop-update'])}`);
    await sleep(LOOK_EVERY_MS);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = stopWatch();
  const [{ synced, calls }] = await query(
    place,
    `SELECT (SELECT count(*)::int FROM shop_update.sync_item WHERE status = 'synced') AS synced,
       (SELECT count(*)::int FROM shop_update.sync_call WHERE id > $1) AS calls`,
    [before],
  );
  if (synced !== items) throw new Error(`${synced} of ${items} items are synced`);
  const bodies = await query(place, 'SELECT payload FROM shop_update.sync_call WHERE id > $1 ORDER BY id', [before]);
  await forgetItems(place);
  return { seconds, perSecond: items / seconds, calls, cpu, bodies: bodies.map(({ payload }) => payload) };
}

/** The next measurement begins with an empty queue. */
export async function forgetItems(place) {
  const { rows } = await place.pool.query(
    `SELECT string_agg(format('shop_update.%I', relname), ', ') AS tables FROM pg_class
     WHERE relnamespace = 'shop_update'::regnamespace AND relkind = 'r' AND relname ~ '^sync_(item|lane|call|item_event|call_event|call_item)$'`,
  );
  await place.pool.query(`TRUNCATE ${rows[0].tables} CASCADE`);
}
