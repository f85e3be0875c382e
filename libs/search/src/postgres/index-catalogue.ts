import { createHash } from 'node:crypto';
import type { AliasSwap, IndexInfo, IndexMeta } from '../engine/search-engine.js';
import { IndexConflictError, IndexNotFoundError } from '../engine/search-errors.js';
import type { Filter } from '../query/search-query.js';
import { canonicalJson, type FieldDefinitions, type IndexSchema } from '../schema/index-schema.js';
import { type IndexLayout, layoutOf } from './index-layout.js';
import { isLockTimeout, type Query, type SearchDatabase } from './search-database.js';
import type { IndexTables } from './search-sql.js';
import { toCreateStatements } from './write-sql.js';

/** An index as it is found by its name or through an alias. */
export interface FoundIndex {
  readonly id: number;
  readonly tables: IndexTables;
  readonly layout: IndexLayout;
  /** False until the fill ends or somebody refreshes: searches find nothing. */
  readonly isSearchable: boolean;
  /** Of the alias it was found through; null when that has none, absent when the index was named itself. */
  readonly filter?: Filter | null;
}

interface IndexRow {
  readonly id: number;
  readonly name: string;
  readonly fields: FieldDefinitions;
  readonly meta: IndexMeta;
  readonly aliases: readonly string[];
  readonly columns: readonly (readonly [name: string, type: string])[];
}

interface FoundRow {
  readonly id: number;
  readonly fields: FieldDefinitions;
  readonly isSearchable: boolean;
}

const FOUND_COLUMNS = 'i.id::float8 AS id, i.fields, i.is_searchable AS "isSearchable"';

/** How long the removal of a table waits for its last readers before it is left for later. */
const DROP_TIMEOUT = '2s';

/**
 * Which indexes and aliases there are: rows of one prefix in two tables. An index is there from the commit of its row to the
 * commit of its removal; its own tables follow when nobody reads them any more.
 */
export class IndexCatalogue {
  constructor(
    private readonly database: SearchDatabase,
    private readonly prefix: string,
  ) {}

  /** Makes an index and its tables, or finds them; answers the structure hash. @throws IndexConflictError */
  async create(name: string, { fields }: IndexSchema, meta: IndexMeta): Promise<string> {
    await this.#dropLeftovers();
    return this.database.transaction(async (query) => {
      await query(
        `DELETE FROM indexes WHERE prefix = $1 AND name = $2 AND to_regclass(${this.#tableOf('id')}) IS NULL`,
        [this.prefix, name],
      );
      const [made] = await query<{ id: number }>(
        `INSERT INTO indexes (prefix, name, fields, meta) VALUES ($1, $2, $3, $4)
         ON CONFLICT (prefix, name) DO NOTHING RETURNING id::float8 AS id`,
        [this.prefix, name, JSON.stringify(fields), JSON.stringify(meta)],
      );
      if (made) {
        for (const statement of toCreateStatements(this.#tablesOf(made.id), layoutOf(fields))) await query(statement);
      }
      const [row] = await this.#list(query, name);
      if (row === undefined || canonicalJson(row.meta) !== canonicalJson(meta)) {
        throw new IndexConflictError(`Index ${this.prefix}${name} exists and is not the one to be made.`);
      }
      return structureOf(row);
    });
  }

  /** Removes an index and what it has of aliases; its tables when their readers have gone. */
  async remove(name: string): Promise<void> {
    await this.database.query('DELETE FROM indexes WHERE prefix = $1 AND name = $2', [this.prefix, name]);
    await this.#dropLeftovers();
  }

  async list(): Promise<IndexInfo[]> {
    const rows = await this.#list((text, values) => this.database.query(text, values));
    return rows.map((row) => ({ name: row.name, meta: row.meta, aliases: row.aliases, structure: structureOf(row) }));
  }

  /** An index through an alias, or by its own name. @throws IndexNotFoundError */
  async find(target: string): Promise<FoundIndex> {
    const found = (await this.#findAliased(target)) ?? (await this.findIndex(target));
    if (found === undefined) throw new IndexNotFoundError(`There is no index ${this.prefix}${target}.`);
    return found;
  }

  /** An index by its own name. */
  async findIndex(name: string): Promise<FoundIndex | undefined> {
    const [row] = await this.database.query<FoundRow>(
      `SELECT ${FOUND_COLUMNS} FROM indexes i WHERE i.prefix = $1 AND i.name = $2`,
      [this.prefix, name],
    );
    return row && this.#toFound(row);
  }

  async #findAliased(alias: string): Promise<FoundIndex | undefined> {
    const [row] = await this.database.query<FoundRow & { filter: Filter | null }>(
      `SELECT ${FOUND_COLUMNS}, a.filter FROM aliases a JOIN indexes i ON i.id = a.index_id
       WHERE a.prefix = $1 AND a.name = $2 ORDER BY i.name LIMIT 1`,
      [this.prefix, alias],
    );
    return row && { ...this.#toFound(row), filter: row.filter };
  }

  #toFound({ id, fields, isSearchable }: FoundRow): FoundIndex {
    return { id, tables: this.#tablesOf(id), layout: layoutOf(fields), isSearchable };
  }

  async setSearchable({ id }: FoundIndex): Promise<void> {
    await this.database.query('UPDATE indexes SET is_searchable = true WHERE id = $1 AND NOT is_searchable', [id]);
  }

  /** Indexes that have the alias, by name. */
  async targetsOf(alias: string): Promise<string[]> {
    const rows = await this.database.query<{ name: string }>(
      `SELECT i.name FROM aliases a JOIN indexes i ON i.id = a.index_id
       WHERE a.prefix = $1 AND a.name = $2 ORDER BY i.name`,
      [this.prefix, alias],
    );
    return rows.map(({ name }) => name);
  }

  /** All moves or none: `conflict` when an alias or an index is not where it is expected. */
  async swap(swaps: readonly AliasSwap[]): Promise<'swapped' | 'conflict'> {
    try {
      await this.database.transaction(async (query) => {
        await query(`SELECT pg_advisory_xact_lock(hashtextextended('lockstep.search.aliases.' || $1, 0))`, [
          `${this.database.schema}.${this.prefix}`,
        ]);
        const ids = await this.#lockIndexes(query, swaps);
        for (const { alias, from } of swaps) await this.#takeAway(query, alias, from, ids);
        for (const { alias, filter, to } of swaps) await this.#give(query, alias, filter, idOf(ids, to));
      });
      return 'swapped';
    } catch (error) {
      if (error instanceof AliasElsewhere) return 'conflict';
      throw error;
    }
  }

  /** Holds the rows of the indexes, so that none is removed before the aliases have moved. */
  async #lockIndexes(query: Query, swaps: readonly AliasSwap[]): Promise<ReadonlyMap<string, number>> {
    const names = [...new Set(swaps.flatMap(({ from, to }) => [...from, to]))];
    const rows = await query<{ name: string; id: number }>(
      `SELECT name, id::float8 AS id FROM indexes WHERE prefix = $1 AND name = ANY($2) ORDER BY name FOR KEY SHARE`,
      [this.prefix, names],
    );
    return new Map(rows.map(({ name, id }) => [name, id]));
  }

  async #takeAway(
    query: Query,
    alias: string,
    from: readonly string[],
    ids: ReadonlyMap<string, number>,
  ): Promise<void> {
    const taken = await query(
      'DELETE FROM aliases WHERE prefix = $1 AND name = $2 AND index_id = ANY($3::bigint[]) RETURNING 1',
      [this.prefix, alias, from.map((name) => idOf(ids, name))],
    );
    if (taken.length < new Set(from).size) throw new AliasElsewhere();
  }

  async #give(query: Query, alias: string, filter: Filter | undefined, id: number): Promise<void> {
    await query(
      `INSERT INTO aliases (prefix, name, index_id, filter) VALUES ($1, $2, $3, $4)
       ON CONFLICT (prefix, name, index_id) DO UPDATE SET filter = excluded.filter`,
      [this.prefix, alias, id, filter === undefined ? null : JSON.stringify(filter)],
    );
  }

  /** Indexes with their columns as they are now. One whose table was taken away by hand is none. */
  #list(query: Query, name?: string): Promise<IndexRow[]> {
    return query<IndexRow>(
      `SELECT i.id::float8 AS id, i.name, i.fields, i.meta,
              ARRAY(SELECT a.name::text FROM aliases a WHERE a.index_id = i.id ORDER BY a.name) AS aliases,
              (SELECT json_agg(json_build_array(attname, format_type(atttypid, atttypmod)) ORDER BY attnum)
               FROM pg_attribute
               WHERE attrelid = to_regclass(${this.#tableOf('i.id')}) AND attnum > 0 AND NOT attisdropped) AS columns
       FROM indexes i
       WHERE i.prefix = $1 AND i.name = coalesce($2, i.name) AND to_regclass(${this.#tableOf('i.id')}) IS NOT NULL
       ORDER BY i.name`,
      [this.prefix, name ?? null],
    );
  }

  /** Drops tables of indexes that were removed. One that is still read is left for the next time. */
  async #dropLeftovers(): Promise<void> {
    const leftovers = await this.database.query<{ id: number }>(
      `SELECT substring(c.relname FROM '\\d+$')::float8 AS id FROM pg_class c
       WHERE c.relnamespace = $1::regnamespace AND c.relkind = 'r' AND c.relname ~ '^documents_\\d+$'
         AND NOT EXISTS (SELECT FROM indexes i WHERE 'documents_' || i.id = c.relname)`,
      [this.database.schema],
    );
    for (const { id } of leftovers) await this.#drop(this.#tablesOf(id));
  }

  async #drop({ documents, sources }: IndexTables): Promise<void> {
    try {
      await this.database.transaction(async (query) => {
        await query(`SET LOCAL lock_timeout = '${DROP_TIMEOUT}'`);
        await query(`DROP TABLE IF EXISTS ${documents}, ${sources}`);
      });
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
    }
  }

  #tablesOf(id: number): IndexTables {
    const { schema } = this.database;
    return { documents: `${schema}.documents_${id}`, sources: `${schema}.sources_${id}` };
  }

  /** The name of the table of documents as an expression over the index's id. */
  #tableOf(id: string): string {
    return `'${this.database.schema.replaceAll("'", "''")}.documents_' || ${id}`;
  }
}

/** Undoes the transaction of a swap. */
class AliasElsewhere extends Error {}

function idOf(ids: ReadonlyMap<string, number>, name: string): number {
  const id = ids.get(name);
  if (id === undefined) throw new AliasElsewhere();
  return id;
}

/** Hash of what was declared and of the columns in force. */
function structureOf({ fields, columns }: Pick<IndexRow, 'fields' | 'columns'>): string {
  return createHash('sha256').update(canonicalJson({ fields, columns })).digest('hex').slice(0, 16);
}
