import type { CallErrorReason, CallOutcome, Deferral } from '../queue/shop-call.js';
import type { BreakerSettings, Settings } from '../shop-config/settings.js';
import { type BreakerState, decideAdmission, recordCalls, recordProbe } from './decide-breaker.js';
import { decideRate } from './decide-rate.js';

/** The breaker of the shop as a whole, and that of one of its methods. */
export interface BreakerPair {
  readonly shop: BreakerState;
  readonly method: BreakerState;
  /** When the drain rate lets the next call pass. Milliseconds since 1970. */
  readonly nextCallAtMs: number;
}

/** The shop was there and understood what it refused. */
const NO_TRANSPORT_FAILURE: ReadonlySet<CallErrorReason> = new Set(['nack', 'sync_shaped_ack']);
/** There was no shop to speak to, whatever the method. */
const NO_SHOP: ReadonlySet<CallErrorReason> = new Set(['connection', 'connection_lost', 'address_refused']);
/** One connection that breaks off may be an accident, two in a row are not; one that nobody takes never is. */
const LOST_IN_A_ROW = 2;

export function isTransportFailure(outcome: CallOutcome): boolean {
  return outcome.kind === 'failed' && !NO_TRANSPORT_FAILURE.has(outcome.reason);
}

export function isClosed({ shop, method }: BreakerPair): boolean {
  return shop.openUntilMs === null && method.openUntilMs === null;
}

/** Whether a call may be sent: both breakers and the rate must let it pass, and only then is anything taken of them. */
export function admitCall(
  pair: BreakerPair,
  nowMs: number,
  { maxCallsPerSecond }: Pick<Settings, 'maxCallsPerSecond'>,
): { readonly pair: BreakerPair; readonly deferral: Deferral | null } {
  const shop = decideAdmission(pair.shop, nowMs);
  const method = decideAdmission(pair.method, nowMs);
  const waits = [shop, method].flatMap((each) => (each.kind === 'refused' ? [each.forMs] : []));
  if (waits.length > 0) return { pair, deferral: { reason: 'circuit_open', forMs: Math.max(...waits) } };
  const rate = decideRate(pair.nextCallAtMs, nowMs, maxCallsPerSecond);
  if (rate.kind === 'waits') return { pair, deferral: { reason: 'rate_limited', forMs: rate.forMs } };
  const next = {
    shop: shop.kind === 'probe' ? shop.state : pair.shop,
    method: method.kind === 'probe' ? method.state : pair.method,
    nextCallAtMs: rate.nextCallAtMs,
  };
  return { pair: next, deferral: null };
}

/** What is to be remembered of a call. `successes` went well before it, and nobody was told. */
export interface CallMade {
  readonly outcome: CallOutcome;
  readonly isProbe: boolean;
  readonly successes: number;
}

export function recordCall(
  pair: BreakerPair,
  { outcome, isProbe, successes }: CallMade,
  nowMs: number,
  { breaker }: Pick<Settings, 'breaker'>,
): BreakerPair {
  const record = (state: BreakerState, hasFailed: boolean, settings: BreakerSettings): BreakerState => {
    if (state.openUntilMs !== null) return isProbe ? recordProbe(state, !hasFailed, nowMs, settings) : state;
    const failures = hasFailed ? 1 : 0;
    return recordCalls(state, { successes: successes + 1 - failures, failures }, nowMs, settings);
  };
  const reason = outcome.kind === 'failed' ? outcome.reason : undefined;
  return {
    ...pair,
    shop: record(pair.shop, reason !== undefined && NO_SHOP.has(reason), ofShop(breaker, reason)),
    method: record(pair.method, isTransportFailure(outcome), breaker),
  };
}

/**
 * When there is no shop, every further call would cost its items a retry for nothing: that is found out at once, and asked
 * again soon.
 */
function ofShop(settings: BreakerSettings, reason: CallErrorReason | undefined): BreakerSettings {
  return {
    ...settings,
    minCalls: Number.POSITIVE_INFINITY,
    consecutiveFailures: reason === 'connection_lost' ? LOST_IN_A_ROW : 1,
    openSeconds: settings.unreachableSeconds,
  };
}

/** How long nothing can be sent, as far as is known. */
export function restOf({ shop, method }: BreakerPair, nowMs: number): number {
  return Math.max(1_000, (shop.openUntilMs ?? 0) - nowMs, (method.openUntilMs ?? 0) - nowMs);
}
