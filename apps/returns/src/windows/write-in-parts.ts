import type { ReturnIndex, ReturnOutcome } from '../documents/return-index.js';

/** How returns are written, and which errors say nothing about them. */
export interface PartsOptions {
  readonly index: Pick<ReturnIndex, 'writeReturns'>;
  readonly signal: AbortSignal;
  readonly isEngineUnavailable: (error: unknown) => boolean;
}

/**
 * Writes returns so that one whose document cannot even be made costs the others nothing: where a write throws, its halves
 * are written apart, down to the one at fault. Where every single one throws the fault is not theirs, and the error is thrown.
 */
export async function writeInParts(ids: readonly number[], options: PartsOptions): Promise<readonly ReturnOutcome[]> {
  let first: unknown;
  const outcomes = await write(ids);
  if (first !== undefined && ids.length > 1 && outcomes.every(({ outcome }) => outcome === 'failed')) throw first;
  return outcomes;

  async function write(part: readonly number[]): Promise<readonly ReturnOutcome[]> {
    if (part.length === 0) return [];
    try {
      return (await options.index.writeReturns(part, options.signal)).outcomes;
    } catch (error) {
      if (options.isEngineUnavailable(error) || options.signal.aborted) throw error;
      first ??= error;
      if (part.length === 1) return [failed(part[0] as number, error)];
      const middle = Math.ceil(part.length / 2);
      return [...(await write(part.slice(0, middle))), ...(await write(part.slice(middle)))];
    }
  }
}

function failed(returnId: number, error: unknown): ReturnOutcome {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { returnId, outcome: 'failed', reason: reason.slice(0, 500), retryable: false };
}
