import type { Topic } from '../queue/topics.js';

/** A product set as the shop is to know it. */
export interface SetRow {
  readonly id: number;
  readonly sellerId: number | null;
  readonly name: string;
  readonly brand: string | null;
  readonly attributeSet: string | null;
  readonly primaryCategory: string | null;
  readonly categories: readonly string[];
  readonly images: readonly { readonly url: string; readonly hash: string }[];
  readonly price: string | null;
  readonly srcId: string | null;
  readonly deleted: boolean;
}

/** A variation, with its set. */
export interface ProductRow {
  readonly id: number;
  readonly sellerSku: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly price: string | null;
  readonly specialPrice: string | null;
  readonly specialFromDate: string | null;
  readonly specialToDate: string | null;
  readonly stock: number;
  readonly consignmentStock: number;
  readonly status: string;
  readonly qcStatus: string;
  readonly ean: string | null;
  readonly taxClass: string | null;
  readonly shipmentType: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly shopSku: string | null;
  readonly srcId: string | null;
  readonly deleted: boolean;
  readonly set: SetRow;
}

/** What is told of prices and stock: a part, because these change most. */
export type OfferRow = Pick<
  ProductRow,
  | 'id'
  | 'sellerSku'
  | 'price'
  | 'specialPrice'
  | 'specialFromDate'
  | 'specialToDate'
  | 'stock'
  | 'consignmentStock'
  | 'shopSku'
  | 'srcId'
  | 'deleted'
> & { readonly set: Pick<SetRow, 'sellerId' | 'attributeSet' | 'price' | 'srcId'> };

/** 2 makes the shop take the product offline. */
const APPROVAL_STATUS: Readonly<Record<string, number>> = { pending: 0, approved: 1, rejected: 2 };

/** What a variation costs: its own price, else that of its set. */
export function priceOf({ price, set }: Pick<OfferRow, 'price' | 'set'>): string | null {
  return price ?? set.price;
}

/** An entry of `Product.createProducts`. */
export function toCreateEntry(row: ProductRow, platformIdentifier: string): Record<string, unknown> {
  const { set } = row;
  return {
    ...describe(row),
    config_id: set.srcId,
    platform_identifier: platformIdentifier,
    seller: String(set.sellerId),
    stock: row.stock,
  };
}

/** An entry of `Product.updateProducts`: the whole product, whatever of it has changed, but never its stock. */
export function toUpdateEntry(row: ProductRow): Record<string, unknown> {
  return { product_id: row.srcId, sku: row.shopSku, ...describe(row), config_id: row.set.srcId };
}

/** An entry of `Product.updatePrices`. */
export function toPriceEntry(row: OfferRow): Record<string, unknown> {
  return {
    product_id: row.srcId,
    config_id: row.set.srcId,
    seller_sku: row.sellerSku,
    sku: row.shopSku,
    attribute_set: row.set.attributeSet,
    price: priceOf(row),
    ...specialPrice(row),
  };
}

/** An entry of `Product.updateStock`. Which of the two stocks it is about is told by the topic. */
export function toStockEntry(row: OfferRow, topic: Topic): Record<string, unknown> {
  const quantity = topic === 'consignment_stock_change' ? row.consignmentStock : row.stock;
  return {
    product_id: row.srcId,
    seller_sku: row.sellerSku,
    sku: row.shopSku,
    quantity: String(quantity),
    seller_id: String(row.set.sellerId),
  };
}

/** The parameters of `Product.updateImageCollection`: all pictures of a set, in their order. */
export function toImageParams({ srcId, images }: SetRow): Record<string, unknown> {
  return { productSetSrcId: toWireInteger(srcId), images: images.map(({ url, hash }) => ({ url, hash })) };
}

function describe(row: ProductRow): Record<string, unknown> {
  const { set } = row;
  return {
    approval_status: APPROVAL_STATUS[row.qcStatus] ?? 0,
    attribute_set: set.attributeSet,
    attributes: toAttributes(row.attributes),
    brand: set.brand,
    primary_category: set.primaryCategory,
    categories: set.categories,
    description: row.description,
    price: priceOf(row),
    product_identifier: row.ean,
    product_set: String(set.id),
    seller_sku: row.sellerSku,
    shipment_type: row.shipmentType,
    ...specialPrice(row),
    status: row.deleted ? 'deleted' : row.status,
    tax_class: row.taxClass,
    title: row.title ?? set.name,
    id_catalog_product: String(row.id),
    shipment_matrix_template: [],
  };
}

function specialPrice(row: OfferRow): Record<string, string | null> {
  return {
    special_from_date: toShopInstant(row.specialFromDate, '00:00:00'),
    special_price: row.specialPrice,
    special_to_date: toShopInstant(row.specialToDate, '23:59:59'),
  };
}

/** `YYYY-MM-DD HH:MM:SS` in UTC; a day means the whole of it. */
function toShopInstant(stated: string | null, timeOfDay: string): string | null {
  if (stated === null) return null;
  if (/^\d{4}-\d{2}-\d{2}$/.test(stated)) return `${stated} ${timeOfDay}`;
  return new Date(stated).toISOString().slice(0, 19).replace('T', ' ');
}

/** The shop takes texts and lists of texts. */
function toAttributes(attributes: ProductRow['attributes']): Record<string, string | string[]> {
  const stated = Object.entries(attributes).filter(([, value]) => value !== null);
  return Object.fromEntries(
    stated.map(([id, value]) => [id, Array.isArray(value) ? value.map(String) : String(value)]),
  );
}

/** A number where the shop expects one; ids that are none are sent as they are. */
function toWireInteger(id: string | null): number | string | null {
  return id !== null && /^\d{1,15}$/.test(id) ? Number(id) : id;
}
