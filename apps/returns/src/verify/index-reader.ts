import type { BucketSum } from '@lockstep/search';

/** Injection token of the {@link IndexReader}. */
export const INDEX_READER = Symbol('INDEX_READER');

/** A return as the index has it. */
export interface IndexedReturn {
  readonly id: number;
  readonly version: number;
  /** It is a tombstone. */
  readonly deleted: boolean;
}

/** The index that readers see, as a comparison needs it. Every method throws when the engine is away. */
export interface IndexReader {
  /** All writes so far included. */
  bucketSums(): Promise<readonly BucketSum[]>;
  /** All of one bucket, tombstones included. */
  bucketReturns(bucket: number): Promise<readonly IndexedReturn[]>;
  /** Those of these that it has. */
  find(ids: readonly number[]): Promise<readonly IndexedReturn[]>;
}
