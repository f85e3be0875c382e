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
import { IndexNotFoundError, isSearchUnavailable } from '../engine/search-errors.js';
import { checkIndexName } from '../engine/writable.js';
import { planFilters, planQuery } from '../query/plan-query.js';
import type { Filter, SearchQuery, SearchResult } from '../query/search-query.js';
import { defineIndexSchema, type IndexSchema } from '../schema/index-schema.js';
import { fromIndexSource, type StoredDocument, toSearchItem, VERSION_MODULUS } from '../schema/index-source.js';
import { BulkWriter } from './bulk-writer.js';
import { toCondition } from './condition-sql.js';
import { type FoundIndex, IndexCatalogue } from './index-catalogue.js';
import { Parameters } from './parameters.js';
import { scanIndex } from './scan-index.js';
import { isUndefinedTable, SearchDatabase, type SearchDatabaseOptions } from './search-database.js';
import { type SearchRow, toFacetCounts, toSearchStatement } from './search-sql.js';
import { toSealStatements } from './write-sql.js';

/** How to reach PostgreSQL, and whose indexes these are. */
export interface PostgresSearchOptions extends SearchDatabaseOptions {
  /** Keeps users of one schema apart: lower-case letters, digits, `-`, `_`. @default '' */
  readonly prefix?: string;
  /** A page of a scan that takes longer is taken for an engine that is away. @default 60000 */
  readonly pageTimeoutMs?: number;
}

/** How often a target is looked up again when its index was removed between the look-up and the reading. */
const LOOK_UPS = 5;
const PROBE_TIMEOUT_MS = 2_000;
const DEFAULT_PAGE_TIMEOUT_MS = 60_000;

/**
 * A {@link SearchEngine} on PostgreSQL 14 or newer, for installations that run nothing else. It makes its schema and tables
 * itself, keeps a table a generation, and finds the same documents in the same order as Elasticsearch. Everything that is
 * written is searchable at once after the fill.
 */
export class PostgresSearchEngine implements SearchEngine {
  readonly #database: SearchDatabase;
  readonly #catalogue: IndexCatalogue;
  readonly #writer: BulkWriter;
  readonly #pageTimeoutMs: number;

  /** Connects with the first call. */
  constructor(options: PostgresSearchOptions) {
    this.#database = new SearchDatabase(options);
    this.#catalogue = new IndexCatalogue(this.#database, options.prefix ?? '');
    this.#writer = new BulkWriter(this.#database, this.#catalogue);
    this.#pageTimeoutMs = options.pageTimeoutMs ?? DEFAULT_PAGE_TIMEOUT_MS;
  }

  async createIndex(name: string, schema: IndexSchema, meta: IndexMeta): Promise<string> {
    checkIndexName(name);
    return this.#catalogue.create(name, schema, meta);
  }

  async deleteIndex(name: string): Promise<void> {
    checkIndexName(name);
    await this.#catalogue.remove(name);
  }

  listIndices(): Promise<IndexInfo[]> {
    return this.#catalogue.list();
  }

  bulk(writes: readonly IndexWrite[]): Promise<WriteOutcome[]> {
    return this.#writer.write(writes);
  }

  forget(removals: readonly IndexRemoval[]): Promise<WriteOutcome[]> {
    return this.#writer.forget(removals);
  }

  /** Indexes the words, which would cost far more document by document, and tells the planner what is there. */
  async finishFill(name: string): Promise<void> {
    const index = await this.#catalogue.find(name);
    const { documents, sources } = index.tables;
    const session = await this.#database.session();
    try {
      await session.query('BEGIN');
      // Two replicas that end the same fill take turns.
      await session.query('SELECT FROM indexes WHERE id = $1 FOR NO KEY UPDATE', [index.id]);
      for (const statement of toSealStatements(index.tables, index.layout)) await session.query(statement);
      await session.query('COMMIT');
      await session.query(`VACUUM (ANALYZE) ${documents}`);
      await session.query(`VACUUM (ANALYZE) ${sources}`);
    } catch (error) {
      throw toNotFound(error, name);
    } finally {
      await session.end();
    }
    await this.#catalogue.setSearchable(index);
  }

  async refresh(name: string): Promise<void> {
    await this.#catalogue.setSearchable(await this.#catalogue.find(name));
  }

  async swapAliases(schema: IndexSchema, swaps: readonly AliasSwap[]): Promise<'swapped' | 'conflict'> {
    for (const { alias, filter, to } of swaps) {
      checkIndexName(alias);
      checkIndexName(to);
      planFilters(schema, filter ? [filter] : []);
    }
    return this.#catalogue.swap(swaps);
  }

  aliasTargets(alias: string): Promise<string[]> {
    return this.#catalogue.targetsOf(alias);
  }

  async search(schema: IndexSchema, target: string, query: SearchQuery): Promise<SearchResult> {
    const plan = planQuery(schema, query);
    const [first, ...found] = await this.#reading(target, (index) => {
      const filters = [...filtersOf(index), ...plan.filters];
      const tombstones = plan.tombstones && index.filter === undefined;
      const { text, values } = toSearchStatement(index.tables, index.layout, { ...plan, filters, tombstones });
      return this.#database.query<SearchRow>(text, values);
    });
    const { total, facets } = first as Extract<SearchRow, { place: 0 }>;
    const page = (found as Exclude<SearchRow, { place: 0 }>[]).slice(0, plan.size);
    const last = page.at(-1);
    return {
      items: page.map(({ source }) => toSearchItem(source)),
      total,
      ...(last && found.length > plan.size && { cursor: plan.cursorAt(last.position) }),
      facets: Object.fromEntries(plan.facets.map(({ field, type }, at) => [field, toFacetCounts(type, facets[at]!)])),
    };
  }

  async count(schema: IndexSchema, target: string, filters: readonly Filter[] = []): Promise<number> {
    const planned = planFilters(schema, filters);
    const [row] = await this.#reading(target, (index) => {
      const parameters = new Parameters();
      const all = { tokens: [], filters: [...filtersOf(index), ...planned], tombstones: false };
      const condition = toCondition(index.layout, all, parameters);
      const text = `SELECT count(*)::float8 AS count FROM ${index.tables.documents} d WHERE ${condition}`;
      return this.#database.query<{ count: number }>(text, parameters.values);
    });
    return row!.count;
  }

  bucketSums(index: string): Promise<BucketSum[]> {
    return this.#reading(index, async ({ tables, isSearchable }) => {
      if (!isSearchable) return [];
      return this.#database.query<BucketSum>(
        `SELECT bucket, count(*) FILTER (WHERE NOT deleted)::float8 AS live,
                count(*) FILTER (WHERE deleted)::float8 AS tombstones,
                sum(version % ${VERSION_MODULUS})::float8 AS "versionSum"
         FROM ${tables.documents} GROUP BY bucket`,
      );
    });
  }

  async getMany(index: string, ids: readonly string[]): Promise<StoredDocument[]> {
    const rows = await this.#reading(index, ({ tables }) =>
      this.#database.query<{ id: string; source: string }>(
        `SELECT id, source FROM ${tables.sources} WHERE id = ANY($1::text[])`,
        [ids.filter((id) => !id.includes('\0'))],
      ),
    );
    const sources = new Map(rows.map(({ id, source }) => [id, source]));
    return ids.flatMap((id) => (sources.has(id) ? [fromIndexSource(sources.get(id)!)] : []));
  }

  async *scan(target: string, options: ScanOptions = {}): AsyncGenerator<StoredDocument[]> {
    const session = await this.#database.session(this.#pageTimeoutMs);
    try {
      yield* await this.#reading(target, (index) => scanIndex(session.query, index, filtersOf(index), options));
    } finally {
      await session.end();
    }
  }

  async probe(): Promise<EngineProbe> {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('PostgreSQL does not answer.')), PROBE_TIMEOUT_MS);
    });
    try {
      // Refused by a server that only reads, and writes nothing.
      await Promise.race([this.#database.query('DELETE FROM indexes WHERE false'), silence]);
      return { ready: true };
    } catch (error) {
      const isGone = isSearchUnavailable(error) || !(error instanceof Error);
      return { ready: false, reason: isGone ? 'PostgreSQL does not answer.' : error.message };
    } finally {
      clearTimeout(timer);
    }
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  /** Reads an index; when it was removed meanwhile, what its alias shows by now. @throws IndexNotFoundError */
  async #reading<T>(target: string, read: (index: FoundIndex) => Promise<T>): Promise<T> {
    checkIndexName(target);
    for (let lookUp = 1; ; lookUp += 1) {
      const index = await this.#catalogue.find(target);
      try {
        return await read(index);
      } catch (error) {
        if (!isUndefinedTable(error) || lookUp === LOOK_UPS) throw toNotFound(error, target);
      }
    }
  }
}

/** The conditions under which an index is shown: the filter of the alias, and nothing before the fill has ended. */
function filtersOf({ isSearchable, filter, layout }: FoundIndex): ReturnType<typeof planFilters> {
  if (!isSearchable) return [{ kind: 'or', filters: [] }];
  if (!filter) return [];
  return planFilters(defineIndexSchema({ name: 'alias', version: 0, fields: layout.fields }), [filter]);
}

function toNotFound(error: unknown, target: string): unknown {
  return isUndefinedTable(error) ? new IndexNotFoundError(`There is no index ${target}.`, { cause: error }) : error;
}
