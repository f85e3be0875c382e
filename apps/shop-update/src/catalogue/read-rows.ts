import { type Page, type PageQuery, pageOffset, parseSort, type SortOrder, toPage } from '@lockstep/service';
import type { EntityManager } from 'typeorm';
import { columnOf } from './row-shape.js';

/** How the rows of a table are read. */
export interface Reading {
  readonly table: string;
  /** A row as JSON under the alias `t`; see `viewSql`. */
  readonly view: string;
}

/** What a list is asked for: the conditions that are stated hold together. */
export interface ListRequest<Field extends string> {
  readonly query: PageQuery & { readonly sort?: string };
  readonly sortable: readonly Field[];
  /** Value by field; undefined is no condition. */
  readonly where: Readonly<Record<string, unknown>>;
}

/** Rows that are there, by id; tombstones are not. */
export async function readRows<View extends { id: number }>(
  manager: EntityManager,
  { table, view }: Reading,
  ids: readonly number[],
): Promise<Map<number, View>> {
  if (ids.length === 0) return new Map();
  const rows: { view: View }[] = await manager.query(
    `SELECT ${view} AS view FROM ${table} t WHERE t.id = ANY ($1::bigint[]) AND NOT t.deleted`,
    [ids],
  );
  return new Map(rows.map(({ view: row }) => [row.id, row]));
}

/** One page, in the order asked for and then by id, so that no row is on two pages. */
export async function listRows<View, Field extends string>(
  manager: EntityManager,
  { table, view }: Reading,
  { query, sortable, where }: ListRequest<Field>,
): Promise<Page<View>> {
  const { field, direction } = parseSort(query, sortable, { field: sortable[0], direction: 'asc' } as SortOrder<Field>);
  const conditions = Object.entries(where).filter(([, value]) => value !== undefined);
  const filter = ['NOT t.deleted', ...conditions.map(([name], index) => `t.${columnOf(name)} = $${index + 1}`)];
  const values = conditions.map(([, value]) => value);
  const from = `FROM ${table} t WHERE ${filter.join(' AND ')}`;
  const [rows, [count]] = await Promise.all([
    manager.query(
      `SELECT ${view} AS view ${from} ORDER BY t.${columnOf(field)} ${direction}, t.id
       LIMIT $${values.length + 1} OFFSET $${values.length + 2}`,
      [...values, query.pageSize, pageOffset(query)],
    ) as Promise<{ view: View }[]>,
    manager.query(`SELECT count(*)::int AS total ${from}`, values) as Promise<{ total: number }[]>,
  ]);
  return toPage(
    query,
    rows.map(({ view: row }) => row),
    count?.total ?? 0,
  );
}

/** Makes a tombstone of a row; false when there is none, or only a tombstone. */
export async function buryRow(manager: EntityManager, table: string, id: number): Promise<boolean> {
  const gone: unknown[] = await manager.query(
    `WITH gone AS (
       UPDATE ${table} SET deleted = true, version = version + 1, updated_at = now()
       WHERE id = $1 AND NOT deleted RETURNING id)
     SELECT id FROM gone`,
    [id],
  );
  return gone.length > 0;
}

/** Those of the ids whose rows are there, locked until the end of the transaction so that nobody takes them away. */
export async function holdRows(manager: EntityManager, table: string, ids: readonly number[]): Promise<Set<number>> {
  const rows: { id: number }[] = await manager.query(
    `SELECT id FROM ${table} WHERE id = ANY ($1::bigint[]) AND NOT deleted ORDER BY id FOR SHARE`,
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}
