import { setTimeout as sleep } from 'node:timers/promises';
import { call } from '../sync/place.mjs';
import { configure, OPEN } from './catalogue.mjs';

const CHANGES = 200;
const REST_MS = 100;
const DRAIN_MS = 5_000;

/** How long after a change was asked for over REST the shop hears of it, nothing else going on: `{p50, p99, max}` in milliseconds. */
export async function measureIdleChanges(place, shop) {
  await configure(place, { shopUrl: shop.url, ...OPEN });
  const asked = new Map();
  for (let change = 1; change <= CHANGES; change++) {
    const body = JSON.stringify({ price: `${100 + change}.00` });
    asked.set(`SKU-${change}`, Date.now());
    await call(place, 'shop-update', 'PATCH', `/api/products/${change}`, { body, contentType: 'application/json' });
    await sleep(REST_MS);
  }
  await sleep(DRAIN_MS);
  const heard = new Map(await shop.begin(10_000));
  const times = [...asked].map(([sku, at]) => {
    if (!heard.has(sku)) throw new Error(`the shop never heard of ${sku}`);
    return heard.get(sku) - at;
  });
  times.sort((a, b) => a - b);
  return { p50: times[times.length >> 1], p99: times[Math.floor(times.length * 0.99)], max: times.at(-1) };
}
