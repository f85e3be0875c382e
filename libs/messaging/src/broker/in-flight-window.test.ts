import { describe, expect, it } from 'vitest';
import { InFlightWindow } from './in-flight-window.js';

/** Enters one item after the other and tells which are in. */
function enterAll(window: InFlightWindow, sizes: readonly number[]): number[] {
  const entered: number[] = [];
  for (const [index, size] of sizes.entries()) void window.enter(size).then(() => entered.push(index));
  return entered;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('InFlightWindow', () => {
  it.each([
    ['by number', 2, 100, [1, 1, 1], [0, 1]],
    ['by bytes', 10, 100, [60, 30, 20], [0, 1]],
    ['in order: a small one does not overtake', 10, 100, [90, 20, 5], [0]],
    ['but never shuts out what is too large', 10, 100, [500, 1], [0]],
  ])('limits %s', async (_how, maxCount, maxBytes, sizes, expected) => {
    const entered = enterAll(new InFlightWindow(maxCount, maxBytes), sizes);
    await settled();
    expect(entered).toEqual(expected);
  });

  it('lets the next ones in when there is room again, and tells when it is empty', async () => {
    const window = new InFlightWindow(1, 100);
    const entered = enterAll(window, [1, 2]);
    window.leave(1);
    await settled();
    expect(entered).toEqual([0, 1]);
    let isEmpty = false;
    void window.empty().then(() => {
      isEmpty = true;
    });
    await settled();
    expect(isEmpty).toBe(false);
    window.leave(2);
    await settled();
    expect(isEmpty).toBe(true);
  });
});
