import { describe, expect, it } from 'vitest';
import type { ReturnOutcome } from '../documents/return-index.js';
import { decidePage, MAX_PAGE_ATTEMPTS } from './decide-page.js';
import { decideRecovery, MAX_ATTEMPTS } from './decide-recovery.js';

const failed = (returnId: number, retryable: boolean): ReturnOutcome => ({
  returnId,
  outcome: 'failed',
  reason: 'why',
  retryable,
});
const OUTCOMES: ReturnOutcome[] = [
  { returnId: 1, outcome: 'indexed' },
  { returnId: 2, outcome: 'noop' },
  { returnId: 3, outcome: 'tombstoned' },
  failed(4, false),
  failed(5, true),
];

describe('a page that was written', () => {
  it('leaves what may still work for another attempt, and parks what cannot', () => {
    expect(decidePage(OUTCOMES, 1)).toEqual({
      counts: { indexed: 1, noop: 1, tombstoned: 1, failed: 1 },
      left: [5],
      dead: [{ returnId: 4, reason: 'why' }],
      good: [1, 2, 3],
    });
  });

  it('parks both at the last attempt', () => {
    const { left, dead, counts } = decidePage(OUTCOMES, MAX_PAGE_ATTEMPTS);
    expect([left, dead.map(({ returnId }) => returnId), counts.failed]).toEqual([[], [4, 5], 2]);
  });
});

describe('a run whose lease has run out', () => {
  it.each([
    [1, 1, 'planAgain'],
    [2, 1, 'resumePages'],
    [2, MAX_ATTEMPTS - 1, 'resumePages'],
    [1, MAX_ATTEMPTS, 'giveUp'],
    [2, MAX_ATTEMPTS, 'giveUp'],
  ])('at status %i and attempt %i: %s', (status, attempt, recovery) => {
    expect(decideRecovery({ status, attempt })).toBe(recovery);
  });
});
