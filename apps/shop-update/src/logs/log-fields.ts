import { SHOP_LOG_DIRECTIONS } from '@lockstep/contracts';
import { FLOWS, SHOP_METHODS, TOPICS } from '../queue/topics.js';

/**
 * A field of the log as a query names it. `words`: phrases, whatever the case. `name`: one of a few written words, whatever
 * the case. `id`: exactly as written. `number` and `instant` also take ranges.
 */
export interface LogField {
  /** Of the index. */
  readonly path: string;
  readonly kind: 'words' | 'name' | 'id' | 'number' | 'instant';
  /** How names are written in the index; all lower case where there is no list. */
  readonly names?: readonly string[];
  /** Every entry has it, and no index could tell. */
  readonly isAlwaysThere?: boolean;
}

const METHODS = [...SHOP_METHODS];

/** By the names that queries use; several may mean the same. */
const FIELDS: Readonly<Record<string, LogField>> = {
  message: { path: 'message', kind: 'words', isAlwaysThere: true },
  venture: { path: 'venture', kind: 'name' },
  source: { path: 'source', kind: 'name' },
  country: { path: 'country', kind: 'name' },
  env: { path: 'env', kind: 'name' },
  environment: { path: 'env', kind: 'name' },
  direction: { path: 'direction', kind: 'name', names: SHOP_LOG_DIRECTIONS },
  method: { path: 'method', kind: 'name', names: METHODS },
  rpc_method: { path: 'method', kind: 'name', names: METHODS },
  topic: { path: 'topic', kind: 'name', names: TOPICS },
  flow: { path: 'flow', kind: 'name', names: FLOWS },
  errorreason: { path: 'errorReason', kind: 'name' },
  error_reason: { path: 'errorReason', kind: 'name' },
  requestid: { path: 'requestId', kind: 'id' },
  request_id: { path: 'requestId', kind: 'id' },
  itemid: { path: 'itemId', kind: 'id' },
  item_id: { path: 'itemId', kind: 'id' },
  setid: { path: 'setId', kind: 'id' },
  set_id: { path: 'setId', kind: 'id' },
  productsetid: { path: 'setId', kind: 'id' },
  sellersku: { path: 'sellerSku', kind: 'words' },
  seller_sku: { path: 'sellerSku', kind: 'words' },
  shopsku: { path: 'shopSku', kind: 'words' },
  shop_sku: { path: 'shopSku', kind: 'words' },
  httpstatus: { path: 'httpStatus', kind: 'number' },
  http_status: { path: 'httpStatus', kind: 'number' },
  durationms: { path: 'durationMs', kind: 'number' },
  duration_ms: { path: 'durationMs', kind: 'number' },
  requeuecount: { path: 'requeueCount', kind: 'number' },
  requeue_count: { path: 'requeueCount', kind: 'number' },
  at: { path: 'at', kind: 'instant' },
  '@timestamp': { path: 'at', kind: 'instant' },
};

/** For messages to people. */
export const FIELD_NAMES =
  'message, venture, source, country, env, direction, method, topic, flow, requestId, itemId, setId, sellerSku, shopSku, httpStatus, durationMs, requeueCount, errorReason, at';

/** Names in any case; undefined when there is no such field. */
export function logField(name: string): LogField | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined;
}
