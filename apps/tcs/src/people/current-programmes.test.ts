import { describe, expect, it } from 'vitest';
import { isCurrent, orderCurrentProgrammes } from './current-programmes.js';

const TODAY = '2026-03-14';

describe('a membership or placement is current', () => {
  it.each<[string, string | null, string | null, boolean]>([
    ['in the middle of it', '2025-08-06', '2027-08-03', true],
    ['on its first day', TODAY, '2027-08-03', true],
    ['on its last day', '2025-08-06', TODAY, true],
    ['on its only day', TODAY, TODAY, true],
    ['not on the day after its last', '2025-08-06', '2026-03-13', false],
    ['not on the day before its first', '2026-03-15', '2027-08-03', false],
    ['not without a start', null, '2027-08-03', false],
    ['not without an end', '2025-08-06', null, false],
    ['not without either', null, null, false],
    ['never when it ends before it starts', '2026-03-15', '2026-03-13', false],
  ])('%s', (_, start, end, expected) => {
    expect(isCurrent({ start, end }, TODAY)).toBe(expected);
  });
});

describe('the primary of several current memberships', () => {
  const order = (...rows: [number, string | null, string | null][]) =>
    orderCurrentProgrammes(rows.map(([id, startDate, endDate]) => ({ id, startDate, endDate }))).map((row) => row.id);

  it('is the one that ends last', () => {
    expect(order([1, '2025-01-01', '2026-06-01'], [2, '2024-01-01', '2027-06-01'])).toEqual([2, 1]);
  });

  it('is, of equal ends, the one that started last', () => {
    expect(order([1, '2024-01-01', '2027-06-01'], [2, '2025-01-01', '2027-06-01'])).toEqual([2, 1]);
  });

  it('is, of equal dates, the one with the lowest id, whatever order the rows come in', () => {
    expect(order([9, '2024-01-01', '2027-06-01'], [3, '2024-01-01', '2027-06-01'])).toEqual([3, 9]);
    expect(order([3, '2024-01-01', '2027-06-01'], [9, '2024-01-01', '2027-06-01'])).toEqual([3, 9]);
  });

  it('is never one without dates while another has them', () => {
    expect(order([1, null, null], [2, null, '2027-06-01'], [3, '2024-01-01', '2027-06-01'])).toEqual([3, 2, 1]);
  });
});
