/**
 * Compares a filled index with the database it was made from, puts right what it finds, and says whether readers may have
 * it. Live writes go on meanwhile, so the index may be ahead of what was read from the database, never behind it for long.
 */
import { isDeepStrictEqual } from 'node:util';
import type { BucketSum, IndexInfo, IndexMeta, SearchEngine } from '../engine/search-engine.js';
import type { Filter } from '../query/search-query.js';
import { canonicalJson, type IndexSchema } from '../schema/index-schema.js';
import { fromIndexSource, type StoredDocument } from '../schema/index-source.js';
import type { IndexRow, RejectedRow } from './fill-index.js';
import type { RowFit } from './fit-rows.js';
import { judgeCounts, type ShownCounts } from './judge-counts.js';

/**
 * The database's side of the comparison. Rows that the index is known to refuse are left out of all three.
 */
export interface Authority {
  /** By bucket of 256, tombstones apart; see {@link BucketSum}. Buckets without rows may be left out. */
  bucketSums(): Promise<readonly BucketSum[]>;
  /** All rows of a bucket, tombstones included. */
  rowsOfBucket(bucket: number): Promise<readonly IndexRow[]>;
  /** Up to `size` rows from all over, others in each run. */
  sample(size: number): Promise<readonly IndexRow[]>;
}

/** What was compared and what came of it. Plain JSON. */
export interface VerificationReport extends ShownCounts {
  /** `held`: the copy is right, but looks so different from what is served that a person must approve it. */
  readonly outcome: 'ready' | 'held' | 'failed';
  /** Why it is held or failed, for people; empty when ready. */
  readonly problems: readonly string[];
  readonly tombstones: number;
  /** Documents compared whole. */
  readonly sampled: number;
  /** Documents that differed and were written again. */
  readonly healed: number;
  /** RFC 3339. */
  readonly checkedAt: string;
}

/** What is to be compared. */
export interface Verification {
  readonly engine: SearchEngine;
  readonly schema: IndexSchema;
  readonly index: string;
  /** From {@link findStructuralProblems}; with any of them nothing is healed. */
  readonly structuralProblems: readonly string[];
  readonly formerIndex: string | null;
  readonly aliases: readonly { readonly name: string; readonly filter?: Filter }[];
  readonly authority: Authority;
  /** Writes rows that differ where they belong; answers those that cannot be stored. */
  readonly heal: (rows: readonly IndexRow[]) => Promise<readonly RejectedRow[]>;
  /** How a row stands in this index. */
  readonly fit: RowFit;
  /** Somebody has approved counts that look wrong. */
  readonly isApproved: boolean;
}

const MAX_ROUNDS = 3;
const SAMPLE_SIZE = 200;
const MAX_LISTED_IDS = 5;

/** Runs the comparison. Problems are part of the answer; it throws only when an engine or the database does. */
export async function verifyGeneration(verification: Verification): Promise<VerificationReport> {
  const { engine, index, authority } = verification;
  const healing = new Healing(verification);
  await engine.refresh(index);
  await healing.compareBuckets(await differingBuckets(engine, index, authority));
  const sampled = await healing.compareSample(await authority.sample(SAMPLE_SIZE));
  await engine.refresh(index);
  const shown = await countShown(verification);
  const reasons = verification.isApproved ? [] : judgeCounts(shown);
  const failed = healing.problems.length > 0;
  return {
    outcome: failed ? 'failed' : reasons.length > 0 ? 'held' : 'ready',
    problems: failed ? healing.problems : reasons,
    ...shown,
    tombstones: (await engine.bucketSums(index)).reduce((sum, bucket) => sum + bucket.tombstones, 0),
    sampled,
    healed: healing.healed,
    checkedAt: new Date().toISOString(),
  };
}

/** Why an index is not the one that was made, or was changed since, or was made for another program. */
export function findStructuralProblems(
  found: Pick<IndexInfo, 'meta' | 'structure'> | undefined,
  wanted: { readonly meta: IndexMeta; readonly structure: string | null },
  schema: IndexSchema,
): string[] {
  const problems: [boolean, string][] = [
    [canonicalJson(found?.meta) !== canonicalJson(wanted.meta), 'The index is not the one that was made.'],
    [found?.structure !== wanted.structure, 'The mapping of the index was changed.'],
    [wanted.meta.schemaHash !== schema.hash, 'The index was made from another schema.'],
  ];
  return problems.flatMap(([isWrong, problem]) => (isWrong ? [problem] : []));
}

/** Numbers of the buckets whose counts or version sums differ. */
async function differingBuckets(engine: SearchEngine, index: string, authority: Authority): Promise<number[]> {
  const [ours, theirs] = await Promise.all([engine.bucketSums(index), authority.bucketSums()]);
  const key = (sum: BucketSum) => `${Number(sum.live)} ${Number(sum.tombstones)} ${Number(sum.versionSum)}`;
  const found = new Map(ours.map((sum) => [sum.bucket, key(sum)]));
  const wanted = new Map(theirs.map((sum) => [Number(sum.bucket), key(sum)]));
  return [...new Set([...found.keys(), ...wanted.keys()])].filter((bucket) => found.get(bucket) !== wanted.get(bucket));
}

async function countShown({ engine, schema, index, formerIndex, aliases }: Verification): Promise<ShownCounts> {
  const count = async (filter: Filter | undefined) => {
    const filters = filter ? [filter] : [];
    const live = await engine.count(schema, index, filters);
    return { live, formerLive: formerIndex === null ? null : await engine.count(schema, formerIndex, filters) };
  };
  const shown: Record<string, { live: number; formerLive: number | null }> = {};
  for (const { name, filter } of aliases) shown[name] = await count(filter);
  return { ...(await count(undefined)), aliases: shown };
}

/** Finds documents that differ, writes them again, and remembers which did not get better. */
class Healing {
  readonly problems: string[];
  healed = 0;
  readonly #rewritten = new Set<string>();

  constructor(private readonly verification: Verification) {
    this.problems = [...verification.structuralProblems];
  }

  async compareBuckets(buckets: readonly number[]): Promise<void> {
    let suspects = this.problems.length > 0 ? [] : buckets;
    for (let round = 1; round <= MAX_ROUNDS && suspects.length > 0; round += 1) {
      const differing: number[] = [];
      for (const bucket of suspects) {
        if (await this.#compareBucket(bucket)) differing.push(bucket);
      }
      if (this.problems.length > 0) return;
      await this.verification.engine.refresh(this.verification.index);
      suspects = differing;
    }
  }

  async compareSample(sample: readonly IndexRow[]): Promise<number> {
    for (let round = 1; round <= 2 && this.problems.length === 0; round += 1) {
      const found = await this.#read(sample.map(({ id }) => id));
      const differing = sample.filter((row) => !isSame(this.verification.fit(row), found.get(row.id)));
      if (differing.length === 0) break;
      await this.#rewrite(differing);
    }
    return sample.length;
  }

  /** True when something differed and was written again. */
  async #compareBucket(bucket: number): Promise<boolean> {
    const { engine, index, authority } = this.verification;
    // The index first: what it has was committed to the database before, so the rows read next must have it too.
    const found = new Map<string, StoredDocument>();
    for await (const page of engine.scan(index, { bucket, tombstones: true, fields: [] })) {
      for (const document of page) found.set(document.id, document);
    }
    const rows = await authority.rowsOfBucket(bucket);
    const differing = rows.filter((row) => isBehind(row, found.get(row.id)));
    for (const { id } of rows) found.delete(id);
    if (found.size > 0) this.#fail('are in the index and not in the database', [...found.keys()]);
    await this.#rewrite(differing);
    return differing.length > 0;
  }

  async #rewrite(rows: readonly IndexRow[]): Promise<void> {
    const again = rows.filter((row) => this.#rewritten.has(keyOf(row)));
    if (again.length > 0)
      this.#fail(
        'still differ after they were written again',
        again.map(({ id }) => id),
      );
    for (const row of rows) this.#rewritten.add(keyOf(row));
    const rejected = await this.verification.heal(rows);
    this.healed += rows.length - rejected.length - again.length;
    if (rejected.length > 0)
      this.#fail(
        `cannot be stored (${rejected[0]!.reason})`,
        rejected.map(({ id }) => id),
      );
  }

  async #read(ids: readonly string[]): Promise<Map<string, StoredDocument>> {
    const documents = await this.verification.engine.getMany(this.verification.index, ids);
    return new Map(documents.map((document) => [document.id, document]));
  }

  #fail(what: string, ids: readonly string[]): void {
    const listed = ids.slice(0, MAX_LISTED_IDS).join(', ');
    this.problems.push(`${ids.length} documents ${what}: ${listed}${ids.length > MAX_LISTED_IDS ? ', ...' : ''}.`);
  }
}

function keyOf(row: IndexRow): string {
  return `${row.version} ${row.id}`;
}

/** The index lacks the row, has an older version, or has it dead instead of alive. Newer is a live write since. */
function isBehind(row: IndexRow, found: StoredDocument | undefined): boolean {
  if (found === undefined || found.version < row.version) return true;
  return found.version === row.version && found.deleted !== fromIndexSource(row.source).deleted;
}

/** Equal as a whole; an index that is ahead is compared at another time. */
function isSame(row: IndexRow, found: StoredDocument | undefined): boolean {
  if (found === undefined || found.version < row.version) return false;
  return found.version > row.version || isDeepStrictEqual(found, fromIndexSource(row.source));
}
