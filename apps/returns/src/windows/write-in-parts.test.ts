import { describe, expect, it } from 'vitest';
import type { ReturnIndex } from '../documents/return-index.js';
import { writeInParts } from './write-in-parts.js';

class EngineAway extends Error {}

/** Throws for any call that holds one of these ids. */
function refusing(bad: readonly number[], error = new Error('cannot be made')) {
  const calls: number[][] = [];
  const index: Pick<ReturnIndex, 'writeReturns'> = {
    writeReturns: async (ids) => {
      calls.push([...ids]);
      if (ids.some((id) => bad.includes(id))) throw error;
      return { outcomes: ids.map((returnId) => ({ returnId, outcome: 'indexed' })) };
    },
  };
  const signal = new AbortController().signal;
  const isEngineUnavailable = (thrown: unknown) => thrown instanceof EngineAway;
  return { calls, options: { index, signal, isEngineUnavailable } };
}

const IDS = [1, 2, 3, 4, 5, 6, 7, 8];

describe('writing a page', () => {
  it('takes one call when all is well, and none for nothing', async () => {
    const { calls, options } = refusing([]);
    expect(await writeInParts(IDS, options)).toHaveLength(8);
    expect(await writeInParts([], options)).toEqual([]);
    expect(calls).toEqual([IDS]);
  });

  it('finds the returns at fault, in few calls, and writes the others', async () => {
    const { calls, options } = refusing([3]);
    const outcomes = await writeInParts(IDS, options);
    expect(outcomes.map(({ returnId }) => returnId)).toEqual(IDS);
    expect(outcomes.filter(({ outcome }) => outcome === 'failed')).toEqual([
      { returnId: 3, outcome: 'failed', reason: 'Error: cannot be made', retryable: false },
    ]);
    expect(calls.length).toBeLessThanOrEqual(7);
  });

  it('blames nobody for what everybody meets, nor for an engine that is away', async () => {
    await expect(writeInParts(IDS, refusing(IDS).options)).rejects.toThrow('cannot be made');
    const { calls, options } = refusing([3], new EngineAway('away'));
    await expect(writeInParts(IDS, options)).rejects.toThrow('away');
    expect(calls).toHaveLength(1);
  });
});
