/** The same returns read by the same statement in pages of 500, and documents of the same size by `_bulk`, nothing else of ours. */
import { setImmediate as turn } from 'node:timers/promises';
import { watchCpu } from '../machine/cpu-watch.mjs';
import { Elastic } from '../sync/elastic.mjs';
import { enginePids } from '../sync/place.mjs';

const PAGE = 500;
const BULKS_IN_FLIGHT = 2;
const SCANNED = 5_000;

/** `{documents, seconds, perSecond, cpu}`. `ids` must be in the index. */
export async function measureRaw(place, ids) {
  const { AggregatesStore } = await import(
    new URL('../../apps/returns/dist/documents/aggregates.store.js', import.meta.url).href
  );
  const structure = await place.elastic.describe(`${place.prefix}order_returns`);
  const index = `${place.prefix}raw-returns-${Date.now()}`;
  await place.elastic.create(index, structure, '-1');
  const lines = await readLines(place, ids);
  const elastic = new Elastic(place.engines.elasticsearchUrl, BULKS_IN_FLIGHT);
  // Its own search path: the service's tables are in the schema `returns`.
  const client = await place.pool.connect();
  try {
    await client.query('SET search_path TO returns');
    const store = new AggregatesStore({ query: async (sql, values) => (await client.query(sql, values)).rows });
    await store.read(ids.slice(0, PAGE));
    const stopWatch = watchCpu(enginePids(place.engines));
    const startedAt = performance.now();
    const inFlight = new Set();
    for (let from = 0; from < ids.length; from += PAGE) {
      const page = await store.read(ids.slice(from, from + PAGE));
      const body = page.map(({ id, version }) => action(id, version) + lines.get(id)).join('');
      const sent = elastic
        .request('POST', `/${index}/_bulk?filter_path=errors`, body)
        .finally(() => inFlight.delete(sent));
      inFlight.add(sent);
      if (inFlight.size >= BULKS_IN_FLIGHT) await Promise.race(inFlight);
      await turn();
    }
    await Promise.all(inFlight);
    const seconds = (performance.now() - startedAt) / 1_000;
    const cpu = stopWatch();
    await elastic.request('POST', `/${index}/_refresh`);
    const found = await elastic.count(index);
    if (found !== ids.length) throw new Error(`raw: ${found} documents of ${ids.length}`);
    return { documents: found, seconds, perSecond: found / seconds, cpu };
  } finally {
    client.release(true);
    await place.elastic.request('DELETE', `/${index}`);
  }
}

function action(id, version) {
  return `{"index":{"_id":"${id}","version":${version},"version_type":"external_gte"}}\n`;
}

async function readLines(place, ids) {
  const lines = new Map();
  for (let from = 0; from < ids.length; from += SCANNED) {
    const wanted = ids.slice(from, from + SCANNED).map(String);
    const path = `/${place.prefix}order_returns/_search`;
    const { hits } = await place.elastic.request('POST', path, { size: SCANNED, query: { ids: { values: wanted } } });
    for (const { _id, _source } of hits.hits) lines.set(Number(_id), `${JSON.stringify(_source)}\n`);
  }
  if (lines.size !== ids.length) throw new Error(`raw: ${lines.size} of ${ids.length} returns are in the index`);
  return lines;
}
