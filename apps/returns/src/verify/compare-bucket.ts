import type { IndexedReturn } from './index-reader.js';

/** What of a bucket differs, and why. */
export interface Differences {
  /** Missing in the index, older there, or dead on one side only: to be written. */
  readonly behind: readonly number[];
  /** Newer in the index than in the database: the database has lost transactions. */
  readonly ahead: readonly IndexedReturn[];
  /** In the index and nowhere in the database. */
  readonly unknown: readonly IndexedReturn[];
}

/** Compares a bucket of the index with what the database had of it afterwards: what is indexed was committed before. */
export function compareBucket(indexed: readonly IndexedReturn[], stored: readonly IndexedReturn[]): Differences {
  const found = new Map(indexed.map((each) => [each.id, each]));
  const behind: number[] = [];
  const ahead: IndexedReturn[] = [];
  for (const row of stored) {
    const copy = found.get(row.id);
    found.delete(row.id);
    if (copy && copy.version > row.version) ahead.push(copy);
    else if (isBehind(copy, row)) behind.push(row.id);
  }
  return { behind, ahead, unknown: [...found.values()].filter(({ deleted }) => !deleted) };
}

/** Whether the index must be written to show what the database has. */
export function isBehind(copy: IndexedReturn | undefined, row: IndexedReturn): boolean {
  if (!copy) return !row.deleted;
  return copy.version < row.version || (copy.version === row.version && copy.deleted !== row.deleted);
}
