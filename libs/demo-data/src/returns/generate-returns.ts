import { type Random, randomOf } from '../people/random.js';
import { wareOf } from '../shop/wares.js';
import { type OrderItemLine, type OrderLine, orderOf, ordersFor, type ReturnsOptions } from './generate-orders.js';

/** A line of `POST /api/returns/bulk`. */
export interface ReturnLine {
  id: number;
  orderId: number | null;
  customerReturnNumber: string;
  returnType: 'CUSTOMER' | 'COURIER' | 'UNKNOWN';
  pickupType: string;
  courierName: string;
  returnTrackingId: string;
  refundAmount: string;
  isCOD: boolean;
  requestedAt: string;
  shipment: object;
  tags: string[];
  items: ReturnItemLine[];
  events: EventLine[];
}

interface ReturnItemLine {
  returnItemId: number;
  orderItemId: number | null;
  sku: string;
  quantity: number;
  returnReason: string;
  returnSubReason?: string;
}

/** Something that happened to a return. */
export interface EventLine {
  source: 'courier' | 'warehouse';
  status: string;
  /** RFC 3339. */
  externalUpdatedAt: string;
  returnItemId?: number;
  itemStatus?: string;
  qcRejectionReasons?: string[];
  shelf?: string;
}

const COURIERS = ['Swift Parcel', 'Bluebird', 'Dash Logistics', 'Meridian'];
const REASONS = ['Too small', 'Too large', 'Not as described', 'Damaged on arrival', 'Wrong item', 'Changed my mind'];
const DETAILS = ['Colour', 'Fit', 'Quality', 'Missing part'];
const FAULTS = ['Scratched', 'Worn', 'Missing tag', 'Broken'];
const TAGS = ['vip', 'gift', 'second-return', 'photo-missing'];
const WAREHOUSES = [
  ['WH-LDS', 'Leeds'],
  ['WH-LON', 'London'],
  ['WH-BHX', 'Birmingham'],
] as const;
const CITIES = [
  ['Leeds', 'West Yorkshire', 'LS'],
  ['Bristol', 'Avon', 'BS'],
  ['Cardiff', 'South Glamorgan', 'CF'],
  ['Norwich', 'Norfolk', 'NR'],
  ['York', 'North Yorkshire', 'YO'],
] as const;
const FIRST = ['Aoife', 'Chidi', 'Imran', 'José', 'Niamh', 'Priya', 'Siân', 'Tariq', 'Wei', 'Zoë'];
const LAST = ["O'Brien", 'Ahmed', 'Baker', 'Chen', 'Dubois', 'Kaur', 'Müller', 'Nowak', 'Okafor', 'Smith'];
const HOUR_MS = 3_600_000;
const FRESH = 0.15;
/** One in so many is of an order that nobody knows. */
const UNKNOWN_EVERY = 40;

/** Returns with what happened to them, at every stage of their way; ids from 1. */
export function* generateReturns(options: ReturnsOptions): Generator<ReturnLine> {
  const orders = ordersFor(options.count);
  for (let id = 1; id <= options.count; id++) {
    const order = orderOf(options, ((id - 1) % orders) + 1);
    yield id % UNKNOWN_EVERY === 0 ? strayOf(options, id) : returnOf(options, id, order);
  }
}

function returnOf(options: ReturnsOptions, id: number, order: OrderLine): ReturnLine {
  const random = randomOf(options.seed ^ 0x7e74, id);
  const returnType = random.chance(0.75) ? 'CUSTOMER' : 'COURIER';
  // The second parcel of an order holds its last item, the first all others.
  const isSecond = id > ordersFor(options.count);
  const own = isSecond ? order.items.slice(-1) : order.items.slice(0, Math.max(1, order.items.length - 1));
  const items = own.map((item, at) => toItem(random, item, at));
  const untilMs = Date.parse(`${options.asOf}T12:00:00Z`);
  // Some are so new that next to nothing has happened.
  const requestedMs = random.chance(FRESH)
    ? untilMs - (1 + random.below(36)) * HOUR_MS
    : Date.parse(`${order.orderDate}T08:00:00Z`) + (2 + random.below(5)) * 24 * HOUR_MS;
  return {
    id,
    orderId: order.id,
    ...common(random, id),
    returnType,
    pickupType: returnType === 'CUSTOMER' ? 'reverse' : 'rto',
    refundAmount: own.reduce((sum, { lineItemTotal }) => sum + Number(lineItemTotal), 0).toFixed(2),
    isCOD: order.paymentType === 'COD',
    requestedAt: new Date(requestedMs).toISOString(),
    items,
    events: wayOf(random, {
      items,
      returnType,
      sinceMs: requestedMs,
      untilMs,
    }),
  };
}

/** It came back, and nobody knows of which order it is. */
function strayOf({ seed, asOf, products = 300 }: ReturnsOptions, id: number): ReturnLine {
  const random = randomOf(seed ^ 0x7e74, id);
  const arrivedMs = Date.parse(`${asOf}T09:00:00Z`) - random.below(20 * 24) * HOUR_MS;
  const { sku } = wareOf(seed, 1 + random.below(products));
  return {
    id,
    orderId: null,
    ...common(random, id),
    returnType: 'UNKNOWN',
    pickupType: 'drop_off',
    refundAmount: '0.00',
    isCOD: false,
    requestedAt: new Date(arrivedMs).toISOString(),
    items: [{ returnItemId: 1, orderItemId: null, sku, quantity: 1, returnReason: 'Unknown' }],
    events: [{ source: 'courier', status: 'delivered', externalUpdatedAt: new Date(arrivedMs).toISOString() }],
  };
}

function common(random: Random, id: number) {
  const [warehouseId, location] = random.pick(WAREHOUSES);
  const [city, state, area] = random.pick(CITIES);
  const [first, last] = [random.pick(FIRST), random.pick(LAST)];
  const email = `${first}.${last}.${id}@example.org`
    .normalize('NFD')
    .replaceAll(/[^\w.@]/g, '')
    .toLowerCase();
  return {
    customerReturnNumber: `RT-${String(500_000 + id)}`,
    courierName: random.pick(COURIERS),
    returnTrackingId: `TRK${String(7_000_000 + id)}`,
    tags: random.chance(0.2) ? [random.pick(TAGS)] : [],
    shipment: {
      warehouseId,
      location,
      customer: { name: `${first} ${last}`, phone: `+44 1632 ${960_000 + random.below(999)}`, email },
      pickup: { city, state, postalCode: `${area}${1 + random.below(20)} ${1 + random.below(9)}AB` },
    },
  };
}

function toItem(random: Random, { orderItemId, sku, quantity }: OrderItemLine, at: number): ReturnItemLine {
  return {
    returnItemId: at + 1,
    orderItemId,
    sku,
    quantity,
    returnReason: random.pick(REASONS),
    ...(random.chance(0.4) && { returnSubReason: random.pick(DETAILS) }),
  };
}

interface Way {
  readonly items: readonly ReturnItemLine[];
  readonly returnType: string;
  readonly sinceMs: number;
  /** Nothing happens later. */
  readonly untilMs: number;
}

/** Steps of the way up to today; some stop early, some are cancelled or lost, some are told of in the wrong order. */
function wayOf(random: Random, { items, returnType, sinceMs, untilMs }: Way): EventLine[] {
  const events: EventLine[] = [];
  let atMs = sinceMs;
  const step = (hours: number) => {
    atMs += (1 + random.below(hours)) * HOUR_MS;
    return atMs <= untilMs;
  };
  const tell = (source: EventLine['source'], status: string, more: Partial<EventLine> = {}) =>
    events.push({ source, status, externalUpdatedAt: new Date(atMs).toISOString(), ...more });
  const isCustomers = returnType === 'CUSTOMER';
  if (!step(12)) return events;
  tell('courier', isCustomers ? 'created' : 'rto_created');
  if (isCustomers && random.chance(0.2) && step(24)) tell('courier', 'pickup_failed');
  if (isCustomers && random.chance(0.06)) {
    if (step(24)) tell('courier', 'cancelled');
    return events;
  }
  if (!step(48)) return events;
  tell('courier', isCustomers ? 'picked_up' : 'rto_intransit');
  if (!step(48)) return events;
  tell('courier', isCustomers ? 'intransit' : 'rto_out_for_delivery');
  if (random.chance(0.02)) {
    if (step(72)) tell('courier', 'lost');
    return events;
  }
  // Some parcels stay on their way for long, and so are late.
  if (random.chance(0.1) || !step(96)) return swapped(random, events);
  tell('courier', isCustomers ? 'delivered' : 'rto_delivered');
  if (random.chance(0.1) || !step(48)) return swapped(random, events);
  tell('warehouse', 'received');
  for (const { returnItemId } of items) {
    if (random.chance(0.05) || !step(24)) break;
    const itemStatus = random.chance(0.75) ? 'restocked' : random.pick(['quarantined', 'damaged', 'lost']);
    const isBad = itemStatus === 'quarantined' || itemStatus === 'damaged';
    tell('warehouse', 'qc', {
      returnItemId,
      itemStatus,
      shelf: `${random.pick(['A', 'B', 'C'])}-${1 + random.below(40)}`,
      ...(isBad && { qcRejectionReasons: [random.pick(FAULTS)] }),
    });
  }
  return events;
}

/** Couriers report late: now and then the last two are heard of in the wrong order. */
function swapped(random: Random, events: EventLine[]): EventLine[] {
  if (events.length < 2 || !random.chance(0.15)) return events;
  return [...events.slice(0, -2), events.at(-1) as EventLine, events.at(-2) as EventLine];
}
