import type { ShopMethod, Topic } from '../queue/topics.js';
import type { Settings } from '../shop-config/settings.js';

const METHODS: Readonly<Record<Exclude<Topic, 'price'>, ShopMethod>> = {
  new_product_set: 'Product.createProducts',
  new_product: 'Product.createProducts',
  content: 'Product.updateProducts',
  status: 'Product.updateProducts',
  qc_status_change: 'Product.updateProducts',
  stock: 'Product.updateStock',
  consignment_stock_change: 'Product.updateStock',
  images: 'Product.updateImageCollection',
};

/** How the shop is told of a topic. Not every shop has a method of its own for prices. */
export function methodOf(topic: Topic, { priceMethod }: Pick<Settings, 'priceMethod'>): ShopMethod {
  return topic === 'price' ? priceMethod : METHODS[topic];
}

const BATCH_MAX: Readonly<Record<ShopMethod, number>> = {
  'Product.createProducts': 1,
  'Product.updateProducts': 20,
  'Product.updatePrices': 50,
  'Product.updateStock': 50,
  'Product.updateImageCollection': 1,
};

/** Items that one call carries at most. */
export function batchMax(method: ShopMethod): number {
  return BATCH_MAX[method];
}
