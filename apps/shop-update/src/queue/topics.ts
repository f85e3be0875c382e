/** What the shop is told about, in the order of its menu. */
export const TOPICS = [
  'new_product_set',
  'new_product',
  'content',
  'status',
  'qc_status_change',
  'price',
  'stock',
  'consignment_stock_change',
  'images',
] as const;
export type Topic = (typeof TOPICS)[number];

/** Makes the shop know a set or a variation: leaves before everything else of its lane. */
export function isCreate(topic: Topic): boolean {
  return topic === 'new_product_set' || topic === 'new_product';
}

export const FLOWS = ['synchronous', 'asynchronous'] as const;
export type Flow = (typeof FLOWS)[number];

export const SHOP_METHODS = [
  'Product.createProducts',
  'Product.updateProducts',
  'Product.updatePrices',
  'Product.updateStock',
  'Product.updateImageCollection',
] as const;
export type ShopMethod = (typeof SHOP_METHODS)[number];
