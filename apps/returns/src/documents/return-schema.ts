import { type AliasDefinition, defineIndexSchema } from '@lockstep/search';

/** Name of the index family; an index of it is `order-returns-<number>`. */
export const RETURN_FAMILY = 'order-returns';
/** What readers read: nothing else names an index. */
export const RETURN_ALIAS = 'order_returns';
export const RETURN_ALIASES: readonly AliasDefinition[] = [{ name: RETURN_ALIAS }];

/** Raised when documents change in meaning though not in shape: readers are then given a new generation. */
const SCHEMA_VERSION = 1;

/**
 * One document a return, its items nested: all that changes together is written together, under one version. Nothing that
 * depends on the time of reading is stored, so no document becomes wrong by waiting.
 */
export const returnSchema = defineIndexSchema({
  name: 'order returns',
  version: SCHEMA_VERSION,
  fields: {
    returnId: { type: 'long', sort: true },
    customerReturnNumber: { type: 'keyword', search: true },
    returnTrackingId: { type: 'keyword', search: true },
    courierName: { type: 'keyword' },
    returnType: { type: 'keyword' },
    pickupType: { type: 'keyword' },
    returnStatus: { type: 'keyword' },
    /** The newest word that was told, as it was told and in our spelling. */
    rawStatus: { type: 'keyword' },
    latestStatus: { type: 'keyword' },
    statusUpdatedAt: { type: 'instant', sort: true },
    statusLog: { type: 'stored' },
    unknownStatuses: { type: 'keyword' },
    isCancelled: { type: 'boolean' },
    needAttention: { type: 'boolean' },
    attentionReasons: { type: 'keyword' },
    customerOrderNumber: { type: 'keyword', search: true },
    orderId: { type: 'long' },
    orderDate: { type: 'date' },
    paymentType: { type: 'keyword' },
    isCOD: { type: 'boolean' },
    /** Minor units. */
    refundAmount: { type: 'long', sort: true },
    resolution: { type: 'keyword' },
    invoiceNumber: { type: 'keyword' },
    accountSlug: { type: 'keyword' },
    workspace: { type: 'keyword' },
    salesChannel: { type: 'keyword' },
    portal: { type: 'keyword' },
    warehouseId: { type: 'keyword' },
    location: { type: 'keyword' },
    customerName: { type: 'keyword', match: true },
    /** Only what it hashes to: enough to find a customer whom one knows, too little to learn of one. */
    customerPhoneHash: { type: 'keyword' },
    customerEmailHash: { type: 'keyword' },
    pickup: {
      type: 'object',
      fields: { city: { type: 'keyword' }, state: { type: 'keyword' }, postalCode: { type: 'keyword' } },
    },
    createdAt: { type: 'instant', sort: true },
    requestedAt: { type: 'instant' },
    pickedUpAt: { type: 'instant' },
    onTheWayAt: { type: 'instant' },
    deliveredAt: { type: 'instant' },
    receivedAt: { type: 'instant', sort: true },
    completedAt: { type: 'instant', sort: true },
    cancelledAt: { type: 'instant' },
    expectedDeliveryAt: { type: 'instant' },
    slaDueAt: { type: 'instant' },
    tags: { type: 'keyword' },
    items: {
      type: 'nested',
      fields: {
        returnItemId: { type: 'long' },
        orderItemId: { type: 'long' },
        sku: { type: 'keyword' },
        esin: { type: 'keyword' },
        ean: { type: 'keyword' },
        productName: { type: 'keyword' },
        brand: { type: 'keyword' },
        quantity: { type: 'long' },
        lineItemTotal: { type: 'long' },
        returnReason: { type: 'keyword' },
        returnSubReason: { type: 'keyword' },
        itemStatus: { type: 'keyword' },
        itemStatusAt: { type: 'instant' },
        /** What the customer is shown of the order's item, once the return was cancelled. */
        orderItemStatus: { type: 'keyword' },
        returnItemCondition: { type: 'keyword' },
        actionTaken: { type: 'keyword' },
        qcRejectionReasons: { type: 'keyword' },
        shelf: { type: 'keyword' },
        images: { type: 'stored' },
      },
    },
    /** The names of all products, for the free-text search. */
    productNames: { type: 'keyword', search: true },
    /** What any of its items has: returns are counted by these. */
    itemStatuses: { type: 'keyword' },
    brands: { type: 'keyword' },
    returnReasons: { type: 'keyword' },
    itemConditions: { type: 'keyword' },
    /** How many items are in each state. */
    itemStatusSummary: { type: 'stored' },
    itemCount: { type: 'long' },
    totalQuantity: { type: 'long' },
    sourceUpdatedAt: { type: 'instant' },
  },
});
