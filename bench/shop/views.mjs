import { call } from '../sync/place.mjs';

const ROUNDS = 6;
const DAY_SECONDS = 86_400;
const TABS = ['pending', 'delayed', 'blocked', 'failed', 'synced'];
/** Every filter that a list takes: many, few and none that it chooses. */
const FILTERS = [
  'topic=price',
  'topic=images,content',
  'sku=SKU-77',
  'sku=SKU-777777',
  'sellerId=1',
  'sellerId=2',
  'productSetId=77',
  'productId=77',
  'status=pending,failed',
  'reason=ready',
  'reason=retry,bad_response',
  'flow=synchronous',
  'flow=asynchronous',
  'requeueCountFrom=1',
  'requeueCountFrom=20',
  'minAgeSeconds=1',
  `minAgeSeconds=${30 * DAY_SECONDS}`,
  'queuedFrom=2001-01-01T00:00:00Z',
  'queuedTo=2001-01-01T00:00:00Z',
  'signature=none',
  'attention=true',
  'attention=false',
  'stuck=true',
  'stuck=false',
];
const COMBINED = [
  'tab=pending&sort=queuedAt',
  'tab=failed&sort=queuedAt',
  'tab=synced&topic=price',
  'tab=synced&sku=SKU-12',
  'tab=pending&sku=SKU-77',
  'tab=pending&topic=price&sellerId=2',
  'tab=pending&topic=price&minAgeSeconds=1',
  'tab=failed&topic=price&signature=HTTP%20503&requeueCountFrom=1',
  'tab=delayed&reason=retry&attention=true&sellerId=1',
  'tab=blocked&topic=price&reason=no_src_id&sort=queuedAt',
  'tab=failed&flow=asynchronous&topic=price',
  'tab=pending&page=50',
];
const LISTS = [...TABS.map((tab) => `tab=${tab}`), ...FILTERS, ...COMBINED];
const GRAPHS = ['sync-kpi', 'queue-size', 'api-calls', 'response-time'];

/** p95 of the lists in milliseconds, one at a time over REST, and the one whose median is the highest. */
export async function measureLists(place) {
  const times = new Map(LISTS.map((query) => [query, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const query of LISTS) times.get(query).push(await timed(place, `/api/shop-update/items?${query}`));
  }
  const ascending = (values) => [...values].sort((a, b) => a - b);
  const all = ascending([...times.values()].flat());
  const medians = [...times].map(([query, each]) => ({ query, ms: ascending(each)[each.length >> 1] }));
  const slowest = medians.sort((a, b) => b.ms - a.ms)[0];
  return { p95: all[Math.floor(all.length * 0.95)], slowest };
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
