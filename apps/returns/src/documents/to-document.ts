import { type FoldedItem, type FoldedStatus, foldEvents } from './fold-events.js';
import { type HashPersonal, toEmailKey, toPhoneKey } from './hash-personal.js';
import type { ItemPart, ReturnAggregate } from './return-aggregate.js';
import type { ItemStatus, ReturnStatus } from './status-words.js';

/** An item as it is searched and shown. Amounts are in minor units. */
export interface ReturnItemDocument {
  readonly returnItemId: number;
  readonly orderItemId: number | null;
  readonly sku: string | null;
  readonly esin: string | null;
  readonly ean: string | null;
  readonly productName: string | null;
  readonly brand: string | null;
  readonly quantity: number;
  readonly lineItemTotal: number | null;
  readonly returnReason: string | null;
  readonly returnSubReason: string | null;
  readonly itemStatus: ItemStatus;
  readonly itemStatusAt: string | null;
  readonly orderItemStatus: string | null;
  readonly returnItemCondition: 'SELLABLE' | 'NON_SELLABLE' | null;
  readonly actionTaken: string | null;
  readonly qcRejectionReasons: readonly string[];
  readonly shelf: string | null;
  readonly images: readonly string[];
}

/** A return as it is searched and shown; the fields are those of `returnSchema`. */
export type ReturnDocument = Readonly<Record<string, unknown>> & {
  readonly returnId: number;
  readonly returnStatus: ReturnStatus;
  readonly accountSlug: string | null;
  readonly workspace: string | null;
  readonly customerName: string | null;
  readonly isCancelled: boolean;
  readonly slaDueAt: string | null;
  readonly completedAt: string | null;
  readonly items: readonly ReturnItemDocument[];
  readonly unknownStatuses: readonly string[];
};

/** Longest times that returns take, in days: what customers send from its pickup, what couriers bring back from its turning. */
const CUSTOMER_RETURN_DAYS = 12;
const COURIER_RETURN_DAYS = 15;
const DAY_MS = 86_400_000;
/** A courier who has come in vain so often will not come again by himself. */
const FAILED_PICKUPS = 3;

/**
 * What readers see of a return: the same for the same parts, whenever it is made. Field by field, without a spread: in an object
 * of so many fields one costs more than all of the rest.
 */
export function toDocument(aggregate: ReturnAggregate, hash: HashPersonal): ReturnDocument {
  const { id, order, shipment, returnType, pickupType, items } = aggregate;
  const itemIds = items.map(({ returnItemId }) => returnItemId);
  const folded = foldEvents({ returnType, pickupType, itemIds }, aggregate.events);
  const itemDocuments = items.map((item) => toItem(item, folded));
  const reasons = attentionReasons(aggregate, folded);
  return {
    returnId: id,
    customerReturnNumber: aggregate.customerReturnNumber,
    returnTrackingId: aggregate.returnTrackingId,
    courierName: aggregate.courierName,
    returnType,
    pickupType,
    returnStatus: folded.status,
    rawStatus: folded.rawStatus,
    latestStatus: folded.latestStatus,
    statusUpdatedAt: folded.statusUpdatedAt ?? aggregate.createdAt,
    statusLog: folded.statusLog,
    unknownStatuses: folded.unknownWords,
    isCancelled: folded.isCancelled,
    needAttention: reasons.length > 0,
    attentionReasons: reasons,
    customerOrderNumber: order?.customerOrderNumber ?? null,
    orderId: order?.id ?? null,
    // Stated as a day or as an instant; searched by its day.
    orderDate: order?.orderDate?.slice(0, 10) ?? null,
    paymentType: order?.paymentType ?? null,
    isCOD: aggregate.isCOD,
    refundAmount: aggregate.refundAmount,
    resolution: aggregate.resolution,
    invoiceNumber: aggregate.invoiceNumber,
    accountSlug: order?.accountSlug ?? null,
    workspace: order?.workspace ?? null,
    salesChannel: order?.salesChannel ?? null,
    portal: order?.portal ?? null,
    warehouseId: shipment?.warehouseId ?? null,
    location: shipment?.location ?? null,
    customerName: shipment?.customerName ?? null,
    customerPhoneHash: hashed(shipment?.customerPhone, toPhoneKey, hash),
    customerEmailHash: hashed(shipment?.customerEmail, toEmailKey, hash),
    pickup: {
      city: shipment?.pickupCity ?? null,
      state: shipment?.pickupState ?? null,
      postalCode: shipment?.pickupPostalCode ?? null,
    },
    createdAt: aggregate.createdAt,
    requestedAt: aggregate.requestedAt,
    pickedUpAt: folded.pickedUpAt,
    onTheWayAt: folded.onTheWayAt,
    deliveredAt: folded.deliveredAt,
    receivedAt: folded.receivedAt,
    completedAt: folded.completedAt,
    cancelledAt: folded.cancelledAt,
    expectedDeliveryAt: shipment?.expectedDeliveryAt ?? null,
    slaDueAt: shipment?.slaDueAt ?? dueAt(returnType, folded),
    tags: aggregate.tags,
    items: itemDocuments,
    productNames: distinct(items.map(({ productName }) => productName)),
    itemStatuses: distinct(itemDocuments.map(({ itemStatus }) => itemStatus)),
    brands: distinct(items.map(({ brand }) => brand)),
    returnReasons: distinct(items.map(({ returnReason }) => returnReason)),
    itemConditions: distinct(itemDocuments.map(({ returnItemCondition }) => returnItemCondition)),
    itemStatusSummary: countBy(itemDocuments.map(({ itemStatus }) => itemStatus)),
    itemCount: items.length,
    totalQuantity: items.reduce((sum, { quantity }) => sum + quantity, 0),
    sourceUpdatedAt: aggregate.updatedAt,
  };
}

function hashed(value: string | null | undefined, toKey: (value: string) => string, hash: HashPersonal): string | null {
  return value === null || value === undefined ? null : hash(toKey(value));
}

function toItem(item: ItemPart, folded: FoldedStatus): ReturnItemDocument {
  const { status, at, details } = folded.items.get(item.returnItemId) as FoldedItem;
  return {
    returnItemId: item.returnItemId,
    orderItemId: item.orderItemId,
    sku: item.sku,
    esin: item.esin,
    ean: item.ean,
    productName: item.productName,
    brand: item.brand,
    quantity: item.quantity,
    lineItemTotal: item.lineItemTotal,
    returnReason: item.returnReason,
    returnSubReason: item.returnSubReason,
    itemStatus: status,
    itemStatusAt: at,
    orderItemStatus: folded.orderItemStatus,
    returnItemCondition: details?.itemCondition ?? CONDITIONS[status] ?? null,
    actionTaken: details?.actionTaken ?? null,
    qcRejectionReasons: details?.qcRejectionReasons ?? [],
    shelf: details?.shelf ?? null,
    images: item.images ?? [],
  };
}

/** What the end of an item says of its condition, where the warehouse has not said so itself. */
const CONDITIONS: Readonly<Partial<Record<ItemStatus, 'SELLABLE' | 'NON_SELLABLE'>>> = {
  RESTOCKED: 'SELLABLE',
  QUARANTINED: 'NON_SELLABLE',
  DAMAGED: 'NON_SELLABLE',
};

/** Why a person should look at it. Nothing here depends on the time: what is merely late is told when somebody asks. */
function attentionReasons({ order, resolution }: ReturnAggregate, folded: FoldedStatus): string[] {
  const isAnyLost = folded.status === 'LOST' || [...folded.items.values()].some(({ status }) => status === 'LOST');
  const isNewestUnknown = folded.latestStatus !== null && folded.unknownWords.includes(folded.latestStatus);
  const isWaiting = folded.status === 'AWAITING_PICKUP';
  const reasons: [string, boolean][] = [
    ['ORDER_UNKNOWN', order === null],
    ['LOST', isAnyLost && resolution === null],
    ['DELIVERED_AFTER_CANCELLATION', folded.isCancelled && folded.deliveredAt !== null],
    ['PICKUP_KEEPS_FAILING', isWaiting && folded.failedPickups >= FAILED_PICKUPS],
    ['STATUS_UNKNOWN', isNewestUnknown],
  ];
  return reasons.flatMap(([reason, holds]) => (holds ? [reason] : []));
}

function dueAt(returnType: string, { pickedUpAt, onTheWayAt }: FoldedStatus): string | null {
  const isCustomers = returnType === 'CUSTOMER';
  const since = isCustomers ? pickedUpAt : onTheWayAt;
  if (since === null) return null;
  const days = isCustomers ? CUSTOMER_RETURN_DAYS : COURIER_RETURN_DAYS;
  return new Date(Date.parse(since) + days * DAY_MS).toISOString();
}

function distinct(values: readonly (string | null)[]): string[] {
  const found = new Set<string>();
  for (const value of values) if (value !== null) found.add(value);
  return [...found];
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
