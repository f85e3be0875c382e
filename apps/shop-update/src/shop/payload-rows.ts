import type { EntityManager } from 'typeorm';
import type { OfferRow, ProductRow, SetRow } from './bodies.js';

const SET_JSON = `json_build_object('id', s.id, 'sellerId', s.seller_id, 'name', s.name, 'brand', s.brand,
  'attributeSet', s.attribute_set, 'primaryCategory', s.primary_category, 'categories', s.categories,
  'images', s.images, 'price', s.price::text, 'srcId', s.src_id, 'deleted', s.deleted)`;

const PRODUCT_JSON = `json_build_object('id', p.id, 'sellerSku', p.seller_sku, 'title', p.title,
  'description', p.description, 'price', p.price::text, 'specialPrice', p.special_price::text,
  'specialFromDate', p.special_from_date, 'specialToDate', p.special_to_date, 'stock', p.stock,
  'consignmentStock', p.consignment_stock, 'status', p.status, 'qcStatus', p.qc_status, 'ean', p.ean,
  'taxClass', p.tax_class, 'shipmentType', p.shipment_type, 'attributes', p.attributes, 'shopSku', p.shop_sku,
  'srcId', p.src_id, 'deleted', p.deleted, 'set', ${SET_JSON})`;

/** Products as they are now, tombstones included, in no order. */
export function readProductRows(manager: EntityManager, ids: readonly number[]): Promise<ProductRow[]> {
  return readRows(manager, 'p.id = ANY ($1::bigint[])', ids);
}

type FlatOffer = Omit<OfferRow, 'set'> & {
  readonly setSellerId: number | null;
  readonly setAttributeSet: string | null;
  readonly setPrice: string | null;
  readonly setSrcId: string | null;
};

/** As {@link readProductRows}, of the few columns that prices and stock are told by. */
export async function readOfferRows(manager: EntityManager, ids: readonly number[]): Promise<OfferRow[]> {
  const rows: FlatOffer[] = await manager.query(
    `SELECT p.id, p.seller_sku AS "sellerSku", p.price::text AS price, p.special_price::text AS "specialPrice",
       p.special_from_date AS "specialFromDate", p.special_to_date AS "specialToDate", p.stock,
       p.consignment_stock AS "consignmentStock", p.shop_sku AS "shopSku", p.src_id AS "srcId", p.deleted,
       s.seller_id AS "setSellerId", s.attribute_set AS "setAttributeSet", s.price::text AS "setPrice", s.src_id AS "setSrcId"
     FROM product p JOIN product_set s ON s.id = p.product_set_id WHERE p.id = ANY ($1::bigint[])`,
    [ids],
  );
  return rows.map(({ setSellerId, setAttributeSet, setPrice, setSrcId, ...row }) => ({
    ...row,
    set: { sellerId: setSellerId, attributeSet: setAttributeSet, price: setPrice, srcId: setSrcId },
  }));
}

/** What a new set is made of: its approved variations that the shop does not know, in the order of their ids. */
export function readUncreated(manager: EntityManager, setIds: readonly number[]): Promise<ProductRow[]> {
  return readRows(
    manager,
    `p.product_set_id = ANY ($1::bigint[]) AND p.src_id IS NULL AND NOT p.deleted AND NOT s.deleted
      AND p.status <> 'deleted' AND p.qc_status = 'approved'`,
    setIds,
  );
}

export async function readSetRows(manager: EntityManager, ids: readonly number[]): Promise<SetRow[]> {
  const rows: { row: SetRow }[] = await manager.query(
    `SELECT ${SET_JSON} AS row FROM product_set s WHERE s.id = ANY ($1::bigint[])`,
    [ids],
  );
  return rows.map(({ row }) => row);
}

async function readRows(manager: EntityManager, where: string, ids: readonly number[]): Promise<ProductRow[]> {
  const rows: { row: ProductRow }[] = await manager.query(
    `SELECT ${PRODUCT_JSON} AS row FROM product p JOIN product_set s ON s.id = p.product_set_id
     WHERE ${where} ORDER BY p.id`,
    [ids],
  );
  return rows.map(({ row }) => row);
}
