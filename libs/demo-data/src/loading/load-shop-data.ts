import { generateOrders, ordersFor } from '../returns/generate-orders.js';
import { generateReturns } from '../returns/generate-returns.js';
import {
  generateProductSets,
  generateProducts,
  generateSellers,
  productSetsFor,
  sellersFor,
} from '../shop/generate-catalogue.js';
import { putBodies } from './put-bodies.js';
import { type LoadCounts, type LoadTarget, type RefusedLine, sendRecords } from './send-records.js';

/** How much of what is sold, and of what comes back, is loaded. */
export interface ShopDataOptions {
  readonly products: number;
  readonly returns: number;
  /** @default 1 */
  readonly seed?: number;
  /** `yyyy-MM-dd`; orders and returns lie in the eight weeks before. */
  readonly asOf: string;
  /** @default 10000 */
  readonly recordsARequest?: number;
}

/** What is loaded, in this order. */
export const SHOP_KINDS = ['sellers', 'product sets', 'products', 'orders', 'returns'] as const;
export type ShopKind = (typeof SHOP_KINDS)[number];

/** How far the loading is. */
export interface ShopDataProgress {
  readonly kind: ShopKind;
  readonly counts: LoadCounts;
  readonly expected: number;
  readonly refused: readonly RefusedLine[];
}

/**
 * Loads a catalogue, orders and returns with what happened to them, the same for the same seed and day, through the public
 * routes. May be cut off and done again. Resolves with the counts of each kind. Throws as `sendRecords` does.
 */
export async function loadShopData(
  target: LoadTarget,
  options: ShopDataOptions,
  onProgress: (progress: ShopDataProgress) => void = () => undefined,
): Promise<Partial<Record<ShopKind, LoadCounts>>> {
  const { products, returns, seed = 1, asOf, recordsARequest } = options;
  const catalogue = { count: products, seed };
  const came = { count: returns, seed, asOf, ...(products > 0 && { products }) };
  const progress = (kind: ShopKind, expected: number) => (counts: LoadCounts, refused: readonly RefusedLine[]) =>
    onProgress({ kind, counts, expected, refused });
  const send = (kind: ShopKind, records: Iterator<object>, expected: number) =>
    sendRecords(target, `/api/${kind}/bulk`, records, progress(kind, expected), recordsARequest);
  const counts: Partial<Record<ShopKind, LoadCounts>> = {};
  if (products > 0) {
    const [sellers, sets] = [sellersFor(products), productSetsFor(products)];
    counts.sellers = await putBodies(target, generateSellers(catalogue), progress('sellers', sellers));
    counts['product sets'] = await putBodies(target, generateProductSets(catalogue), progress('product sets', sets));
    counts.products = await putBodies(target, generateProducts(catalogue), progress('products', products));
  }
  if (returns > 0) {
    counts.orders = await send('orders', generateOrders(came), ordersFor(returns));
    counts.returns = await send('returns', generateReturns(came), returns);
  }
  return counts;
}
