import type { IndexRemoval, IndexWrite, WriteOutcome } from '../engine/search-engine.js';
import { MAX_SOURCE_LENGTH } from '../engine/writable.js';

/** Largest body of one request, in UTF-16 units: far below the server's 100 MB, and answered well within the timeout. */
const MAX_BODY_LENGTH = MAX_SOURCE_LENGTH;
const MAX_REASON_LENGTH = 500;

const OK: WriteOutcome = { status: 'ok' };
const STALE: WriteOutcome = { status: 'stale' };
const MISSING: WriteOutcome = { status: 'missing' };

/** One item of a bulk answer, reduced to what is read, under the name of what was asked for. */
export interface BulkItem {
  readonly index?: BulkAnswer;
  readonly delete?: BulkAnswer;
}

interface BulkAnswer {
  readonly status: number;
  readonly error?: { readonly type: string; readonly reason?: string };
}

/** A request body and the positions of its writes. */
export interface BulkBody {
  readonly body: string;
  readonly positions: readonly number[];
}

/** Lays the writes at these positions out as request bodies, in order; sources are passed on as they are. */
export function* toBulkBodies(
  writes: readonly IndexWrite[],
  positions: readonly number[],
  toIndexName: (index: string) => string,
): Generator<BulkBody> {
  let body = '';
  let taken: number[] = [];
  for (const position of positions) {
    const { index, id, version, source } = writes[position]!;
    if (body !== '' && body.length + source.length > MAX_BODY_LENGTH) {
      yield { body, positions: taken };
      body = '';
      taken = [];
    }
    body += `{"index":{"_index":"${toIndexName(index)}","_id":${JSON.stringify(id)},"version":${version},"version_type":"external_gte"}}\n`;
    // A line end would cut the document in two; outside JSON strings, where alone it can stand, it means a blank.
    body += `${source.includes('\n') ? source.replaceAll('\n', ' ') : source}\n`;
    taken.push(position);
  }
  if (taken.length > 0) yield { body, positions: taken };
}

/** The request body of these removals. */
export function toRemovalBody(removals: readonly IndexRemoval[], toIndexName: (index: string) => string): string {
  return removals
    .map(
      ({ index, id, version }) =>
        `{"delete":{"_index":"${toIndexName(index)}","_id":${JSON.stringify(id)},"version":${version},"version_type":"external_gte"}}\n`,
    )
    .join('');
}

/** What an item of the answer says about its write or removal. */
export function toOutcome(item: BulkItem): WriteOutcome {
  const { status, error } = (item.index ?? item.delete)!;
  // Nothing to be removed was there.
  if (status < 300 || (status === 404 && !error)) return OK;
  if (status === 409) return STALE;
  if (status === 404 && error?.type === 'index_not_found_exception') return MISSING;
  const reason = `${error?.type ?? status}: ${error?.reason ?? ''}`.slice(0, MAX_REASON_LENGTH);
  return { status: status === 429 || status >= 500 ? 'retryable' : 'rejected', reason };
}
