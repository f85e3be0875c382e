import { describe, expect, it } from 'vitest';
import { barAt, barsOf, spanOf, windowStart } from './graph-range.js';
import { AGE_ENDS_SECONDS, countUpTo, percentile, TIME_ENDS_MS } from './histogram.js';

describe('the classes of the histograms', () => {
  it.each([
    ['ages', AGE_ENDS_SECONDS],
    ['times', TIME_ENDS_MS],
  ])('ascend: %s', (_, ends) => {
    expect([...new Set(ends)].sort((a, b) => a - b)).toEqual(ends);
  });

  it('have the points of the graph among their ends', () => {
    for (const seconds of [60, 600, 3_600, 28_800, 86_400, 604_800]) expect(AGE_ENDS_SECONDS).toContain(seconds);
  });
});

describe('a histogram', () => {
  const ends = [1, 10, 100];
  const histogram = new Map([
    [0, 5],
    [1, 4],
    [3, 1],
  ]);

  it.each([
    [1, 5],
    [10, 9],
    [100, 9],
  ])('counts up to %i', (end, count) => expect(countUpTo(histogram, ends, end)).toBe(count));

  it.each([
    [50, 10, 1],
    [51, 10, 10],
    [90, 10, 10],
    [95, 10, null],
    [50, 0, null],
    [50, 20, null],
  ])('reaches %i percent of %i at %s', (percent, of, end) =>
    expect(percentile(histogram, ends, percent, of)).toBe(end),
  );
});

describe('the bars of a range', () => {
  const now = new Date('2026-05-03T10:20:30Z');

  it.each([
    ['1h', 61, '2026-05-03T09:20:00.000Z'],
    ['24h', 25, '2026-05-02T10:00:00.000Z'],
    ['7d', 169, '2026-04-26T10:00:00.000Z'],
    ['14d', 57, '2026-04-19T06:00:00.000Z'],
    ['30d', 121, '2026-04-03T06:00:00.000Z'],
    ['90d', 91, '2026-02-02T00:00:00.000Z'],
  ] as const)('%s: %i bars from %s', (range, count, from) => {
    const bars = barsOf(spanOf({ range }, now), now);
    expect([bars.starts.length, bars.from.toISOString()]).toEqual([count, from]);
    expect(barAt(bars, now)).toBe(count - 1);
    expect(barAt(bars, bars.from)).toBe(0);
  });

  it.each([
    ['two hours of today', '2026-05-03T07:01:00Z', '2026-05-03T09:00:00Z', 24, 300],
    ['two hours of last week', '2026-04-26T07:01:00Z', '2026-04-26T09:00:00Z', 2, 3_600],
    ['twenty days', '2026-04-01T00:00:00Z', '2026-04-21T00:00:00Z', 80, 21_600],
    ['forty days', '2026-03-01T00:00:00Z', '2026-04-10T00:00:00Z', 40, 86_400],
    ['what is still to come', '2026-05-03T10:00:00Z', '2027-01-01T00:00:00Z', 21, 60],
  ])('%s as asked for by its ends', (_, from, to, count, barSeconds) => {
    const bars = barsOf(spanOf({ from, to }, now), now);
    expect([bars.starts.length, bars.barSeconds]).toEqual([count, barSeconds]);
    expect(bars.starts[0]!.getTime()).toBeLessThanOrEqual(Date.parse(from));
    expect(bars.end.getTime()).toBeGreaterThanOrEqual(bars.to.getTime());
  });

  it.each([
    ['ends before it begins', '2026-05-02T00:00:00Z', '2026-05-01T00:00:00Z'],
    ['lies in the future', '2026-06-02T00:00:00Z', '2026-06-03T00:00:00Z'],
    ['is longer than counts are kept', '2026-01-01T00:00:00Z', '2026-05-01T00:00:00Z'],
  ])('not of a time that %s', (_, from, to) => {
    expect(() => spanOf({ from, to }, now)).toThrow(expect.objectContaining({ code: 'RANGE_INVALID' }));
  });

  it('begin a window at a whole hour', () => {
    expect(windowStart('24h', now).toISOString()).toBe('2026-05-02T10:00:00.000Z');
  });
});
