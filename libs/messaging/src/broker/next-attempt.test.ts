import { describe, expect, it } from 'vitest';
import { decideNextAttempt } from './next-attempt.js';

const queue = { retryDelaysMs: [1_000, 10_000, 60_000] };

describe('decideNextAttempt', () => {
  it.each<[number, number | undefined, number | 'park']>([
    [1, undefined, 1_000],
    [2, undefined, 10_000],
    [3, undefined, 60_000],
    [4, undefined, 'park'],
    [99, undefined, 'park'],
    [1, 0, 1_000],
    [1, 1_000, 1_000],
    [1, 1_001, 10_000],
    [3, 5, 1_000],
    [1, 3_600_000, 60_000],
    [4, 5, 'park'],
  ])('attempt %i that asks for %s waits %s', (attempt, wantedDelayMs, expected) => {
    expect(decideNextAttempt(queue, attempt, wantedDelayMs)).toEqual(
      expected === 'park' ? { kind: 'park' } : { kind: 'wait', delayMs: expected },
    );
  });

  it('parks at once where a queue has no waits', () => {
    expect(decideNextAttempt({ retryDelaysMs: [] }, 1)).toEqual({ kind: 'park' });
  });
});
