import { type Page, type PageQuery, pageOffset, parseSort, toPage } from '@lockstep/service';
import type { EntityManager } from 'typeorm';
import { ownsSql, type Tenant } from './tenant.js';

/** How the rows of a table, `t`, are listed. The order that a tenant is told by is `o`. */
export interface Listing {
  readonly table: string;
  readonly join: string;
  readonly where: string;
  /** By the name of the field: what can be asked for, and sorted by. The first is the order of a list without `sort`. */
  readonly columns: Readonly<Record<string, string>>;
}

/** One page of what the tenant may see, in the order asked for and then by id, so that no row is on two pages. */
export async function listRows<View>(
  manager: EntityManager,
  { table, join, where, columns }: Listing,
  query: PageQuery & { readonly sort?: string },
  tenant: Tenant,
  read: (manager: EntityManager, ids: readonly number[]) => Promise<ReadonlyMap<number, View>>,
): Promise<Page<View>> {
  const fields = Object.keys(columns);
  const { field, direction } = parseSort(query, fields, { field: fields[0] as string, direction: 'asc' });
  const values: unknown[] = [tenant.accountSlugs, tenant.workspaces];
  const conditions = [where, ownsSql(1)];
  for (const [name, column] of Object.entries(columns)) {
    const value = (query as unknown as Record<string, unknown>)[name];
    if (value !== undefined) conditions.push(`${column} = $${values.push(value)}`);
  }
  const from = `FROM ${table} t ${join} WHERE ${conditions.join(' AND ')}`;
  const [rows, [count]] = await Promise.all([
    manager.query(
      `SELECT t.id ${from} ORDER BY ${columns[field]} ${direction} NULLS LAST, t.id
       LIMIT $${values.length + 1} OFFSET $${values.length + 2}`,
      [...values, query.pageSize, pageOffset(query)],
    ) as Promise<{ id: number }[]>,
    manager.query(`SELECT count(*)::int AS total ${from}`, values) as Promise<{ total: number }[]>,
  ]);
  const ids = rows.map(({ id }) => id);
  const views = await read(manager, ids);
  return toPage(
    query,
    ids.flatMap((id) => views.get(id) ?? []),
    count?.total ?? 0,
  );
}
