import { describe, expect, it } from 'vitest';
import { percentDone, Tally } from './counts.js';

describe('counters', () => {
  it('move from the first that has any, then from the next, and never below zero', () => {
    const tally = new Tally<'a' | 'b' | 'c'>({ a: 2, b: 5 });
    tally.take(4, ['a', 'b'], 'c');
    expect(tally.counts).toEqual({ b: 3, c: 4 });
    tally.take(9, ['a', 'b'], 'c');
    expect(tally.counts).toEqual({ c: 7 });
  });

  it.each([
    [{}, {}, 100],
    [{ processing: 1 }, {}, 0],
    [{ complete: 999, creating: 1 }, {}, 99],
    [{ complete: 1, error: 1 }, { blocked: 1, cancelled: 1 }, 100],
    [{ complete: 1 }, { processing: 1 }, 50],
  ])('%o and %o are %i percent', (objects, links, expected) => {
    expect(percentDone(objects, links)).toBe(expected);
  });
});
