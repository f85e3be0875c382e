import type { IdentifierIds } from '@lockstep/contracts';
import { readId } from '@lockstep/ownership';
import type { EntityManager } from 'typeorm';

/** A type of objects as imports name it: where its rows are, and under which names a feed may give its id. */
export interface NamedRows {
  readonly type: string;
  readonly table: string;
  /** The owner's own first. */
  readonly idNames: readonly [string, ...string[]];
  /** Rows stay as tombstones. */
  readonly isBuried: boolean;
}

export const SELLER: NamedRows = { type: 'seller', table: 'seller', idNames: ['sellerId'], isBuried: true };
export const BRAND: NamedRows = { type: 'brand', table: 'brand', idNames: ['brandId'], isBuried: false };
export const CATEGORY: NamedRows = { type: 'category', table: 'category', idNames: ['categoryId'], isBuried: false };
export const LOCATION: NamedRows = { type: 'location', table: 'location', idNames: ['locationId'], isBuried: false };

/** Feeds of a shop call product sets products, and products variants. */
export const PRODUCT_SET: NamedRows = {
  type: 'productSet',
  table: 'product_set',
  idNames: ['productSetId', 'productId'],
  isBuried: true,
};
export const PRODUCT: NamedRows = {
  type: 'product',
  table: 'product',
  idNames: ['productId', 'variantId'],
  isBuried: true,
};

export function idOf({ idNames }: NamedRows, identifierIds: IdentifierIds | null): number | null {
  for (const name of idNames) {
    const id = readId(identifierIds, name);
    if (id !== null) return id;
  }
  return null;
}

/** Those that are there, locked in the order of their ids until the end of the transaction. */
export async function findRows(
  manager: EntityManager,
  { table, isBuried }: NamedRows,
  ids: readonly (number | null | undefined)[],
  lock: 'FOR SHARE' | 'FOR UPDATE' = 'FOR SHARE',
): Promise<Set<number>> {
  const wanted = [...new Set(ids.flatMap((id) => id ?? []))];
  if (wanted.length === 0) return new Set();
  const rows: { id: number }[] = await manager.query(
    `SELECT id FROM ${table} WHERE id = ANY ($1::bigint[])${isBuried ? ' AND NOT deleted' : ''} ORDER BY id ${lock}`,
    [wanted],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Ids of the service's own range, for objects that nobody has named before. */
export async function allocateIds(manager: EntityManager, sequence: string, count: number): Promise<number[]> {
  const rows: { id: number }[] = await manager.query('SELECT nextval($1) AS id FROM generate_series(1, $2)', [
    sequence,
    count,
  ]);
  return rows.map(({ id }) => id);
}
