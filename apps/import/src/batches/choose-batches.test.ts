import { expect, it } from 'vitest';
import { chooseBatches, LARGE_BYTES, type WaitingBatch } from './choose-batches.js';

const small = (id: string): WaitingBatch => ({ id, bytes: 10 });
const large = (id: string): WaitingBatch => ({ id, bytes: LARGE_BYTES });
const working = (...batches: WaitingBatch[]) => new Map(batches.map((batch) => [batch.id, batch]));
const ids = (batches: readonly WaitingBatch[]) => batches.map(({ id }) => id);

it('takes the longest waiting as long as there are places', () => {
  expect(ids(chooseBatches([small('a'), small('b'), small('c')], working(), 2))).toEqual(['a', 'b']);
  expect(ids(chooseBatches([small('a'), small('b')], working(small('a')), 2))).toEqual(['b']);
});

it('keeps a place from large batches', () => {
  expect(ids(chooseBatches([large('a'), large('b'), large('c'), small('d')], working(), 3))).toEqual(['a', 'b', 'd']);
  expect(ids(chooseBatches([large('c')], working(large('a'), large('b')), 3))).toEqual([]);
});

it('takes a large batch where there is one place only', () => {
  expect(ids(chooseBatches([large('a')], working(), 1))).toEqual(['a']);
});
