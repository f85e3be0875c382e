import { describe, expect, it } from 'vitest';
import { decideNextAttempt } from './next-attempt.js';

describe('the next attempt', () => {
  const policy = { maxAttempts: 5, firstBackoffMs: 100, maxBackoffMs: 500 };

  it.each([
    [1, 50, 100],
    [2, 100, 200],
    [3, 200, 400],
    [4, 250, 500],
  ])('after attempt %i waits between %i and %i ms', (attempt, least, most) => {
    expect(decideNextAttempt(attempt, policy, 0)).toEqual({ kind: 'again', delayMs: least });
    expect(decideNextAttempt(attempt, policy, 1)).toEqual({ kind: 'again', delayMs: most });
  });

  it('is none after the last', () => {
    expect(decideNextAttempt(5, policy, 0.5)).toEqual({ kind: 'exhausted' });
    expect(decideNextAttempt(1_000, { ...policy, maxAttempts: 2_000 }, 1)).toEqual({ kind: 'again', delayMs: 500 });
  });
});
