import { expect, it } from 'vitest';
import { londonDate } from './london-date.js';

it.each([
  ['2026-01-31T23:59:59Z', '2026-01-31'],
  ['2026-06-30T22:59:59Z', '2026-06-30'],
  ['2026-06-30T23:00:00Z', '2026-07-01'],
  ['2026-03-29T00:30:00Z', '2026-03-29'],
])('%s is %s in London, summer time included', (instant, date) => {
  expect(londonDate(new Date(instant))).toBe(date);
});
