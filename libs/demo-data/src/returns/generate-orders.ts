import { type Random, randomOf } from '../people/random.js';
import { day } from '../people/trainee-person.js';
import { toAmount, wareOf } from '../shop/wares.js';

/** How many, which ones, and on which day they are looked at. */
export interface ReturnsOptions {
  /** Returns; orders follow from it. */
  count: number;
  /** The same seed gives the same orders and returns. */
  seed: number;
  /** `yyyy-MM-dd`; everything lies in the eight weeks before. */
  asOf: string;
  /** Products that are sold: SKUs are theirs. @default 300 */
  products?: number;
}

/** A line of `POST /api/orders/bulk`. */
export interface OrderLine {
  id: number;
  customerOrderNumber: string;
  orderDate: string;
  portal: string;
  salesChannel: string;
  accountSlug: string;
  workspace: string;
  paymentType: 'PREPAID' | 'COD';
  items: OrderItemLine[];
}

/** An item of an order; numbers of items are the order's with two digits behind. */
export interface OrderItemLine {
  orderItemId: number;
  sku: string;
  productName: string;
  brand: string;
  quantity: number;
  lineItemTotal: string;
}

const DEFAULT_PRODUCTS = 300;
/** Some orders come back in two parcels. */
const RETURNS_AN_ORDER = 1.1;
const DAYS = 56;
const ACCOUNTS = ['acme', 'bolt', 'cobalt', 'dale'];
const WORKSPACES = ['north', 'south', 'midlands'];
const PORTALS = ['web', 'app', 'marketplace'];
const CHANNELS = ['own-shop', 'amazon', 'ebay', 'etsy'];

/** Orders of so many returns. */
export function ordersFor(returns: number): number {
  return Math.ceil(returns / RETURNS_AN_ORDER);
}

/** Orders, from 1. */
export function* generateOrders(options: ReturnsOptions): Generator<OrderLine> {
  for (let id = 1; id <= ordersFor(options.count); id++) yield orderOf(options, id);
}

/** One order, without those before it. */
export function orderOf({ seed, asOf, products = DEFAULT_PRODUCTS }: ReturnsOptions, id: number): OrderLine {
  const random = randomOf(seed ^ 0x04de, id);
  return {
    id,
    customerOrderNumber: `SO-${String(100_000 + id)}`,
    orderDate: day(asOf, -7 - random.below(DAYS - 7)),
    portal: random.pick(PORTALS),
    salesChannel: random.pick(CHANNELS),
    accountSlug: random.pick(ACCOUNTS),
    workspace: random.pick(WORKSPACES),
    paymentType: random.chance(0.7) ? 'PREPAID' : 'COD',
    items: Array.from({ length: 1 + random.below(3) }, (_, at) => itemOf(random, seed, products, id * 100 + at + 1)),
  };
}

function itemOf(random: Random, seed: number, products: number, orderItemId: number): OrderItemLine {
  const { sku, name, brand, price } = wareOf(seed, 1 + random.below(products));
  const quantity = random.chance(0.8) ? 1 : 2;
  return { orderItemId, sku, productName: name, brand, quantity, lineItemTotal: toAmount(price * quantity) };
}
