import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planChunks } from './plan-chunks.js';

const SIZES = { object: 3, link: 2 };

describe('sharing ready items out', () => {
  it('fills what is filling before it makes new requests, each of one kind and type', () => {
    const plan = planChunks(
      [
        { kind: 'object', service: 'a', type: 0, items: [1, 2, 3, 4, 5] },
        { kind: 'link', service: 'a', type: 0, items: [7] },
      ],
      [
        { id: '10', kind: 'object', type: 0, count: 2 },
        { id: '11', kind: 'object', type: 1, count: 1 },
      ],
      SIZES,
    );
    expect(plan).toEqual({
      append: [{ id: '10', items: [1], isFull: true }],
      create: [
        { kind: 'object', service: 'a', type: 0, items: [2, 3, 4], isFull: true },
        { kind: 'object', service: 'a', type: 0, items: [5], isFull: false },
        { kind: 'link', service: 'a', type: 0, items: [7], isFull: false },
      ],
    });
  });

  it('loses nothing, repeats nothing, keeps the order and never overfills', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }),
        (n, open) => {
          const items = Array.from({ length: n }, (_, index) => index);
          const filling = open.map((count, index) => ({ id: String(index), kind: 'object' as const, type: 0, count }));
          const { append, create } = planChunks([{ kind: 'object', service: 'a', type: 0, items }], filling, SIZES);
          expect([...append, ...create].flatMap((part) => part.items)).toEqual(items);
          for (const { id, items: more } of append) expect(open[Number(id)]! + more.length).toBeLessThanOrEqual(3);
          for (const { items: more } of create) expect(more.length).toBeLessThanOrEqual(3);
        },
      ),
    );
  });
});
