import { describe, expect, it } from 'vitest';
import type { CallErrorReason, CallOutcome } from '../queue/shop-call.js';
import { DEFAULT_SETTINGS } from '../shop-config/settings.js';
import { newBreaker } from './decide-breaker.js';
import { admitCall, type BreakerPair, isClosed, isTransportFailure, recordCall, restOf } from './decide-calls.js';

const NOW = Date.UTC(2031, 2, 4, 10);
const CLOSED: BreakerPair = { shop: newBreaker(NOW), method: newBreaker(NOW), nextCallAtMs: 0 };
const failed = (reason: CallErrorReason): CallOutcome => ({ kind: 'failed', reason, detail: reason });
const answered: CallOutcome = { kind: 'answered', httpStatus: 200, result: [] };
const record = (pair: BreakerPair, outcome: CallOutcome, nowMs = NOW, isProbe = false): BreakerPair =>
  recordCall(pair, { outcome, isProbe, successes: 0 }, nowMs, DEFAULT_SETTINGS);

describe('the breakers of the shop and of a method', () => {
  it('hold everything back for five seconds as soon as nobody takes a connection, then twice as long each time', () => {
    let pair = record(CLOSED, failed('connection'));
    const waits: number[] = [];
    let now = NOW;
    for (let probe = 0; probe < 8; probe++) {
      const refused = admitCall(pair, now, DEFAULT_SETTINGS).deferral;
      expect(refused?.reason).toBe('circuit_open');
      waits.push((refused?.forMs ?? 0) / 1_000);
      now += refused?.forMs ?? 0;
      const admitted = admitCall(pair, now, DEFAULT_SETTINGS);
      expect(admitted.deferral).toBeNull();
      pair = record(admitted.pair, failed('connection'), now, true);
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
  });

  it('take one connection that breaks off for an accident, and two in a row not', () => {
    const once = record(CLOSED, failed('connection_lost'));
    expect(isClosed(once)).toBe(true);
    expect(isClosed(record(record(once, answered), failed('connection_lost')))).toBe(true);
    expect(isClosed(record(once, failed('connection_lost')))).toBe(false);
  });

  it('leave other methods alone when the shop is there but a method fails', () => {
    let pair = CLOSED;
    for (let call = 0; call < 10; call++) pair = record(pair, failed(call % 2 ? 'timeout' : 'http_status'));
    expect([pair.shop.openUntilMs, pair.method.openUntilMs]).toEqual([null, NOW + 60_000]);
    expect(restOf(pair, NOW)).toBe(60_000);
  });

  it('never count what the shop itself refuses', () => {
    expect([failed('nack'), failed('sync_shaped_ack'), answered].map(isTransportFailure)).toEqual([
      false,
      false,
      false,
    ]);
    let pair = CLOSED;
    for (let call = 0; call < 50; call++) pair = record(pair, failed('nack'));
    expect(isClosed(pair)).toBe(true);
  });

  it('take nothing of one while the other refuses', () => {
    const open = { ...newBreaker(NOW), openUntilMs: NOW, trips: 1 };
    const pair = { ...CLOSED, shop: open, method: { ...open, openUntilMs: NOW + 1_000 } };
    expect(admitCall(pair, NOW, DEFAULT_SETTINGS)).toEqual({
      pair,
      deferral: { reason: 'circuit_open', forMs: 1_000 },
    });
    const slow = { ...CLOSED, shop: open, nextCallAtMs: NOW + 100 };
    const refused = admitCall(slow, NOW, { maxCallsPerSecond: 1 });
    expect(refused).toEqual({ pair: slow, deferral: { reason: 'rate_limited', forMs: 100 } });
  });
});
