import type { Filter, SearchQuery, SearchResult } from '../query/search-query.js';
import type { IndexSchema } from '../schema/index-schema.js';
import type { StoredDocument } from '../schema/index-source.js';

/** Who an index belongs to; written into it, and the only reason ever to delete it. */
export interface IndexMeta {
  readonly family: string;
  readonly generation: number;
  /** Fence of the run that made it; 0 for a first, empty generation. */
  readonly fence: number;
  /** Null for a first, empty generation. */
  readonly runId: string | null;
  /** Which Lockstep made it, where several share an engine. */
  readonly installation: string;
  readonly schemaHash: string;
}

/** An index of ours as the engine has it. */
export interface IndexInfo {
  readonly name: string;
  readonly meta: IndexMeta;
  readonly aliases: readonly string[];
  /** Hash of the structure in force, so that a change by hand is noticed. */
  readonly structure: string;
}

/** One document to write, tombstones included. */
export interface IndexWrite {
  readonly index: string;
  readonly id: string;
  readonly version: number;
  /** Made by `toIndexSource`; passed on untouched. */
  readonly source: string;
}

/** A document to be forgotten, and the newest version of it that may be. */
export type IndexRemoval = Pick<IndexWrite, 'index' | 'id' | 'version'>;

/**
 * What became of one write. `stale`: a newer version is there, which is as good as written. `rejected`: this document
 * cannot be stored, its neighbours were. `missing`: the index is gone. `retryable`: the engine could not, after retries.
 */
export type WriteOutcome =
  | { readonly status: 'ok' | 'stale' | 'missing' }
  | { readonly status: 'rejected' | 'retryable'; readonly reason: string };

/** Counts of one bucket of ids, for comparing with the authority. */
export interface BucketSum {
  /** 0 to 255; a bucket without documents may be left out. */
  readonly bucket: number;
  readonly live: number;
  readonly tombstones: number;
  /** Sum over both of `version % 1000000`. */
  readonly versionSum: number;
}

/** Moves one alias, all its moves together or none. */
export interface AliasSwap {
  readonly alias: string;
  /** Documents the alias shows; tombstones never. @default all */
  readonly filter?: Filter;
  /** Indexes that must have the alias now, and lose it. Empty: it is only added. */
  readonly from: readonly string[];
  readonly to: string;
}

/** How a scan reads. */
export interface ScanOptions {
  /** Documents a page. @default 1000 */
  readonly pageSize?: number;
  /** Top-level fields to read; an empty list reads ids and versions only. @default all */
  readonly fields?: readonly string[];
  /** Only ids of this bucket. */
  readonly bucket?: number;
  /** Also yields tombstones (never visible through an alias). @default false */
  readonly tombstones?: boolean;
}

/** Whether the engine takes writes, and why not. */
export interface EngineProbe {
  readonly ready: boolean;
  readonly reason?: string;
}

/**
 * A search engine. Names are given without the engine's prefix. Every method throws SearchUnavailableError when the engine
 * is gone after bounded retries; methods that read a named index throw IndexNotFoundError when there is none.
 */
export interface SearchEngine {
  /**
   * Makes a strict index, not searchable until {@link finishFill} or {@link refresh}. Does nothing when it exists with
   * equal meta. Answers its structure hash.
   * @throws IndexConflictError when another index has the name.
   */
  createIndex(name: string, schema: IndexSchema, meta: IndexMeta): Promise<string>;
  /** Removes an index and what it has of aliases. Does nothing when there is none. */
  deleteIndex(name: string): Promise<void>;
  /** All indexes with our meta under this prefix, by name. */
  listIndices(): Promise<IndexInfo[]>;

  /**
   * Writes documents, newest version winning, and answers one outcome a write, in order. An equal version is written again.
   * The order within a call is kept for one id in one index, and promised for nothing else.
   */
  bulk(writes: readonly IndexWrite[]): Promise<WriteOutcome[]>;
  /**
   * Forgets documents, tombstones above all, up to a version; what is newer stays, and is `stale`. From then on an older
   * version is taken for news: only for what nobody writes any more. One outcome each, in order; `ok` where nothing was.
   */
  forget(removals: readonly IndexRemoval[]): Promise<WriteOutcome[]>;
  /** Ends a fill: what was written becomes searchable, further writes within about a second, and the index is available. */
  finishFill(name: string): Promise<void>;
  /** Makes all that was written searchable now. */
  refresh(name: string): Promise<void>;

  /** All moves in one atomic step, or `conflict` and nothing changed when an alias is not where it is expected. */
  swapAliases(schema: IndexSchema, swaps: readonly AliasSwap[]): Promise<'swapped' | 'conflict'>;
  /** Indexes that have the alias, by name; none when there is no such alias. */
  aliasTargets(alias: string): Promise<string[]>;

  /** @throws SearchQueryError */
  search(schema: IndexSchema, target: string, query: SearchQuery): Promise<SearchResult>;
  /** Documents that meet the conditions. @throws SearchQueryError */
  count(schema: IndexSchema, target: string, filters?: readonly Filter[]): Promise<number>;
  /** By bucket, as of the last refresh. */
  bucketSums(index: string): Promise<BucketSum[]>;
  /** Documents by id as last written, refreshed or not; those that do not exist are left out. */
  getMany(index: string, ids: readonly string[]): Promise<StoredDocument[]>;
  /** Pages through all documents as they were when the scan began, in no promised order. */
  scan(target: string, options?: ScanOptions): AsyncIterable<StoredDocument[]>;

  /** Tries the way a write takes without writing. Never throws. */
  probe(): Promise<EngineProbe>;
  close(): Promise<void>;
}
