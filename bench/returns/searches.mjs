import { call } from '../sync/place.mjs';

const ROUNDS = 20;
const QUERIES = [
  '',
  'query=lamp',
  'query=RET-77',
  'query=SKU-12-1',
  'status=AWAITING_PICKUP',
  'tab=in_transit',
  'tab=completed&facets=returnType,portal',
  'portal=portal-3&sort=-refundAmount',
  'facets=brand,courier',
  'query=chair&returnType=CUSTOMER&page=3',
];

/** `{p50, p95, max, searches}` in milliseconds, one search at a time over REST. */
export async function measureSearches(place) {
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const query of QUERIES) {
      const startedAt = performance.now();
      await call(place, 'returns', 'GET', `/api/returns/search?${query}`);
      // The first round fills caches, as any traffic would have.
      if (round > 0) times.push(performance.now() - startedAt);
    }
  }
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return { p50: at(0.5), p95: at(0.95), max: at(1), searches: times.length };
}
