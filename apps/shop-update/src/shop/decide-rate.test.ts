import { expect, it } from 'vitest';
import { decideRate } from './decide-rate.js';

it('lets calls leave evenly at the rate, and saves none up over a pause', () => {
  const passedAt: number[] = [];
  let next = 0;
  for (let now = 0; now < 3_000; now += 10) {
    if (now > 1_000 && now < 2_000) continue;
    const decision = decideRate(next, now, 4);
    if (decision.kind === 'waits') continue;
    passedAt.push(now);
    next = decision.nextCallAtMs;
  }
  expect(passedAt).toEqual([0, 250, 500, 750, 1_000, 2_000, 2_250, 2_500, 2_750]);
});

it('says how long to wait, and never waits without a rate', () => {
  expect(decideRate(1_250, 1_000, 4)).toEqual({ kind: 'waits', forMs: 250 });
  expect(decideRate(1_250, 1_000, null)).toEqual({ kind: 'passes', nextCallAtMs: 0 });
});
