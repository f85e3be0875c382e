import { describe, expect, it } from 'vitest';
import { decideAfterFailure, retryDelayMinutes, retryPlan } from './retry-schedule.js';

const SETTINGS = { maxRetries: 27, attentionAfterFailures: 12, jitter: false };
const NOW = new Date('2031-03-04T10:00:00Z');
const HOUR_MS = 3_600_000;

describe('the retry schedule', () => {
  it('waits the cube of the retry’s number in minutes, up to eight hours', () => {
    const delays = Array.from({ length: 9 }, (_, index) => retryDelayMinutes(index + 1));
    expect(delays).toEqual([1, 8, 27, 64, 125, 216, 343, 480, 480]);
  });

  it('plans 27 retries, the last 10384 minutes after the first attempt', () => {
    const plan = retryPlan(1, new Date(NOW.getTime() + 60_000), SETTINGS);
    const minutes = plan.map((at) => (at.getTime() - NOW.getTime()) / 60_000);
    expect(minutes).toHaveLength(27);
    expect(minutes.slice(0, 8)).toEqual([1, 9, 36, 100, 225, 441, 784, 1264]);
    expect(minutes.at(-1)).toBe(10_384);
  });

  it('asks for attention after the twelfth failure and tries on', () => {
    expect(decideAfterFailure({ retryNo: 10, failures: 10 }, SETTINGS, { now: NOW })).toMatchObject({
      attention: false,
    });
    expect(decideAfterFailure({ retryNo: 11, failures: 11 }, SETTINGS, { now: NOW })).toMatchObject({
      kind: 'retry',
      failures: 12,
      attention: true,
    });
  });

  it.each([
    [27, 28],
    [11, 12],
    [0, 1],
  ])('gives up with maxRetries %i after %i failures', (maxRetries, failures) => {
    const after = decideAfterFailure(
      { retryNo: maxRetries, failures: failures - 1 },
      { ...SETTINGS, maxRetries },
      { now: NOW },
    );
    expect(after).toMatchObject({ kind: 'failed', failures });
  });

  it.each([
    ['shorter than its own wait', 30_000, 60_000],
    ['longer than its own wait', 10 * 60_000, 10 * 60_000],
    ['longer than eight hours', 24 * HOUR_MS, 8 * HOUR_MS],
  ])('honours a Retry-After that is %s', (_, retryAfterMs, delayMs) => {
    const after = decideAfterFailure({ retryNo: 0, failures: 0 }, SETTINGS, { now: NOW, retryAfterMs });
    expect(after).toMatchObject({ at: new Date(NOW.getTime() + delayMs) });
  });

  it('adds at most a tenth and 15 minutes where jitter is wanted, and never takes away', () => {
    const jittered = { ...SETTINGS, jitter: true };
    expect(decideAfterFailure({ retryNo: 3, failures: 3 }, jittered, { now: NOW, random: 1 })).toMatchObject({
      at: new Date(NOW.getTime() + 64 * 60_000 * 1.1),
    });
    expect(decideAfterFailure({ retryNo: 20, failures: 20 }, jittered, { now: NOW, random: 1 })).toMatchObject({
      at: new Date(NOW.getTime() + 8 * HOUR_MS + 15 * 60_000),
    });
    expect(decideAfterFailure({ retryNo: 3, failures: 3 }, jittered, { now: NOW, random: 0 })).toMatchObject({
      at: new Date(NOW.getTime() + 64 * 60_000),
    });
  });
});
