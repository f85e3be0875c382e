import type { ReturnOutcome } from '../documents/return-index.js';

/** Attempts at a page in which returns may ask for another one; then they are parked. */
export const MAX_PAGE_ATTEMPTS = 4;

/** How many returns of a page, or of a run, came to which end. */
export interface Counts {
  readonly indexed: number;
  readonly noop: number;
  readonly tombstoned: number;
  readonly failed: number;
}

/** A return that could not be written. */
export interface DeadItem {
  readonly returnId: number;
  readonly reason: string;
}

/** What an attempt has done for a page. */
export interface PageEnd {
  readonly counts: Counts;
  /** To be tried again. */
  readonly left: readonly number[];
  readonly dead: readonly DeadItem[];
  /** In the index, or rightly not. */
  readonly good: readonly number[];
}

/** Settles a page: what may still work is left for another attempt, while there is one. */
export function decidePage(outcomes: readonly ReturnOutcome[], attempt: number): PageEnd {
  const mayRetry = attempt < MAX_PAGE_ATTEMPTS;
  const left: number[] = [];
  const dead: DeadItem[] = [];
  const good: number[] = [];
  const counts = { indexed: 0, noop: 0, tombstoned: 0, failed: 0 };
  for (const each of outcomes) {
    if (each.outcome === 'failed' && each.retryable && mayRetry) {
      left.push(each.returnId);
      continue;
    }
    counts[each.outcome] += 1;
    if (each.outcome === 'failed') dead.push({ returnId: each.returnId, reason: each.reason });
    else good.push(each.returnId);
  }
  return { counts, left, dead, good };
}
