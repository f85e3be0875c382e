import { createHash } from 'node:crypto';
import type {
  AliasSwap,
  BucketSum,
  EngineProbe,
  IndexInfo,
  IndexMeta,
  IndexRemoval,
  IndexWrite,
  ScanOptions,
  SearchEngine,
  WriteOutcome,
} from '../engine/search-engine.js';
import { IndexConflictError, IndexNotFoundError } from '../engine/search-errors.js';
import { checkIndexName, findRefusal } from '../engine/writable.js';
import { type PlannedFilter, planFilters, planQuery } from '../query/plan-query.js';
import type { Filter, SearchQuery, SearchResult } from '../query/search-query.js';
import { findMisfit } from '../schema/find-misfit.js';
import { canonicalJson, type IndexSchema } from '../schema/index-schema.js';
import { fromIndexSource, type StoredDocument, toSearchItem } from '../schema/index-source.js';
import { comparePositions, countFacet, meetsFilter, meetsPlan, positionOf, type Source } from './matches-plan.js';

interface MemoryIndex {
  readonly schema: IndexSchema;
  readonly meta: IndexMeta;
  readonly written: Map<string, Source>;
  /** What searches see: a copy as of the last refresh, or from the end of the fill on all that is written. */
  searchable: ReadonlyMap<string, Source>;
}

/**
 * A {@link SearchEngine} in memory, for tests of what uses one: same answers, no server, gone with the process. It passes
 * the suite that every engine passes.
 */
export class MemorySearchEngine implements SearchEngine {
  readonly #indexes = new Map<string, MemoryIndex>();
  /** Filters by index, by alias. */
  readonly #aliases = new Map<string, Map<string, readonly PlannedFilter[]>>();

  async createIndex(name: string, schema: IndexSchema, meta: IndexMeta): Promise<string> {
    checkIndexName(name);
    const existing = this.#indexes.get(name);
    if (existing && canonicalJson(existing.meta) !== canonicalJson(meta)) {
      throw new IndexConflictError(`Index ${name} exists and is not the one to be made.`);
    }
    if (!existing) this.#indexes.set(name, { schema, meta, written: new Map(), searchable: new Map() });
    return structureOf(schema);
  }

  async deleteIndex(name: string): Promise<void> {
    checkIndexName(name);
    this.#indexes.delete(name);
    for (const targets of this.#aliases.values()) targets.delete(name);
  }

  async listIndices(): Promise<IndexInfo[]> {
    return [...this.#indexes]
      .map(([name, { meta, schema }]) => ({
        name,
        meta,
        aliases: this.#aliasesOf(name),
        structure: structureOf(schema),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async bulk(writes: readonly IndexWrite[]): Promise<WriteOutcome[]> {
    return writes.map((write) => this.#write(write));
  }

  async forget(removals: readonly IndexRemoval[]): Promise<WriteOutcome[]> {
    return removals.map(({ index: name, id, version }): WriteOutcome => {
      checkIndexName(name);
      const index = this.#indexes.get(name);
      if (!index) return { status: 'missing' };
      const held = index.written.get(id);
      if (held && held.lockstep.version > version) return { status: 'stale' };
      index.written.delete(id);
      return { status: 'ok' };
    });
  }

  async finishFill(name: string): Promise<void> {
    const index = this.#get(name);
    index.searchable = index.written;
  }

  async refresh(target: string): Promise<void> {
    const { index } = this.#resolve(target);
    if (index.searchable !== index.written) index.searchable = new Map(index.written);
  }

  async swapAliases(schema: IndexSchema, swaps: readonly AliasSwap[]): Promise<'swapped' | 'conflict'> {
    const isPossible = swaps.every(
      ({ alias, from, to }) => this.#indexes.has(to) && from.every((index) => this.#aliases.get(alias)?.has(index)),
    );
    if (!isPossible) return 'conflict';
    for (const { alias, filter, from, to } of swaps) {
      const targets = this.#aliases.get(alias) ?? new Map<string, readonly PlannedFilter[]>();
      for (const index of from) targets.delete(index);
      targets.set(to, planFilters(schema, filter ? [filter] : []));
      this.#aliases.set(alias, targets);
    }
    return 'swapped';
  }

  async aliasTargets(alias: string): Promise<string[]> {
    return [...(this.#aliases.get(alias)?.keys() ?? [])].sort();
  }

  async search(schema: IndexSchema, target: string, query: SearchQuery): Promise<SearchResult> {
    const plan = planQuery(schema, query);
    const found = this.#searched(target, plan.tombstones).filter((source) => meetsPlan(source, plan));
    const ordered = found
      .map((source) => ({ source, position: positionOf(source, plan.sort) }))
      .sort((a, b) => comparePositions(a.position, b.position, plan.sort));
    const { after } = plan;
    const rest = after ? ordered.filter(({ position }) => comparePositions(position, after, plan.sort) > 0) : ordered;
    const page = rest.slice(plan.from, plan.from + plan.size);
    const hasMore = rest.length > plan.from + plan.size;
    return {
      items: page.map(({ source }) => toSearchItem(source)),
      total: found.length,
      ...(hasMore && { cursor: plan.cursorAt(page.at(-1)!.position) }),
      facets: Object.fromEntries(plan.facets.map((facet) => [facet.field, countFacet(found, facet)])),
    };
  }

  async count(schema: IndexSchema, target: string, filters: readonly Filter[] = []): Promise<number> {
    const planned = planFilters(schema, filters);
    return this.#live(target).filter((source) => planned.every((filter) => meetsFilter(source, filter))).length;
  }

  async bucketSums(index: string): Promise<BucketSum[]> {
    const sums = new Map<number, { bucket: number; live: number; tombstones: number; versionSum: number }>();
    for (const { lockstep } of this.#get(index).searchable.values()) {
      const sum = sums.get(lockstep.bucket) ?? { bucket: lockstep.bucket, live: 0, tombstones: 0, versionSum: 0 };
      sum[lockstep.deleted ? 'tombstones' : 'live'] += 1;
      sum.versionSum += lockstep.remainder;
      sums.set(lockstep.bucket, sum);
    }
    return [...sums.values()];
  }

  async getMany(target: string, ids: readonly string[]): Promise<StoredDocument[]> {
    const { written } = this.#resolve(target).index;
    return ids.flatMap((id) => (written.has(id) ? [fromIndexSource(written.get(id)!)] : []));
  }

  async *scan(target: string, options: ScanOptions = {}): AsyncGenerator<StoredDocument[]> {
    const { pageSize = 1_000, fields, bucket, tombstones = false } = options;
    const documents = this.#visible(target)
      .filter(({ lockstep }) => (tombstones || !lockstep.deleted) && (bucket ?? lockstep.bucket) === lockstep.bucket)
      .map((source) => fromIndexSource(fields ? withFields(source, fields) : source));
    for (let at = 0; at < documents.length; at += pageSize) yield documents.slice(at, at + pageSize);
  }

  async probe(): Promise<EngineProbe> {
    return { ready: true };
  }

  async close(): Promise<void> {}

  #write(write: IndexWrite): WriteOutcome {
    const index = this.#indexes.get(write.index);
    if (!index) return { status: 'missing' };
    const refusal = findRefusal(write);
    if (refusal !== undefined) return { status: 'rejected', reason: refusal };
    const existing = index.written.get(write.id);
    if (existing && existing.lockstep.version > write.version) return { status: 'stale' };
    const source = parse(write.source);
    const misfit = findMisfit(index.schema, source);
    if (misfit !== undefined) return { status: 'rejected', reason: misfit };
    index.written.set(write.id, source as Source);
    return { status: 'ok' };
  }

  /** An alias never shows what is gone. */
  #searched(target: string, tombstones: boolean): Source[] {
    return tombstones && !this.#aliases.get(target)?.size ? this.#visible(target) : this.#live(target);
  }

  #live(target: string): Source[] {
    return this.#visible(target).filter(({ lockstep }) => !lockstep.deleted);
  }

  #visible(target: string): Source[] {
    const { index, filters } = this.#resolve(target);
    return [...index.searchable.values()].filter((source) => filters.every((filter) => meetsFilter(source, filter)));
  }

  /** An index by its name, or through an alias of one index. */
  #resolve(target: string): { index: MemoryIndex; filters: readonly PlannedFilter[] } {
    const [aliased] = this.#aliases.get(target) ?? [];
    return aliased ? { index: this.#get(aliased[0]), filters: aliased[1] } : { index: this.#get(target), filters: [] };
  }

  #get(name: string): MemoryIndex {
    const index = this.#indexes.get(name);
    if (!index) throw new IndexNotFoundError(`There is no index ${name}.`);
    return index;
  }

  #aliasesOf(index: string): string[] {
    return [...this.#aliases].flatMap(([alias, targets]) => (targets.has(index) ? [alias] : [])).sort();
  }
}

function structureOf({ fields }: IndexSchema): string {
  return createHash('sha256').update(canonicalJson(fields)).digest('hex').slice(0, 16);
}

function parse(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

function withFields(source: Source, fields: readonly string[]): Source {
  const kept = fields.flatMap((field) => (Object.hasOwn(source, field) ? [[field, source[field]] as const] : []));
  return { ...Object.fromEntries(kept), lockstep: source.lockstep };
}
