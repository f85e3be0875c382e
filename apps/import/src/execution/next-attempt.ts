/** How requests that got no answer, or one that asks for patience, are sent again. */
export interface AttemptPolicy {
  /** In all, the first included. @default 5 */
  readonly maxAttempts: number;
  /** Longest wait before the second attempt; doubles with each further one. */
  readonly firstBackoffMs: number;
  readonly maxBackoffMs: number;
}

export type NextAttempt = { readonly kind: 'again'; readonly delayMs: number } | { readonly kind: 'exhausted' };

/**
 * What follows an attempt that failed, `attempt` counted from 1. The wait lies between half of and the whole of its limit,
 * so that requests which failed together do not come back together. `random` is from 0 to 1.
 */
export function decideNextAttempt(attempt: number, policy: AttemptPolicy, random: number): NextAttempt {
  if (attempt >= policy.maxAttempts) return { kind: 'exhausted' };
  const limitMs = Math.min(policy.maxBackoffMs, policy.firstBackoffMs * 2 ** Math.min(attempt - 1, 30));
  return { kind: 'again', delayMs: Math.round(limitMs / 2 + (limitMs / 2) * random) };
}
