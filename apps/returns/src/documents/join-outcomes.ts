import type { ReturnOutcome } from './return-index.js';
import type { RowOutcome } from './return-target.js';

/**
 * What became of a return in all the places together: done only when every place has it. What cannot be stored somewhere will
 * not be by trying again, so that counts before a place that was away.
 */
export function joinOutcomes(returnId: number, isGone: boolean, outcomes: readonly RowOutcome[]): ReturnOutcome {
  for (const status of ['rejected', 'retryable'] as const) {
    const failed = outcomes.find((outcome) => outcome.status === status);
    if (failed && 'reason' in failed) {
      return { returnId, outcome: 'failed', reason: failed.reason, retryable: status === 'retryable' };
    }
  }
  if (outcomes.length > 0 && outcomes.every(({ status }) => status === 'stale')) return { returnId, outcome: 'noop' };
  return { returnId, outcome: isGone ? 'tombstoned' : 'indexed' };
}
