import { createHash, timingSafeEqual } from 'node:crypto';
import type { CallbackKey } from '../shop-config/settings.js';
import { type Batch, type BatchCall, MAX_CALLS } from './read-batch.js';

/** One element of the answer, in the words that shops know. */
export type Reply =
  | { readonly jsonrpc: '2.0'; readonly result: { readonly status: 'success' }; readonly id: string | number }
  | { readonly jsonrpc: '2.0'; readonly error: RpcError; readonly id: string | number | null };

interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: null;
}

/** A result to be kept. */
export interface AcceptedCall {
  readonly requestId: string;
  readonly params: object;
}

/** Who may call: what is known of the caller before the batch is looked at. */
export interface CallerAccess {
  /** Whether it calls from an address that is allowed. */
  readonly isAddressAllowed: boolean;
  /** Its header `X-Api-Key`. */
  readonly headerKey: string | undefined;
  readonly keys: readonly CallbackKey[];
}

export interface Decision {
  readonly replies: readonly Reply[];
  readonly accepted: readonly AcceptedCall[];
  /** Calls that were refused for want of a key or a right address. */
  readonly unauthorized: number;
}

const UNAUTHORIZED: RpcError = { code: -32001, message: 'Could not authorize request', data: null };
/** The shop's own code, within an answer 200. */
const INVALID: RpcError = { code: 502, message: 'Invalid Json RPC format' };
const TOO_MANY: RpcError = { code: -32600, message: `Too many calls: ${MAX_CALLS} at most` };
const NO_METHOD: RpcError = { code: -32601, message: 'Method not found' };
/** Done, and nothing of it is kept. */
const DONE = { isDone: true } as const;
const NO_RESULT: RpcError = { code: -32602, message: 'Invalid params: result is missing' };

/**
 * What is answered to a batch, and what of it is kept. Calls are taken in order: what comes before `auth` is refused. A call
 * without an id is not answered.
 */
export function decideReplies(batch: Batch, access: CallerAccess): Decision {
  if ('refused' in batch) {
    const error = batch.refused === 'too_many' ? TOO_MANY : INVALID;
    return { replies: [{ jsonrpc: '2.0', error, id: null }], accepted: [], unauthorized: 0 };
  }
  const replies: Reply[] = [];
  const accepted: AcceptedCall[] = [];
  let unauthorized = 0;
  let isAuthorized = mayCall(access, access.headerKey);
  for (const call of batch.calls) {
    if (call.kind === 'call' && call.method === 'auth') isAuthorized = mayCall(access, keyOf(call.params));
    const outcome = decideCall(call, isAuthorized);
    if (outcome === UNAUTHORIZED) unauthorized += 1;
    if ('requestId' in outcome) accepted.push(outcome);
    if (call.id !== undefined) replies.push(toReply(outcome, call.id));
  }
  return { replies, accepted, unauthorized };
}

function decideCall(call: BatchCall, isAuthorized: boolean): RpcError | AcceptedCall | typeof DONE {
  if (call.kind === 'invalid') return INVALID;
  if (!isAuthorized) return UNAUTHORIZED;
  if (call.method === 'auth') return DONE;
  if (call.method !== 'Callback.process') return NO_METHOD;
  const { params, id } = call;
  const hasResult = typeof params === 'object' && params !== null && 'result' in params && params.result !== undefined;
  // Without an id nobody knows what it is the result of.
  return hasResult && id !== undefined ? { requestId: String(id), params } : NO_RESULT;
}

function toReply(outcome: ReturnType<typeof decideCall>, id: string | number | null): Reply {
  if ('code' in outcome) return { jsonrpc: '2.0', error: outcome, id };
  return { jsonrpc: '2.0', result: { status: 'success' }, id: id as string | number };
}

function keyOf(params: unknown): string | undefined {
  const key = typeof params === 'object' && params !== null && 'apiKey' in params ? params.apiKey : undefined;
  return typeof key === 'string' ? key : undefined;
}

function mayCall({ isAddressAllowed, keys }: CallerAccess, key: string | undefined): boolean {
  return isKnownKey(key ?? '', keys) && isAddressAllowed;
}

/** Takes as long for a wrong key as for a right one. */
function isKnownKey(key: string, keys: readonly CallbackKey[]): boolean {
  const digest = createHash('sha256').update(key).digest();
  const matches = keys.map(({ sha256 }) => timingSafeEqual(Buffer.from(sha256, 'hex'), digest));
  return matches.includes(true);
}
