import type { EntityManager } from 'typeorm';
import type { Gains, Holders } from './check-result.js';
import type { Item } from './item.js';
import type { ItemResult } from './shop-call.js';

interface IdRow {
  readonly id: number;
  readonly srcId: string | null;
}

/** Sets, then products, as every write of the catalogue does before it comes to the lanes. */
export async function lockCatalogue(
  manager: EntityManager,
  productSetIds: readonly number[],
  productIds: readonly number[],
): Promise<void> {
  await manager.query('SELECT FROM product_set WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE', [
    productSetIds,
  ]);
  await manager.query('SELECT FROM product WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE', [productIds]);
}

/** Ids that the shop has given to what these items are about, and to whoever has the ids of these results. */
export async function readHolders(
  manager: EntityManager,
  answered: readonly { readonly item: Item; readonly result: ItemResult }[],
): Promise<(item: Item) => Holders> {
  const products: number[] = [];
  const productSrcIds: string[] = [];
  const setSrcIds: string[] = [];
  for (const { item, result } of answered) {
    if (item.productId !== null) products.push(item.productId);
    if (result.kind === 'unusable') continue;
    if (result.kind === 'success' && result.srcId !== null) productSrcIds.push(result.srcId);
    for (const { productId, srcId } of result.made ?? []) {
      products.push(productId);
      productSrcIds.push(srcId);
    }
    if (result.setSrcId) setSrcIds.push(result.setSrcId);
  }
  const sets = answered.map(({ item }) => item.productSetId);
  const productRows = await readIds(manager, 'product', products, productSrcIds);
  const setRows = await readIds(manager, 'product_set', sets, setSrcIds);
  const [productOf, setOf] = [bySrcId(productRows), bySrcId(setRows)];
  const [product, set] = [byId(productRows), byId(setRows)];
  return ({ productSetId }) => ({
    product: (id) => product.get(id),
    set: set.get(productSetId),
    productWith: (srcId) => productOf.get(srcId),
    setWith: (srcId) => setOf.get(srcId),
  });
}

function readIds(
  manager: EntityManager,
  table: 'product' | 'product_set',
  ids: readonly number[],
  srcIds: readonly string[],
): Promise<IdRow[]> {
  return manager.query(
    `SELECT id, src_id AS "srcId" FROM ${table} WHERE id = ANY ($1::bigint[])
     UNION SELECT id, src_id FROM ${table} WHERE src_id = ANY ($2::text[])`,
    [ids, srcIds],
  );
}

function byId(rows: readonly IdRow[]): Map<number, IdRow> {
  return new Map(rows.map((row) => [row.id, row]));
}

function bySrcId(rows: readonly IdRow[]): Map<string, number> {
  return new Map(rows.flatMap(({ id, srcId }) => (srcId === null ? [] : [[srcId, id] as const])));
}

/** Writes down what the shop has said; what it does not name stays. */
export async function writeGains(
  manager: EntityManager,
  gained: readonly { readonly productSetId: number; readonly gains: Gains }[],
): Promise<void> {
  const products = gained.flatMap(({ gains }) => gains.products);
  const sets = gained.flatMap(({ productSetId, gains: { setSrcId } }) =>
    setSrcId ? [{ productSetId, setSrcId }] : [],
  );
  if (products.length > 0) {
    await manager.query(
      `UPDATE product p
       SET src_id = coalesce(s.src_id, p.src_id), shop_sku = coalesce(s.shop_sku, p.shop_sku),
         src_updated_at = coalesce(s.updated_at, p.src_updated_at), version = p.version + 1, updated_at = now()
       FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS s (id, src_id, shop_sku, updated_at)
       WHERE p.id = s.id AND (p.src_id, p.shop_sku, p.src_updated_at) IS DISTINCT FROM
         (coalesce(s.src_id, p.src_id), coalesce(s.shop_sku, p.shop_sku), coalesce(s.updated_at, p.src_updated_at))`,
      [
        products.map(({ productId }) => productId),
        products.map(({ srcId }) => srcId),
        products.map(({ shopSku }) => shopSku),
        products.map(({ updatedAt }) => updatedAt),
      ],
    );
  }
  if (sets.length > 0) {
    await manager.query(
      `UPDATE product_set p SET src_id = s.src_id, version = p.version + 1, updated_at = now()
       FROM unnest($1::bigint[], $2::text[]) AS s (id, src_id) WHERE p.id = s.id AND p.src_id IS NULL`,
      [sets.map(({ productSetId }) => productSetId), sets.map(({ setSrcId }) => setSrcId)],
    );
  }
}
