import type { BreakerSettings } from '../shop-config/settings.js';

/** What is remembered of the calls of a method, or of all. Instants in milliseconds since 1970. */
export interface BreakerState {
  /** Null while closed: everything passes. */
  readonly openUntilMs: number | null;
  /** Somebody finds out until then whether the shop is back; null: nobody. */
  readonly probingUntilMs: number | null;
  /** How often it has opened since it was last closed. */
  readonly trips: number;
  readonly windowFromMs: number;
  readonly calls: number;
  readonly failures: number;
  readonly consecutive: number;
}

/** What came of calls. A failure is one of the transport: an answer that refuses is none. */
export interface CallsMade {
  readonly successes: number;
  readonly failures: number;
}

export type Admission =
  | { readonly kind: 'admitted' }
  /** The one call that finds out whether the shop is back. */
  | { readonly kind: 'probe'; readonly state: BreakerState }
  | { readonly kind: 'refused'; readonly forMs: number };

/** How long a probe may be under way before another may try; beyond what a call takes, unless its time was raised. */
export const PROBE_MS = 90_000;
/** How soon to ask again while a probe is under way. */
const PROBE_REST_MS = 2_000;

export function newBreaker(nowMs: number): BreakerState {
  return {
    openUntilMs: null,
    probingUntilMs: null,
    trips: 0,
    windowFromMs: nowMs,
    calls: 0,
    failures: 0,
    consecutive: 0,
  };
}

/** Whether a call may be sent now. */
export function decideAdmission(state: BreakerState, nowMs: number): Admission {
  if (state.openUntilMs === null) return { kind: 'admitted' };
  if (nowMs < state.openUntilMs) return { kind: 'refused', forMs: state.openUntilMs - nowMs };
  if (state.probingUntilMs !== null && nowMs < state.probingUntilMs)
    return { kind: 'refused', forMs: Math.min(PROBE_REST_MS, state.probingUntilMs - nowMs) };
  return { kind: 'probe', state: { ...state, probingUntilMs: nowMs + PROBE_MS } };
}

/**
 * The state after calls. While it is closed they count; while it is open only the answer to its probe does: what began before
 * it opened changes nothing any more.
 */
export function recordCalls(
  state: BreakerState,
  made: CallsMade,
  nowMs: number,
  settings: BreakerSettings,
): BreakerState {
  if (state.openUntilMs !== null) return state;
  const isOver = nowMs - state.windowFromMs >= settings.windowSeconds * 1_000;
  const calls = (isOver ? 0 : state.calls) + made.successes + made.failures;
  const failures = (isOver ? 0 : state.failures) + made.failures;
  // What went well came before what did not.
  const consecutive = (made.successes > 0 ? 0 : state.consecutive) + made.failures;
  const isBad = calls >= settings.minCalls && failures * 100 >= calls * settings.failurePercent;
  const next = { ...state, windowFromMs: isOver ? nowMs : state.windowFromMs, calls, failures, consecutive };
  return made.failures > 0 && (isBad || consecutive >= settings.consecutiveFailures)
    ? open(next, nowMs, settings)
    : next;
}

/** The state after its probe: closed, or open for twice as long as before. */
export function recordProbe(
  state: BreakerState,
  isSuccess: boolean,
  nowMs: number,
  settings: BreakerSettings,
): BreakerState {
  if (state.openUntilMs === null || state.probingUntilMs === null) return state;
  return isSuccess ? newBreaker(nowMs) : open(state, nowMs, settings);
}

function open(state: BreakerState, nowMs: number, settings: BreakerSettings): BreakerState {
  const openSeconds = Math.min(settings.openSeconds * 2 ** Math.min(state.trips, 20), settings.maxOpenSeconds);
  return { ...newBreaker(nowMs), openUntilMs: nowMs + openSeconds * 1_000, trips: state.trips + 1 };
}
