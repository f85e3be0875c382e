import { describe, expect, it } from 'vitest';
import { diffPayload, payloadAt } from './diff-payload.js';

describe('the difference of two bodies', () => {
  it.each([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: 1 }, { a: 2 }, [{ path: 'a', before: 1, after: 2 }]],
    [{ a: 1 }, {}, [{ path: 'a', before: 1 }]],
    [{}, { a: null }, [{ path: 'a', after: null }]],
    [{ a: null }, { a: {} }, [{ path: 'a', before: null, after: {} }]],
    [
      { list: ['x', 'y'] },
      { list: ['x', 'z', 'w'] },
      [
        { path: 'list.1', before: 'y', after: 'z' },
        { path: 'list.2', after: 'w' },
      ],
    ],
    [{ a: { b: { c: '1' } } }, { a: { b: { c: 1 } } }, [{ path: 'a.b.c', before: '1', after: 1 }]],
    [{ a: [1] }, { a: { 0: 1 } }, [{ path: 'a', before: [1], after: { 0: 1 } }]],
  ])('%j and %j', (before, after, changes) => expect(diffPayload(before, after)).toEqual(changes));

  it('names at most 200', () => {
    expect(diffPayload({}, Object.fromEntries(Array.from({ length: 300 }, (_, n) => [n, n])))).toHaveLength(200);
  });
});

describe('what a call said of an item', () => {
  const params = { productsInfo: [{ title: 'a' }, { title: 'b' }] };

  it('is its entry, by its place', () => expect(payloadAt(params, 1, 2)).toEqual({ title: 'b' }));

  it('is all of it where a set was created with its variations', () => expect(payloadAt(params, 0, 1)).toBe(params));

  it('is all of it where there are no products', () => {
    const images = { productSetSrcId: 771200, images: [] };
    expect(payloadAt(images, 0, 1)).toBe(images);
  });
});
