import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesTopic } from './topic-pattern.js';

describe('matchesTopic', () => {
  it.each([
    ['a.b', 'a.b', true],
    ['a.b', 'a.b.c', false],
    ['a.b', 'a', false],
    ['a.*', 'a.b', true],
    ['a.*', 'a', false],
    ['a.*', 'a.b.c', false],
    ['a.#', 'a', true],
    ['a.#', 'a.b.c', true],
    ['a.#', 'ab', false],
    ['#', '', true],
    ['#', 'a.b.c', true],
    ['*', '', false],
    ['#.a', 'a', true],
    ['#.a', 'b.c.a', true],
    ['#.a', 'a.b', false],
    ['a.#.b', 'a.b', true],
    ['a.#.b', 'a.x.b.y.b', true],
    ['a.#.*', 'a', false],
    ['a.#.*', 'a.b', true],
    ['#.#', 'a', true],
    ['a.*.#.c', 'a.b.c', true],
    ['a.*.#.c', 'a.c', false],
    ['a..b', 'a..b', true],
    ['a.*.b', 'a..b', true],
    ['a+.b', 'aa.b', false],
    ['.', 'a', false],
  ])('%s takes %s: %s', (pattern, key, expected) => {
    expect(matchesTopic(pattern, key)).toBe(expected);
  });

  it('agrees with the definition, whatever the pattern', () => {
    const parts = fc.array(fc.constantFrom('a', 'b', '*', '#'), { minLength: 1, maxLength: 6 });
    const words = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(parts, words, (pattern, key) => {
        expect(matchesTopic(pattern.join('.'), key.join('.'))).toBe(byDefinition(pattern, key));
      }),
      { numRuns: 2_000 },
    );
  });
});

function byDefinition([part, ...rest]: readonly string[], words: readonly string[]): boolean {
  if (part === undefined) return words.length === 0;
  if (part === '#') return words.some((_, skip) => byDefinition(rest, words.slice(skip))) || byDefinition(rest, []);
  return words.length > 0 && (part === '*' || part === words[0]) && byDefinition(rest, words.slice(1));
}
