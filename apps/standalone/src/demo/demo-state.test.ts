import { describe, expect, it } from 'vitest';
import { type DemoState, decideDemo } from './demo-state.js';

const wanted = { trainees: 2_000, today: '2026-03-14' };

describe('the demo data', () => {
  it('is loaded into a new folder only, and only when it is wanted', () => {
    expect(decideDemo(undefined, true, wanted)).toEqual({ state: 'loading', trainees: 2_000, asOf: '2026-03-14' });
    expect(decideDemo(undefined, true, { ...wanted, trainees: 0 }).state).toBe('off');
    expect(decideDemo(undefined, false, wanted).state).toBe('off');
  });

  it('is gone on with as it was begun, whatever is wanted since', () => {
    const kept: DemoState = { state: 'loading', trainees: 50, asOf: '2026-01-01' };
    expect(decideDemo(kept, false, wanted)).toEqual(kept);
    expect(decideDemo({ ...kept, state: 'done' }, false, wanted).state).toBe('done');
    expect(decideDemo({ ...kept, state: 'off' }, true, wanted).state).toBe('off');
  });
});
