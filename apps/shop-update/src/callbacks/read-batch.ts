import { storable } from './storable.js';

/** One call of a batch, as far as it can be read. */
export type BatchCall =
  | { readonly kind: 'invalid'; readonly id: CallId | null }
  | { readonly kind: 'call'; readonly id: CallId | undefined; readonly method: string; readonly params: unknown };

type CallId = string | number;

/** What a body is, before anybody is asked who sent it. */
export type Batch = { readonly calls: readonly BatchCall[] } | { readonly refused: 'unreadable' | 'too_many' };

export const MAX_CALLS = 500;

/** Reads a body of JSON-RPC 2.0: one call, or a list of them. Of a list each is judged by itself. */
export function readBatch(text: string): Batch {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { refused: 'unreadable' };
  }
  const calls: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (calls.length === 0) return { refused: 'unreadable' };
  if (calls.length > MAX_CALLS) return { refused: 'too_many' };
  return { calls: calls.map(readCall) };
}

function readCall(call: unknown): BatchCall {
  if (typeof call !== 'object' || call === null || Array.isArray(call)) return { kind: 'invalid', id: null };
  const { jsonrpc, method, params, id } = call as Record<string, unknown>;
  const readableId = isId(id) ? id : undefined;
  const isBadId = id !== undefined && id !== null && readableId === undefined;
  const isBadParams = params !== undefined && (typeof params !== 'object' || params === null);
  const clean = storable(params);
  if (jsonrpc !== '2.0' || typeof method !== 'string' || isBadId || isBadParams || clean === undefined)
    return { kind: 'invalid', id: readableId ?? null };
  return { kind: 'call', id: readableId, method, params: clean.value };
}

function isId(id: unknown): id is CallId {
  return typeof id === 'number' || (typeof id === 'string' && id.length <= 64);
}
