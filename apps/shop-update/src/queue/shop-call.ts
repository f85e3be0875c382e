import type { Flow, ShopMethod, Topic } from './topics.js';

/** One item of a call, and where in it. */
export interface CalledItem {
  readonly itemId: number;
  readonly productSetId: number;
  /** None where the whole set is meant. */
  readonly productId: number | null;
  readonly topic: Topic;
  readonly requeueCount: number;
  /** Nanoseconds since 1970: above 2^53, so never a number. */
  readonly enqueuedAtNs: string;
}

/** A call that is stored and about to be sent. */
export interface ShopCall {
  /** The id of the request as a decimal string. */
  readonly id: string;
  readonly flow: Flow;
  readonly method: ShopMethod;
  readonly items: readonly CalledItem[];
  readonly params: Readonly<Record<string, unknown>>;
}

/** Why a call failed in the way of the transport, or was not accepted. */
export const CALL_ERROR_REASONS = [
  'connection',
  'timeout',
  'http_status',
  'not_json',
  'nack',
  'sync_shaped_ack',
  'address_refused',
  'too_large',
] as const;
export type CallErrorReason = (typeof CALL_ERROR_REASONS)[number];

/** What came of sending a call. */
export type CallOutcome =
  /** Asynchronous: the shop has queued it; its answer comes as a callback. */
  | { readonly kind: 'acknowledged'; readonly httpStatus: number }
  /** Synchronous: `result` as the shop gave it, not looked into. */
  | { readonly kind: 'answered'; readonly httpStatus: number; readonly result: unknown }
  | {
      readonly kind: 'failed';
      readonly reason: CallErrorReason;
      readonly detail: string;
      readonly httpStatus?: number;
      /** Asked for by the shop. Milliseconds. */
      readonly retryAfterMs?: number;
    };

/** Nothing was sent, so nothing counts as an attempt. */
export interface Deferral {
  readonly reason: 'circuit_open' | 'rate_limited' | 'paused';
  readonly forMs: number;
}

/** What the shop says of one item. */
export type ItemResult =
  | {
      readonly kind: 'success';
      readonly srcId: string | null;
      readonly shopSku: string | null;
      readonly setSrcId: string | null;
      /** As the shop states it, without a zone. */
      readonly updatedAt: string | null;
    }
  | { readonly kind: 'failure'; readonly message: string; readonly code: string | null }
  /** Cannot be read, or would be written to the wrong product. */
  | { readonly kind: 'unusable'; readonly detail: string };
