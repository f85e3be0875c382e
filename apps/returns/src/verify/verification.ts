import { Inject, Injectable } from '@nestjs/common';
import { compareBucket, isBehind } from './compare-bucket.js';
import { INDEX_READER, type IndexReader } from './index-reader.js';
import { VerificationStore } from './verification.store.js';

/** Finds where the index differs from the database by more than what the next window brings. */
@Injectable()
export class Verification {
  constructor(
    private readonly store: VerificationStore,
    @Inject(INDEX_READER) private readonly index: IndexReader,
  ) {}

  /** Parts, of 256, in which counts or versions differ. Changes that wait for the next window make parts differ too. */
  async differingBuckets(): Promise<number[]> {
    const [indexed, stored] = [await this.index.bucketSums(), await this.store.bucketSums()];
    const keyOf = (sum: { live: number; tombstones: number; versionSum: number }) =>
      `${Number(sum.live)} ${Number(sum.tombstones)} ${Number(sum.versionSum)}`;
    const found = new Map(indexed.map((sum) => [Number(sum.bucket), keyOf(sum)]));
    const wanted = new Map(stored.map((sum) => [Number(sum.bucket), keyOf(sum)]));
    const buckets = [...new Set([...found.keys(), ...wanted.keys()])].sort((a, b) => a - b);
    return buckets.filter((bucket) => found.get(bucket) !== wanted.get(bucket));
  }

  /**
   * Returns of a part that must be written. Where the database has lost what the index knows, its versions are raised first:
   * what it says now would be refused as old for ever.
   */
  async findDrift(bucket: number): Promise<number[]> {
    const indexed = await this.index.bucketReturns(bucket);
    const stored = await this.store.bucketReturns(bucket);
    const { behind, ahead, unknown } = compareBucket(indexed, stored);
    await this.store.overtake(ahead, unknown);
    const late = await this.stillBehind(behind, new Map(stored.map((row) => [row.id, row])));
    return [...late, ...[...ahead, ...unknown].map(({ id }) => id)].sort((a, b) => a - b);
  }

  /** A window may have written them since the index was read, or is about to. */
  private async stillBehind(
    ids: readonly number[],
    stored: ReadonlyMap<number, { id: number; version: number; deleted: boolean }>,
  ): Promise<number[]> {
    if (ids.length === 0) return [];
    const pending = await this.store.pendingOf(ids);
    const rest = ids.filter((id) => !pending.has(id));
    const found = new Map((await this.index.find(rest)).map((copy) => [copy.id, copy]));
    return rest.filter((id) => {
      const row = stored.get(id);
      return row !== undefined && isBehind(found.get(id), row);
    });
  }
}
