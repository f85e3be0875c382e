import type { EntityManager } from 'typeorm';
import type { Settings } from '../shop-config/settings.js';
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
  // Nobody took the connection: nothing was said.
  'connection',
  // It ended before the answer: what was said may have been heard.
  'connection_lost',
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
      /** It was to find out whether the shop is back: its items wait so long with reason `circuit_open` and no retry is burnt. */
      readonly deferForMs?: number;
    };

/** What is to be written down in the transaction of what a call changes. */
export type Note = (manager: EntityManager) => Promise<void>;

export type SentCall = CallOutcome & { readonly note?: Note };

/** Nothing was sent, so nothing counts as an attempt. */
export interface Deferral {
  readonly reason: 'circuit_open' | 'rate_limited' | 'paused';
  readonly forMs: number;
}

/** A variation that the shop now knows. Of a set that is created there are several to one item. */
export interface MadeProduct {
  readonly productId: number;
  readonly srcId: string;
  readonly shopSku: string | null;
  readonly updatedAt: string | null;
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
      /** Of a set that was created: its variations; then `srcId` and `shopSku` are null. */
      readonly made?: readonly MadeProduct[];
    }
  | {
      readonly kind: 'failure';
      readonly message: string;
      readonly code: string | null;
      /** Of a set that was created in part: what is at the shop nevertheless, and must not be sent there again. */
      readonly made?: readonly MadeProduct[];
      readonly setSrcId?: string | null;
    }
  /** Cannot be read, or would be written to the wrong product. */
  | { readonly kind: 'unusable'; readonly detail: string };

/** An item of which nothing can be said to the shop. */
export interface RefusedItem {
  readonly itemId: number;
  /** `nothing_to_say`: gone, or the shop knows it already. `incomplete`: a value that the shop must have is missing. */
  readonly why: 'nothing_to_say' | 'incomplete';
  readonly detail: string;
}

/** What is to be sent about items, as they are now. */
export interface BuiltPayload {
  /** Null when nothing is left to send. */
  readonly params: Readonly<Record<string, unknown>> | null;
  /** In the order in which `params` names them: the answer comes in the same. */
  readonly sent: readonly { readonly itemId: number; readonly fingerprint: string }[];
  readonly refused: readonly RefusedItem[];
}

/** Injection token of `Payloads`. */
export const PAYLOADS = Symbol('PAYLOADS');

export interface Payloads {
  /** Set-based, in the caller's transaction. Creations and images carry one item a call. */
  build(manager: EntityManager, method: ShopMethod, items: readonly CalledItem[]): Promise<BuiltPayload>;
}

/** Injection token of `Caller`. */
export const CALLER = Symbol('CALLER');

export interface Caller {
  /**
   * Null: a call of the method may be sent now. Asked right before each call; holds no transaction. `settings`: those in
   * force, where they have just been read.
   */
  admit(method: ShopMethod, settings?: Settings): Promise<Deferral | null>;
  /** Never throws for what the shop or the network does. */
  send(call: ShopCall): Promise<SentCall>;
}
