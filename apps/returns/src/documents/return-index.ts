/** Injection token of the {@link ReturnIndex}. */
export const RETURN_INDEX = Symbol('RETURN_INDEX');

/**
 * What became of one return. `indexed`: readers get this state or a newer one. `noop`: a newer one was there already.
 * `tombstoned`: it is gone, and stays gone for older writes. `failed`: with `retryable`, the same call may do it later;
 * without, this return cannot be stored as it is, its neighbours were.
 */
export type ReturnOutcome =
  | { readonly returnId: number; readonly outcome: 'indexed' | 'noop' | 'tombstoned' }
  | { readonly returnId: number; readonly outcome: 'failed'; readonly reason: string; readonly retryable: boolean };

/** Where returns are made searchable. */
export interface ReturnIndex {
  /**
   * Reads the returns as they are now, each with its parts of one moment, and writes them wherever they are searched. May be
   * done again in any order: an older state never replaces a newer one. One outcome a distinct id.
   * @throws SearchUnavailableError when the index cannot be reached at all; the signal's reason
   */
  writeReturns(ids: readonly number[], signal?: AbortSignal): Promise<{ readonly outcomes: readonly ReturnOutcome[] }>;
  /** What was written is found from here on, and not only when the engine comes to it by itself. */
  show(): Promise<void>;
}
