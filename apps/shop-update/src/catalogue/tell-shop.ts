import type { EntityManager } from 'typeorm';
import { enqueueChanges } from '../queue/enqueue.js';
import { type CatalogueState, changesBetween, type ProductState, type SetState } from './topics-of-change.js';

/** What a write may change: sets with all their products, and products by themselves. */
export interface WriteScope {
  readonly sets?: readonly number[];
  readonly products?: readonly number[];
}

/**
 * Runs a write of the catalogue, and queues in the same transaction what the shop must be told of it. The caller has locked
 * the rows that it changes.
 */
export async function tellingShop<T>(manager: EntityManager, scope: WriteScope, write: () => Promise<T>): Promise<T> {
  const before = await readCatalogue(manager, scope);
  const result = await write();
  const after = await readCatalogue(manager, scope);
  await enqueueChanges(manager, changesBetween(before, after, scope.sets ?? []));
  return result;
}

/** Tombstones included. */
async function readCatalogue(
  manager: EntityManager,
  { sets: setIds = [], products: productIds = [] }: WriteScope,
): Promise<CatalogueState> {
  const products: ProductState[] = await manager.query(
    `SELECT p.id, p.product_set_id AS "productSetId", p.seller_id AS "sellerId", p.deleted, p.status,
       p.qc_status AS "qcStatus", p.src_id AS "srcId", p.stock, p.consignment_stock AS "consignmentStock",
       md5(row(p.seller_sku, p.title, p.description, p.ean, p.tax_class, p.shipment_type, p.attributes)::text) AS content,
       md5(row(p.price, p.special_price, p.special_from_date, p.special_to_date)::text) AS price
     FROM product p WHERE p.id = ANY ($1::bigint[]) OR p.product_set_id = ANY ($2::bigint[]) ORDER BY p.id`,
    [productIds, setIds],
  );
  const sets: SetState[] = await manager.query(
    `SELECT s.id, s.seller_id AS "sellerId", s.deleted, s.src_id AS "srcId", s.images::text AS images,
       s.images <> '[]' AS "hasImages",
       md5(row(s.name, s.brand, s.attribute_set, s.primary_category, s.categories)::text) AS content
     FROM product_set s WHERE s.id = ANY ($1::bigint[]) ORDER BY s.id`,
    [[...new Set([...setIds, ...products.map(({ productSetId }) => productSetId)])]],
  );
  return {
    sets: new Map(sets.map((set) => [set.id, set])),
    products: new Map(products.map((product) => [product.id, product])),
  };
}
