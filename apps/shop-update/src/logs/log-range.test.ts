import { describe, expect, it } from 'vitest';
import { chooseBars, readMoment } from './log-range.js';

const NOW = new Date('2031-03-04T10:00:00Z');

describe('a moment', () => {
  it.each([
    ['now', '2031-03-04T10:00:00.000Z'],
    ['now-15m', '2031-03-04T09:45:00.000Z'],
    ['now-2w', '2031-02-18T10:00:00.000Z'],
    ['2031-03-04T11:00:00+01:00', '2031-03-04T10:00:00.000Z'],
  ])('%s', (text, instant) => expect(readMoment(text, NOW)?.toISOString()).toBe(instant));

  it.each(['', 'yesterday', 'now+1h', 'now-1y', '2031-03-04', '2031-02-30T00:00:00Z'])('is not %j', (text) => {
    expect(readMoment(text, NOW)).toBeUndefined();
  });
});

describe('the bars of a histogram', () => {
  it.each([
    [60, 'minute'],
    [98, 'minute'],
    [99, 'tenMinutes'],
    [16 * 60, 'tenMinutes'],
    [17 * 60, 'hour'],
    [8 * 24 * 60, 'hour'],
    [9 * 24 * 60, 'day'],
    [92 * 24 * 60, 'day'],
  ])('of %i minutes are a %s wide', (minutes, unit) => {
    expect(chooseBars(new Date(NOW.getTime() - minutes * 60_000), NOW)).toBe(unit);
  });
});
