import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BatchBuffer } from './batch-buffer.js';

describe('BatchBuffer', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function make(batchSize: number, batchWaitMs: number, concurrency: number) {
    const batches: number[][] = [];
    const finish: (() => void)[] = [];
    const buffer = new BatchBuffer<number>({ batchSize, batchWaitMs, concurrency }, (batch) => {
      batches.push(batch);
      return new Promise((resolve) => finish.push(resolve));
    });
    const finishNext = async (): Promise<void> => {
      finish.shift()?.();
      await vi.advanceTimersByTimeAsync(0);
    };
    return { buffer, batches, finishNext };
  }

  it('starts a full batch at once and a small one when its first item has waited', () => {
    const { buffer, batches } = make(3, 20, 2);
    for (const item of [1, 2, 3, 4]) buffer.push(item);
    expect(batches).toEqual([[1, 2, 3]]);
    vi.advanceTimersByTime(19);
    buffer.push(5);
    expect(batches).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(batches).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it('lets what arrives meanwhile make the next batch fuller', async () => {
    const { buffer, batches, finishNext } = make(3, 20, 1);
    buffer.push(1);
    vi.advanceTimersByTime(20);
    for (const item of [2, 3]) buffer.push(item);
    vi.advanceTimersByTime(100);
    for (const item of [4, 5]) buffer.push(item);
    expect(batches).toEqual([[1]]);
    await finishNext();
    expect(batches).toEqual([[1], [2, 3, 4]]);
    await finishNext();
    vi.advanceTimersByTime(20);
    expect(batches).toEqual([[1], [2, 3, 4], [5]]);
  });

  it('never runs more batches than allowed', async () => {
    const { buffer, batches, finishNext } = make(1, 0, 2);
    for (const item of [1, 2, 3]) buffer.push(item);
    expect(batches).toEqual([[1], [2]]);
    await finishNext();
    expect(batches).toEqual([[1], [2], [3]]);
  });

  it('hands out what waits when paused, starts nothing more, and tells when it is idle', async () => {
    const { buffer, batches, finishNext } = make(1, 0, 1);
    for (const item of [1, 2, 3]) buffer.push(item);
    expect(buffer.pause()).toEqual([2, 3]);
    const idle = vi.fn();
    void buffer.idle().then(idle);
    await vi.advanceTimersByTimeAsync(0);
    expect(idle).not.toHaveBeenCalled();
    await finishNext();
    expect(idle).toHaveBeenCalled();
    expect(batches).toEqual([[1]]);
  });
});
