import { setTimeout as delay } from 'node:timers/promises';
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
import { IndexConflictError, IndexNotFoundError, isSearchUnavailable } from '../engine/search-errors.js';
import { checkIndexName, findRefusal } from '../engine/writable.js';
import { planFilters, planQuery } from '../query/plan-query.js';
import type { Filter, SearchQuery, SearchResult } from '../query/search-query.js';
import { canonicalJson, type IndexSchema } from '../schema/index-schema.js';
import { fromIndexSource, type StoredDocument, toSearchItem } from '../schema/index-source.js';
import { type BulkBody, type BulkItem, toBulkBodies, toOutcome, toRemovalBody } from './bulk-body.js';
import { ElasticsearchClient, type ElasticsearchClientOptions, ElasticsearchError } from './elasticsearch-client.js';
import { FILLING_SETTINGS, SERVING_SETTINGS, structureOf, toMapping } from './index-body.js';
import { type FacetAnswer, toFacetCounts, toFilterBody, toPosition, toSearchBody } from './query-body.js';

/** How to reach Elasticsearch, and what its indexes are called here. */
export interface ElasticsearchOptions extends ElasticsearchClientOptions {
  /** Put before every index, alias and template name: lower-case letters, digits, `-`, `_`. @default '' */
  readonly prefix?: string;
  /** Waits before documents that the server was too busy for are sent again, with up to as much again at random. @default [100, 400, 1600] */
  readonly bulkRetryDelaysMs?: readonly number[];
}

type Source = Record<string, unknown>;
interface Hit {
  readonly _source: Source;
  readonly sort: (string | number | null)[];
}
interface SearchAnswer {
  readonly pit_id?: string;
  readonly hits: { readonly total: { readonly value: number }; readonly hits: readonly Hit[] };
  readonly aggregations?: Record<string, FacetAnswer>;
}
interface IndexAnswer {
  readonly aliases: Record<string, unknown>;
  readonly mappings: Record<string, unknown> & { _meta?: { lockstep?: IndexMeta } };
}

/** How long a scan may pause between two pages. */
const SCAN_KEEP_ALIVE = '5m';
const KEY_FIELDS = ['lockstep.id', 'lockstep.version', 'lockstep.deleted'];

/** A {@link SearchEngine} on Elasticsearch 8. */
export class ElasticsearchEngine implements SearchEngine {
  readonly #client: ElasticsearchClient;
  readonly #prefix: string;
  readonly #bulkRetryDelaysMs: readonly number[];

  constructor(options: ElasticsearchOptions) {
    this.#client = new ElasticsearchClient(options);
    this.#prefix = options.prefix ?? '';
    this.#bulkRetryDelaysMs = options.bulkRetryDelaysMs ?? [100, 400, 1_600];
  }

  async createIndex(name: string, schema: IndexSchema, meta: IndexMeta): Promise<string> {
    const index = this.#nameOf(name);
    await this.#forbidAutoCreation(meta.family);
    try {
      await this.#client.request({
        method: 'PUT',
        path: `/${index}`,
        query: { wait_for_active_shards: 1 },
        body: { settings: FILLING_SETTINGS, mappings: { ...toMapping(schema), _meta: { lockstep: meta } } },
      });
    } catch (error) {
      if (!(error instanceof ElasticsearchError && error.type === 'resource_already_exists_exception')) throw error;
    }
    const { mappings } = (await this.#describe(index))[index]!;
    if (canonicalJson(mappings._meta?.lockstep) !== canonicalJson(meta)) {
      throw new IndexConflictError(`Index ${index} exists and is not the one to be made.`);
    }
    return structureOf(mappings);
  }

  async deleteIndex(name: string): Promise<void> {
    await this.#client.request({ method: 'DELETE', path: `/${this.#nameOf(name)}`, accept: [404] });
  }

  async listIndices(): Promise<IndexInfo[]> {
    const answer = await this.#describe(`${this.#prefix}*`);
    return Object.entries(answer)
      .flatMap(([index, { aliases, mappings }]) => {
        const meta = mappings._meta?.lockstep;
        if (meta === undefined) return [];
        const names = Object.keys(aliases).flatMap((alias) => this.#ownName(alias));
        return [
          { name: index.slice(this.#prefix.length), meta, aliases: names.sort(), structure: structureOf(mappings) },
        ];
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async bulk(writes: readonly IndexWrite[]): Promise<WriteOutcome[]> {
    const outcomes = writes.map((write): WriteOutcome | undefined => {
      const reason = findRefusal(write);
      return reason === undefined ? undefined : { status: 'rejected', reason };
    });
    const open = () => outcomes.flatMap((outcome, at) => (!outcome || outcome.status === 'retryable' ? [at] : []));
    for (const delayMs of [0, ...this.#bulkRetryDelaysMs]) {
      const positions = open();
      if (positions.length === 0) break;
      if (delayMs > 0) await delay(delayMs * (1 + Math.random()));
      for (const body of toBulkBodies(writes, positions, (index) => this.#nameOf(index))) {
        await this.#sendBulk(body, outcomes);
      }
    }
    return outcomes as WriteOutcome[];
  }

  async forget(removals: readonly IndexRemoval[]): Promise<WriteOutcome[]> {
    const outcomes: (WriteOutcome | undefined)[] = removals.map(() => undefined);
    const body = toRemovalBody(removals, (index) => this.#nameOf(index));
    if (body !== '') await this.#sendBulk({ body, positions: [...removals.keys()] }, outcomes);
    return outcomes as WriteOutcome[];
  }

  async finishFill(name: string): Promise<void> {
    const index = this.#nameOf(name);
    await this.#client.request({ method: 'PUT', path: `/${index}/_settings`, body: SERVING_SETTINGS });
    await this.refresh(name);
    await this.#client.request({
      method: 'GET',
      path: `/_cluster/health/${index}`,
      query: { wait_for_status: 'yellow', timeout: '20s' },
    });
  }

  async refresh(name: string): Promise<void> {
    await this.#client.request({ method: 'POST', path: `/${this.#nameOf(name)}/_refresh` });
  }

  async swapAliases(schema: IndexSchema, swaps: readonly AliasSwap[]): Promise<'swapped' | 'conflict'> {
    const actions = swaps.flatMap(({ alias, filter, from, to }) => [
      ...from.map((index) => ({
        remove: { index: this.#nameOf(index), alias: this.#nameOf(alias), must_exist: true },
      })),
      {
        add: {
          index: this.#nameOf(to),
          alias: this.#nameOf(alias),
          filter: toFilterBody(planFilters(schema, filter ? [filter] : [])),
          // Nothing is ever written through an alias; this makes a stray write fail.
          is_write_index: false,
        },
      },
    ]);
    try {
      await this.#client.request({ method: 'POST', path: '/_aliases', body: { actions } });
      return 'swapped';
    } catch (error) {
      const isMoved = error instanceof ElasticsearchError && error.type === 'aliases_not_found_exception';
      if (isMoved || error instanceof IndexNotFoundError) return 'conflict';
      throw error;
    }
  }

  async aliasTargets(alias: string): Promise<string[]> {
    const answer = await this.#client.request<Record<string, unknown>>({
      method: 'GET',
      path: `/_alias/${this.#nameOf(alias)}`,
      accept: [404],
    });
    if ('error' in answer && 'status' in answer) return [];
    return Object.keys(answer)
      .flatMap((index) => this.#ownName(index))
      .sort();
  }

  async search(schema: IndexSchema, target: string, query: SearchQuery): Promise<SearchResult> {
    const plan = planQuery(schema, query);
    const { hits, aggregations } = await this.#client.request<SearchAnswer>({
      method: 'POST',
      path: `/${this.#nameOf(target)}/_search`,
      query: { allow_partial_search_results: false },
      body: toSearchBody(plan),
    });
    const page = hits.hits.slice(0, plan.size);
    const last = page.at(-1);
    const facets = plan.facets.map((facet) => [facet.field, toFacetCounts(facet, aggregations?.[facet.field])]);
    return {
      items: page.map(({ _source }) => toSearchItem(_source)),
      total: hits.total.value,
      ...(last && hits.hits.length > plan.size && { cursor: plan.cursorAt(toPosition(last.sort)) }),
      facets: Object.fromEntries(facets),
    };
  }

  async count(schema: IndexSchema, target: string, filters: readonly Filter[] = []): Promise<number> {
    const { count } = await this.#client.request<{ count: number }>({
      method: 'POST',
      path: `/${this.#nameOf(target)}/_count`,
      body: { query: toFilterBody(planFilters(schema, filters)) },
    });
    return count;
  }

  async bucketSums(index: string): Promise<BucketSum[]> {
    interface Bucket {
      key: number;
      doc_count: number;
      live: { doc_count: number };
      versions: { value: number };
    }
    const answer = await this.#client.request<{ aggregations: { buckets: { buckets: Bucket[] } } }>({
      method: 'POST',
      path: `/${this.#nameOf(index)}/_search`,
      query: { allow_partial_search_results: false },
      body: {
        size: 0,
        track_total_hits: false,
        aggs: {
          buckets: {
            terms: { field: 'lockstep.bucket', size: 256, order: { _key: 'asc' } },
            aggs: {
              live: { filter: { term: { 'lockstep.deleted': false } } },
              versions: { sum: { field: 'lockstep.remainder' } },
            },
          },
        },
      },
    });
    return answer.aggregations.buckets.buckets.map(({ key, doc_count, live, versions }) => ({
      bucket: key,
      live: live.doc_count,
      tombstones: doc_count - live.doc_count,
      versionSum: versions.value,
    }));
  }

  async getMany(index: string, ids: readonly string[]): Promise<StoredDocument[]> {
    if (ids.length === 0) return [];
    const { docs } = await this.#client.request<{ docs: { _source?: Source; error?: { type: string } }[] }>({
      method: 'POST',
      path: `/${this.#nameOf(index)}/_mget`,
      body: { ids },
    });
    if (docs.some(({ error }) => error?.type === 'index_not_found_exception')) {
      throw new IndexNotFoundError(`There is no index ${index}.`);
    }
    return docs.flatMap(({ _source }) => (_source ? [fromIndexSource(_source)] : []));
  }

  async *scan(target: string, options: ScanOptions = {}): AsyncGenerator<StoredDocument[]> {
    let { id: pit } = await this.#client.request<{ id: string }>({
      method: 'POST',
      path: `/${this.#nameOf(target)}/_pit`,
      query: { keep_alive: SCAN_KEEP_ALIVE },
    });
    try {
      let after: Hit['sort'] | undefined;
      do {
        const { pit_id, hits } = await this.#readScanPage(pit, options, after);
        pit = pit_id ?? pit;
        if (hits.hits.length > 0) yield hits.hits.map(({ _source }) => fromIndexSource(_source));
        after = hits.hits.at(-1)?.sort;
      } while (after !== undefined);
    } finally {
      await this.#client.request({ method: 'DELETE', path: '/_pit', body: { id: pit }, accept: [404] });
    }
  }

  async probe(): Promise<EngineProbe> {
    try {
      // Deleting from an index that cannot exist takes the way of a write, body and media type included, and writes nothing.
      const lines = `{"delete":{"_index":"${this.#prefix}lockstep-no-such-index","_id":"probe"}}\n`;
      await this.#client.request({ method: 'POST', path: '/_bulk', lines, requestTimeoutMs: 2_000, maxRetries: 0 });
      return { ready: true };
    } catch (error) {
      return { ready: false, reason: toProbeReason(error) };
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #sendBulk({ body, positions }: BulkBody, outcomes: (WriteOutcome | undefined)[]): Promise<void> {
    const { errors, items } = await this.#client.request<{ errors: boolean; items: BulkItem[] }>({
      method: 'POST',
      path: '/_bulk',
      // A shard that is away must cost seconds, not the default minute; the answer holds only what is read.
      query: { timeout: '10s', filter_path: 'errors,items.*.status,items.*.error.type,items.*.error.reason' },
      lines: body,
    });
    for (const [at, position] of positions.entries()) {
      outcomes[position] = errors ? toOutcome(items[at]!) : { status: 'ok' };
    }
  }

  #readScanPage(pit: string, options: ScanOptions, after: Hit['sort'] | undefined): Promise<SearchAnswer> {
    const { pageSize = 1_000, fields, bucket, tombstones = false } = options;
    const filter = [
      ...(tombstones ? [] : [{ term: { 'lockstep.deleted': false } }]),
      ...(bucket === undefined ? [] : [{ term: { 'lockstep.bucket': bucket } }]),
    ];
    return this.#client.request<SearchAnswer>({
      method: 'POST',
      path: '/_search',
      query: { allow_partial_search_results: false },
      body: {
        pit: { id: pit, keep_alive: SCAN_KEEP_ALIVE },
        size: pageSize,
        query: { bool: { filter } },
        sort: ['_shard_doc'],
        track_total_hits: false,
        ...(fields && { _source: [...KEY_FIELDS, ...fields] }),
        ...(after && { search_after: after }),
      },
    });
  }

  /**
   * A writer that outlived its generation must be told that the index is gone, not make it anew with a guessed mapping,
   * whatever the cluster's own setting says.
   */
  async #forbidAutoCreation(family: string): Promise<void> {
    await this.#client.request({
      method: 'PUT',
      path: `/_index_template/lockstep-${this.#nameOf(family)}`,
      body: { index_patterns: [`${this.#nameOf(family)}-0*`], priority: 500, allow_auto_create: false },
    });
  }

  #describe(pattern: string): Promise<Record<string, IndexAnswer>> {
    return this.#client.request<Record<string, IndexAnswer>>({ method: 'GET', path: `/${pattern}` });
  }

  #nameOf(name: string): string {
    checkIndexName(name);
    return this.#prefix + name;
  }

  #ownName(name: string): string[] {
    return name.startsWith(this.#prefix) ? [name.slice(this.#prefix.length)] : [];
  }
}

function toProbeReason(error: unknown): string {
  if (isSearchUnavailable(error)) return 'Elasticsearch does not answer.';
  if (error instanceof ElasticsearchError && error.type === 'media_type_header_exception') {
    return 'Elasticsearch is of another major version than our client (8).';
  }
  return error instanceof Error ? error.message : String(error);
}
