/** A leaky bucket: calls leave at the rate, evenly; a pause gives none back. */
export type RateDecision =
  | { readonly kind: 'passes'; readonly nextCallAtMs: number }
  | { readonly kind: 'waits'; readonly forMs: number };

/** Whether a call fits into the rate now, and from when the next one does. */
export function decideRate(nextCallAtMs: number, nowMs: number, maxCallsPerSecond: number | null): RateDecision {
  if (maxCallsPerSecond === null) return { kind: 'passes', nextCallAtMs: 0 };
  if (nowMs < nextCallAtMs) return { kind: 'waits', forMs: nextCallAtMs - nowMs };
  return { kind: 'passes', nextCallAtMs: nowMs + 1_000 / maxCallsPerSecond };
}
