import { expect, it } from 'vitest';
import { isTimeZone, readInstant } from './read-instant.js';

it.each([
  ['2026-11-21T10:00:00Z', 'Asia/Kolkata', '2026-11-21T10:00:00.000Z'],
  ['2026-11-21T10:00:00.5+05:30', 'UTC', '2026-11-21T04:30:00.500Z'],
  ['2026-11-21 10:00:00', 'UTC', '2026-11-21T10:00:00.000Z'],
  ['2026-11-21 10:00:00', 'Asia/Kolkata', '2026-11-21T04:30:00.000Z'],
  ['2026-07-01 00:00:00', 'Europe/London', '2026-06-30T23:00:00.000Z'],
  ['2026-11-21', 'America/New_York', '2026-11-21T05:00:00.000Z'],
  // Clocks went forward at one: half past one never was.
  ['2026-03-29 01:30:00', 'Europe/London', '2026-03-29T01:30:00.000Z'],
  // Clocks went back at two: half past one was twice.
  ['2026-10-25 01:30:00', 'Europe/London', '2026-10-25T00:30:00.000Z'],
  ['2024-02-29', 'UTC', '2024-02-29T00:00:00.000Z'],
])('reads %s in %s', (text, zone, instant) => {
  expect(readInstant(text, zone)?.toISOString()).toBe(instant);
});

it.each(['', 'yesterday', '2026-02-30', '2026-13-01', '2026-11-21 24:00:00', '2026-02-30T10:00:00Z', '21/11/2026'])(
  'does not guess what %j is',
  (text) => {
    expect(readInstant(text, 'UTC')).toBeUndefined();
  },
);

it('knows time zones', () => {
  expect(['Europe/London', 'UTC', 'Mars/One', ''].map(isTimeZone)).toEqual([true, true, false, false]);
});
