import { describe, expect, it } from 'vitest';
import { isTimeZone, readTime } from './local-time.js';

describe('a time that somebody states', () => {
  it.each([
    ['2026-03-14T09:00:00Z', 'Asia/Kolkata', '2026-03-14T09:00:00.000Z'],
    ['2026-03-14T09:00:00+05:30', 'UTC', '2026-03-14T03:30:00.000Z'],
    ['2026-03-14 09:00:00', 'UTC', '2026-03-14T09:00:00.000Z'],
    ['2026-03-14 09:00:00', 'Asia/Kolkata', '2026-03-14T03:30:00.000Z'],
    ['2026-07-01 00:00:00', 'Europe/London', '2026-06-30T23:00:00.000Z'],
    ['2026-01-01 00:00:00', 'Europe/London', '2026-01-01T00:00:00.000Z'],
    ['2026-10-25 01:30:00', 'Europe/London', '2026-10-25T00:30:00.000Z'],
    ['2026-03-29 01:30:00', 'Europe/London', '2026-03-29T01:30:00.000Z'],
    ['2026-07-01 00:00:00', 'America/New_York', '2026-07-01T04:00:00.000Z'],
  ])('%s on the clocks of %s is %s', (text, zone, expected) => {
    expect(readTime(text, zone)?.toISOString()).toBe(expected);
  });

  it.each(['2026-02-30 00:00:00', '2026-03-14', '14.03.2026 09:00:00', '2026-03-14 24:00:00', ''])(
    'is not %j',
    (text) => expect(readTime(text, 'UTC')).toBeUndefined(),
  );

  it('knows which zones there are', () => {
    expect([isTimeZone('Asia/Kolkata'), isTimeZone('Mars/Olympus')]).toEqual([true, false]);
  });
});
