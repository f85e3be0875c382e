import type { ShopLogEntryV1 } from '@lockstep/contracts';
import { defineIndexSchema, type IndexWrite, toIndexSource } from '@lockstep/search';

/** One day of the shop's log. Words of a message are split as every search of ours splits them: `ke/live` is `ke`, `live`. */
export const logSchema = defineIndexSchema({
  name: 'shop_log',
  version: 1,
  fields: {
    at: { type: 'instant', sort: true },
    /** The hour, ten minutes and minute that `at` lies in, since 1970: what a histogram counts. */
    hour: { type: 'long' },
    tenMinutes: { type: 'long' },
    minute: { type: 'long' },
    venture: { type: 'keyword' },
    source: { type: 'keyword' },
    country: { type: 'keyword' },
    env: { type: 'keyword' },
    direction: { type: 'keyword' },
    message: { type: 'stored', match: true },
    requestId: { type: 'keyword' },
    itemId: { type: 'keyword' },
    method: { type: 'keyword' },
    topic: { type: 'keyword' },
    flow: { type: 'keyword' },
    sellerSku: { type: 'keyword', match: true },
    shopSku: { type: 'keyword', match: true },
    setId: { type: 'keyword' },
    httpStatus: { type: 'long' },
    durationMs: { type: 'long' },
    requeueCount: { type: 'long' },
    errorReason: { type: 'keyword' },
  },
});

const MINUTE_MS = 60_000;

/** A day as the name of an index says it, `yyyymmdd`, in UTC. */
export function dayOf(instant: string): string {
  return new Date(instant).toISOString().slice(0, 10).replaceAll('-', '');
}

/** An entry as it is written to the index of its day. */
export function toLogWrite(index: string, entry: ShopLogEntryV1): IndexWrite {
  const atMs = Date.parse(entry.at);
  const minute = Math.floor(atMs / MINUTE_MS);
  const source = entry.source.toLowerCase();
  const [country = '', env = ''] = source.split('/');
  const document = {
    at: new Date(atMs).toISOString(),
    hour: Math.floor(minute / 60),
    tenMinutes: Math.floor(minute / 10),
    minute,
    venture: entry.venture.toLowerCase(),
    source,
    country,
    env,
    direction: entry.direction,
    message: entry.message,
    requestId: entry.requestId ?? null,
    itemId: entry.itemIds ?? [],
    method: entry.method ?? null,
    topic: entry.topic ?? null,
    flow: entry.flow ?? null,
    sellerSku: entry.sellerSkus ?? [],
    shopSku: entry.shopSkus ?? [],
    setId: entry.productSetIds ?? [],
    httpStatus: entry.httpStatus ?? null,
    durationMs: entry.durationMs ?? null,
    requeueCount: entry.requeueCount ?? null,
    errorReason: entry.errorReason ?? null,
  };
  return { index, id: entry.id, version: 1, source: toIndexSource(logSchema, { id: entry.id, version: 1, document }) };
}
