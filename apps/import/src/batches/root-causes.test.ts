import { expect, it } from 'vitest';
import { rootCauses } from './root-causes.js';

const blocked = (child: number, parent: number) => ({ child, parent, isCause: false });
const failed = (child: number, parent: number) => ({ child, parent, isCause: true });

it('names what failed by itself, over what is only blocked', () => {
  const dependencies = [blocked(5, 4), failed(4, 1), failed(4, 2), failed(5, 3)];
  expect(rootCauses([5, 4, 9], dependencies, 10)).toEqual(
    new Map([
      [5, [3, 1, 2]],
      [4, [1, 2]],
      [9, []],
    ]),
  );
});

it('names each cause once, and the nearest where there are many', () => {
  const dependencies = [blocked(4, 2), blocked(4, 3), failed(2, 1), failed(3, 1), failed(3, 9)];
  expect(rootCauses([4], dependencies, 10).get(4)).toEqual([1, 9]);
  expect(rootCauses([4], dependencies, 1).get(4)).toEqual([1]);
});

it('follows a chain of a hundred thousand', () => {
  const length = 100_000;
  const chain = Array.from({ length }, (_, index) => blocked(index + 2, index + 1)).with(0, failed(2, 1));
  expect(rootCauses([length + 1], chain, 10).get(length + 1)).toEqual([1]);
});
