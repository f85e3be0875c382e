/** The words that couriers and warehouses use, and what each means here. Whatever is not here is unknown and kept as it is. */

/** Where a whole return stands. `RETURNED`: every item has its end. */
export const RETURN_STATUSES = [
  'AWAITING_PICKUP',
  'RETURN_ON_THE_WAY',
  'PICKUP_CANCELLED',
  'RETURN_DELIVERED',
  'RETURN_IN_PROCESSING',
  'LOST',
  'RETURNED',
] as const;
export type ReturnStatus = (typeof RETURN_STATUSES)[number];

/** Where one item stands; the last four are ends. */
export const ITEM_STATUSES = ['PENDING', 'IN_PROCESSING', 'RESTOCKED', 'QUARANTINED', 'DAMAGED', 'LOST'] as const;
export type ItemStatus = (typeof ITEM_STATUSES)[number];

const TERMINAL: ReadonlySet<string> = new Set(['RESTOCKED', 'QUARANTINED', 'DAMAGED', 'LOST']);

/** True when only a warehouse can still say otherwise. */
export function isTerminal(status: ItemStatus): boolean {
  return TERMINAL.has(status);
}

/** What a courier tells of the way, as a state of the return; null: it is known and changes nothing. */
const COURIER_WORDS: Readonly<Record<string, ReturnStatus | null>> = {
  created: 'AWAITING_PICKUP',
  order_placed: 'AWAITING_PICKUP',
  pickup_scheduled: 'AWAITING_PICKUP',
  pickup_rescheduled: 'AWAITING_PICKUP',
  out_for_pickup: 'AWAITING_PICKUP',
  pickup_failed: 'AWAITING_PICKUP',
  awaiting_pickup: 'AWAITING_PICKUP',
  picked_up: 'RETURN_ON_THE_WAY',
  intransit: 'RETURN_ON_THE_WAY',
  in_transit: 'RETURN_ON_THE_WAY',
  shipped: 'RETURN_ON_THE_WAY',
  out_for_delivery: 'RETURN_ON_THE_WAY',
  failed_delivery: 'RETURN_ON_THE_WAY',
  rto: 'RETURN_ON_THE_WAY',
  rto_created: 'RETURN_ON_THE_WAY',
  rto_intransit: 'RETURN_ON_THE_WAY',
  rto_out_for_delivery: 'RETURN_ON_THE_WAY',
  rto_failed: 'RETURN_ON_THE_WAY',
  return_on_the_way: 'RETURN_ON_THE_WAY',
  delivered: 'RETURN_DELIVERED',
  rto_delivered: 'RETURN_DELIVERED',
  return_delivered: 'RETURN_DELIVERED',
  cancelled: 'PICKUP_CANCELLED',
  canceled: 'PICKUP_CANCELLED',
  pickup_cancelled: 'PICKUP_CANCELLED',
  doorstep_qc_failed: 'PICKUP_CANCELLED',
  lost: 'LOST',
  lost_in_transit: 'LOST',
  damaged_in_transit: 'LOST',
  contact_customer_care: null,
  shipment_delayed: null,
  shipment_held: null,
  packed: null,
  ready_to_ship: null,
};

/** What a warehouse tells. Of its items it tells by `itemStatus`, or by these words of the items themselves. */
const WAREHOUSE_WORDS: Readonly<Record<string, ReturnStatus | null>> = {
  received: 'RETURN_IN_PROCESSING',
  in_processing: 'RETURN_IN_PROCESSING',
  return_in_processing: 'RETURN_IN_PROCESSING',
  cancelled: 'PICKUP_CANCELLED',
  canceled: 'PICKUP_CANCELLED',
  pickup_cancelled: 'PICKUP_CANCELLED',
  // Said of items, each of which carries its own state.
  qc: null,
  qc_completed: null,
  completed: null,
  restocked: null,
  quarantined: null,
  damaged: null,
  lost: null,
  lost_in_processing: null,
};

const ITEM_WORDS: Readonly<Record<string, ItemStatus>> = {
  received: 'IN_PROCESSING',
  in_processing: 'IN_PROCESSING',
  restocked: 'RESTOCKED',
  quarantined: 'QUARANTINED',
  damaged: 'DAMAGED',
  lost: 'LOST',
  lost_in_processing: 'LOST',
  lost_in_transit: 'LOST',
};

/** Who tells of an event. `forward`: of the way of the order to its customer, before anything came back. */
export const EVENT_SOURCES = ['courier', 'warehouse', 'forward'] as const;
export type EventSource = (typeof EVENT_SOURCES)[number];

/** As most are spelt. */
const PLAIN = /^[a-z0-9_]+$/;

/** `In Transit`, `in-transit` and `IN_TRANSIT` are one word. */
export function toWord(raw: string): string {
  if (PLAIN.test(raw)) return raw;
  return raw
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
}

/** The state that a word stands for; null for a known word that changes nothing, undefined for an unknown one. */
export function returnStatusOf(source: 'courier' | 'warehouse', word: string): ReturnStatus | null | undefined {
  const words = source === 'courier' ? COURIER_WORDS : WAREHOUSE_WORDS;
  return Object.hasOwn(words, word) ? words[word] : undefined;
}

/** The state of an item that a word stands for; undefined for a word that says nothing of items. */
export function itemStatusOf(word: string): ItemStatus | undefined {
  return Object.hasOwn(ITEM_WORDS, word) ? ITEM_WORDS[word] : undefined;
}
