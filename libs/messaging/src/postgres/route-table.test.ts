import { describe, expect, it } from 'vitest';
import { RouteTable } from './route-table.js';

describe('RouteTable', () => {
  const table = new RouteTable(
    '1',
    new Map([
      ['q1', 1],
      ['q1.dead', 2],
      ['q3', 3],
    ]),
    [
      { exchange: 'x', pattern: 'a.b', queueId: 1 },
      { exchange: 'x', pattern: 'a.#', queueId: 1 },
      { exchange: 'x', pattern: '#', queueId: 3 },
      { exchange: 'y', pattern: '#', queueId: 2 },
    ],
  );

  it.each([
    ['x', 'a.b', [1, 3]],
    ['x', 'a', [1, 3]],
    ['x', 'b', [3]],
    ['y', 'a.b', [2]],
    ['z', 'a.b', []],
    ['', 'q1.dead', [2]],
    ['', 'a.b', []],
  ])('sends %s %s to the queues %o, each once, however often it is asked', (exchange, key, expected) => {
    expect(table.queuesFor(exchange, key)).toEqual(expected);
    expect(table.queuesFor(exchange, key)).toEqual(expected);
  });

  it('stays right when more keys pass than it remembers', () => {
    const routes = Array.from({ length: 25_000 }, (_, index) => table.queuesFor('x', `k.${index}`).join());
    expect(new Set(routes)).toEqual(new Set(['3']));
    expect(table.queuesFor('x', 'a')).toEqual([1, 3]);
  });
});
