import type { ReturnDocument } from './to-document.js';

/** A return to be written somewhere; without a document it is gone. */
export interface ReturnRow {
  readonly id: number;
  /** Grows with every change of the return: what is older never replaces what is newer. */
  readonly version: number;
  readonly document: ReturnDocument | null;
}

/**
 * What became of one row. `stale`: something newer was there already. `rejected`: it cannot be stored as it is. `retryable`:
 * the place could not, though nothing is wrong with the row.
 */
export type RowOutcome =
  | { readonly status: 'written' | 'stale' }
  | { readonly status: 'rejected' | 'retryable'; readonly reason: string };

/** A place where returns are searched: an index family of ours, or one of Algolia's indexes. */
export interface ReturnTarget {
  /** For people. */
  readonly name: string;
  /**
   * Writes whole documents and tombstones, whatever was there; one outcome a row, in order. One bad row costs its neighbours
   * nothing. Each row is taken once, and need not be held: documents may be made as they are taken. @throws SearchUnavailableError, the signal's reason
   */
  write(rows: Iterable<ReturnRow>, signal?: AbortSignal): Promise<RowOutcome[]>;
  /** What was written is found from here on, where the place can be told so. */
  show(): Promise<void>;
}
