import { describe, expect, it } from 'vitest';
import { FakeClock } from './fake-clock.js';

describe('FakeClock', () => {
  it('stands still until it is moved', () => {
    const clock = new FakeClock('2026-03-01T12:00:00Z');
    expect(clock.now()).toEqual(clock.now());
    clock.advance(1_500);
    expect(clock.now().toISOString()).toBe('2026-03-01T12:00:01.500Z');
    clock.advance(-1_500);
    expect(clock.now().toISOString()).toBe('2026-03-01T12:00:00.000Z');
  });

  it('hands out dates that a caller may change without moving it', () => {
    const clock = new FakeClock('2026-03-01T12:00:00Z');
    clock.now().setFullYear(1999);
    expect(clock.now().getUTCFullYear()).toBe(2026);
  });

  it('refuses a start that is no instant', () => {
    expect(() => new FakeClock('tomorrow')).toThrow('not an instant: tomorrow');
  });
});
