import type { QueueDefinition } from '@lockstep/contracts';

export type NextAttempt = { readonly kind: 'wait'; readonly delayMs: number } | { readonly kind: 'park' };

/**
 * Where a message goes whose attempt failed: to the queue's shortest wait that is at least `wantedDelayMs` (the longest
 * where none is; by default the wait that belongs to this attempt), or, when it has had one attempt more than the queue
 * has waits, to the dead letters.
 */
export function decideNextAttempt(
  queue: Pick<QueueDefinition, 'retryDelaysMs'>,
  attempt: number,
  wantedDelayMs?: number,
): NextAttempt {
  const waits = queue.retryDelaysMs;
  if (attempt > waits.length) return { kind: 'park' };
  const delayMs =
    wantedDelayMs === undefined
      ? waits[attempt - 1]
      : (waits.find((wait) => wait >= wantedDelayMs) ?? waits[waits.length - 1]);
  return delayMs === undefined ? { kind: 'park' } : { kind: 'wait', delayMs };
}
