import { type IndexLayout, wordColumnsOf } from './index-layout.js';
import type { IndexTableRow } from './row-of-write.js';
import type { IndexTables, Statement } from './search-sql.js';
import { toArrayText } from './stored-value.js';

/** Statements that make the tables of an index. Nothing is indexed but the id until the fill ends. */
export function toCreateStatements({ documents, sources }: IndexTables, { columns }: IndexLayout): string[] {
  return [
    `CREATE TABLE ${documents} (${columns.map(({ name, type }) => `${name} ${type}`).join(', ')})`,
    `CREATE TABLE ${sources} (id text COLLATE "C" PRIMARY KEY, source text NOT NULL)`,
  ];
}

/** Statements that index the words of all documents at once, which costs far less than one by one. May be run again. */
export function toSealStatements({ documents }: IndexTables, layout: IndexLayout): string[] {
  const words = wordColumnsOf(layout);
  if (words.length === 0) return [];
  const name = `${documents.slice(documents.lastIndexOf('.') + 1)}_words`;
  return [`CREATE INDEX IF NOT EXISTS ${name} ON ${documents} USING gin (${words.join(', ')}) WITH (fastupdate = off)`];
}

/**
 * Writes rows of different ids and answers the ids of those that were not older than what is there. One statement, so that a
 * document and its source are never of two versions; by id, so that two writers never wait for each other crosswise.
 */
export function toWriteStatement(
  { documents, sources }: IndexTables,
  { columns }: IndexLayout,
  rows: readonly IndexTableRow[],
): Statement {
  const names = columns.map(({ name }) => name).join(', ');
  const sent = columns.map(({ sentAs }, at) => `$${at + 1}::${sentAs}[]`).join(', ');
  const stored = columns
    .map(({ name, type }) => `${name}::${type.replace(/ (COLLATE|PRIMARY|NOT) .*$/, '')}`)
    .join(', ');
  const changes = columns.map(({ name }) => `${name} = excluded.${name}`).join(', ');
  return {
    text: `
      WITH given AS MATERIALIZED (
        SELECT * FROM unnest(${sent}, string_to_array($${columns.length + 1}, E'\\x01')) AS given(${names}, source)
      ), written AS (
        INSERT INTO ${documents} AS held (${names}) SELECT ${stored} FROM given ORDER BY given.id COLLATE "C"
        ON CONFLICT (id) DO UPDATE SET ${changes} WHERE held.version <= excluded.version
        RETURNING id
      )
      INSERT INTO ${sources} (id, source) SELECT given.id, given.source FROM given JOIN written USING (id)
      ON CONFLICT (id) DO UPDATE SET source = excluded.source
      RETURNING id`,
    values: [
      ...columns.map((_, at) => toArrayText(rows.map(({ cells }) => cells[at]))),
      rows.map(({ source }) => source).join(SEPARATOR),
    ],
  };
}

/**
 * Removes documents with their sources up to a version each, by id as every writer does, and answers the ids of those that
 * are newer and stay.
 */
export function toRemovalStatement(
  { documents, sources }: IndexTables,
  removals: readonly { readonly id: string; readonly version: number }[],
): Statement {
  return {
    text: `
      WITH given AS MATERIALIZED (
        SELECT * FROM unnest($1::text[], $2::bigint[]) AS given(id, version)
      ), held AS MATERIALIZED (
        SELECT d.id, d.version > given.version AS newer FROM ${documents} d JOIN given ON given.id = d.id COLLATE "C"
        ORDER BY d.id FOR UPDATE OF d
      ), removed AS (
        DELETE FROM ${documents} d USING held WHERE d.id = held.id AND NOT held.newer RETURNING d.id
      ), unread AS (
        DELETE FROM ${sources} s USING removed WHERE s.id = removed.id
      )
      SELECT id FROM held WHERE newer`,
    values: [removals.map(({ id }) => id), removals.map(({ version }) => version)],
  };
}

/** Stands in no JSON, so that sources are handed over as they are. */
const SEPARATOR = '\x01';
