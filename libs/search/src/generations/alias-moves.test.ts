import { describe, expect, it } from 'vitest';
import { astray, indexShown, movesTo } from './alias-moves.js';

const filter = { field: 'active', anyOf: [true] };
const ALIASES = [{ name: 'all' }, { name: 'some', filter }];
const pointing = (all: string[], some: string[]) => new Map(Object.entries({ all, some }));

describe('aliases', () => {
  it.each([
    [['a'], ['a'], 'a'],
    [['a'], [], 'a'],
    [[], [], null],
    [['a'], ['b'], null],
    [['a', 'b'], ['a'], null],
  ])('that point at %j and %j show %j', (all, some, shown) => {
    expect(indexShown(pointing(all, some))).toBe(shown);
  });

  it('move from wherever they are, with their filters', () => {
    expect(movesTo(ALIASES, pointing(['a', 'x'], []), 'b')).toEqual([
      { alias: 'all', from: ['a', 'x'], to: 'b' },
      { alias: 'some', filter, from: [], to: 'b' },
    ]);
  });

  it('stay where they are already', () => {
    expect(movesTo(ALIASES, pointing(['b'], ['a', 'b']), 'b').map(({ from }) => from)).toEqual([[], ['a']]);
  });

  it.each([
    [['a'], ['a'], []],
    [['a'], [], ['some']],
    [['b'], ['a', 'b'], ['all', 'some']],
  ])('that point at %j and %j are astray: %j', (all, some, names) => {
    expect(astray(ALIASES, pointing(all, some), 'a').map(({ name }) => name)).toEqual(names);
  });
});
