import { call } from '../sync/place.mjs';

const ROUNDS = 6;
const LISTS = [
  'tab=pending',
  'tab=pending&topic=price',
  'tab=pending&sku=SKU-77',
  'tab=pending&sort=-queuedAt',
  'tab=delayed',
  'tab=blocked',
  'tab=failed',
  'tab=synced',
  'tab=synced&topic=price',
  'tab=synced&sku=SKU-12',
];
const GRAPHS = ['sync-kpi', 'queue-size', 'api-calls', 'response-time'];

/** p95 of the lists in milliseconds, one at a time over REST. */
export async function measureLists(place) {
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const query of LISTS) times.push(await timed(place, `/api/shop-update/items?${query}`));
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.95)];
}

/** The slowest graph when first asked for, in milliseconds. */
export async function measureGraphs(place) {
  const times = [];
  for (const graph of GRAPHS) times.push(await timed(place, `/api/shop-update/analytics/${graph}?range=90d`));
  return Math.max(...times);
}

async function timed(place, path) {
  const startedAt = performance.now();
  await call(place, 'shop-update', 'GET', path);
  return performance.now() - startedAt;
}
