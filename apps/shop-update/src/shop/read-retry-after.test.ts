import { expect, it } from 'vitest';
import { readRetryAfter } from './read-retry-after.js';

const NOW = Date.UTC(2031, 2, 4, 10);

it.each([
  ['120', 120_000],
  [' 0 ', 0],
  ['Tue, 04 Mar 2031 10:02:00 GMT', 120_000],
  ['Tue, 04 Mar 2031 09:00:00 GMT', 0],
  [['60', '90'], 60_000],
  ['soon', undefined],
  ['-5', undefined],
  ['', undefined],
  [undefined, undefined],
])('reads %j as %s milliseconds', (header, expected) => {
  expect(readRetryAfter(header, NOW)).toBe(expected);
});
