import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../shop-config/settings.js';
import { decideAdmission, newBreaker, PROBE_MS, recordCalls, recordProbe } from './decide-breaker.js';

const settings = DEFAULT_SETTINGS.breaker;
const NOW = Date.UTC(2031, 2, 4, 10);
const failed = (failures: number, successes = 0) => ({ failures, successes });

describe('the breaker', () => {
  it('opens for a minute after 10 transport failures in a row, whatever came before them', () => {
    const nine = recordCalls(newBreaker(NOW), failed(9), NOW, settings);
    expect(decideAdmission(nine, NOW)).toEqual({ kind: 'admitted' });
    const ten = recordCalls(nine, failed(1), NOW, settings);
    expect(decideAdmission(ten, NOW)).toEqual({ kind: 'refused', forMs: 60_000 });
    const better = recordCalls(nine, failed(0, 1), NOW, settings);
    expect(decideAdmission(recordCalls(better, failed(9), NOW, settings), NOW)).toEqual({ kind: 'admitted' });
  });

  it('opens when half of at least 20 calls within five minutes failed, and not before', () => {
    let state = newBreaker(NOW);
    for (let pair = 1; pair <= 9; pair++) state = recordCalls(state, failed(1, 1), NOW + pair, settings);
    expect(state.openUntilMs).toBeNull();
    expect(recordCalls(state, failed(1, 1), NOW + 10, settings).openUntilMs).toBe(NOW + 60_010);
    const later = NOW + 300_000;
    expect(recordCalls(state, failed(1, 1), later, settings)).toMatchObject({ openUntilMs: null, calls: 2 });
  });

  it('lets one probe through after its time, doubles the wait with each that fails, up to five minutes, and closes after one that does not', () => {
    let state = recordCalls(newBreaker(NOW), failed(10), NOW, settings);
    const waits: number[] = [];
    let now = NOW;
    for (let probe = 0; probe < 5; probe++) {
      const until = state.openUntilMs as number;
      waits.push((until - now) / 1_000);
      now = until;
      expect(decideAdmission(state, now - 1).kind).toBe('refused');
      const admission = decideAdmission(state, now);
      if (admission.kind !== 'probe') throw new Error(admission.kind);
      expect(decideAdmission(admission.state, now + 1).kind).toBe('refused');
      // Whoever probed is dead: another may.
      expect(decideAdmission(admission.state, now + PROBE_MS).kind).toBe('probe');
      state = recordProbe(admission.state, false, now, settings);
    }
    expect(waits).toEqual([60, 120, 240, 300, 300]);
    expect(recordProbe({ ...state, probingUntilMs: now }, true, now, settings)).toEqual(newBreaker(now));
  });

  it('is not moved by calls that began before it opened', () => {
    const state = recordCalls(newBreaker(NOW), failed(10), NOW, settings);
    expect(recordCalls(state, failed(3), NOW + 5, settings)).toBe(state);
    expect(recordCalls(state, failed(0, 3), NOW + 5, settings)).toBe(state);
    expect(recordProbe(state, false, NOW + 5, settings)).toBe(state);
    expect(recordProbe(state, true, NOW + 5, settings)).toBe(state);
  });
});
