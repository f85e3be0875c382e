import { ITEM_STATUSES, RETURN_STATUSES } from '../documents/status-words.js';
import { RETURN_TYPES } from '../order-returns/order-return-body.js';

/** A filter by its name: the field it asks, of the return or of one of its items. */
export interface FilterField {
  readonly field: string;
  readonly level: 'return' | 'item';
  /** Of an item: the field of the return that holds the values of all its items, by which returns are counted far faster. */
  readonly all?: string;
  /** Values that there are; absent: any. */
  readonly values?: readonly string[];
  readonly kind?: 'boolean';
}

/** What returns can be filtered by, and counted by. A filter may narrow a tenant's view; it is never what grants it. */
export const FILTER_FIELDS = {
  status: { field: 'returnStatus', level: 'return', values: RETURN_STATUSES },
  returnType: { field: 'returnType', level: 'return', values: RETURN_TYPES },
  portal: { field: 'portal', level: 'return' },
  salesChannel: { field: 'salesChannel', level: 'return' },
  paymentType: { field: 'paymentType', level: 'return' },
  fulfilmentCenter: { field: 'warehouseId', level: 'return' },
  courier: { field: 'courierName', level: 'return' },
  accountSlug: { field: 'accountSlug', level: 'return' },
  workspace: { field: 'workspace', level: 'return' },
  tag: { field: 'tags', level: 'return' },
  isCOD: { field: 'isCOD', level: 'return', kind: 'boolean' },
  needAttention: { field: 'needAttention', level: 'return', kind: 'boolean' },
  itemStatus: { field: 'itemStatus', level: 'item', all: 'itemStatuses', values: ITEM_STATUSES },
  brand: { field: 'brand', level: 'item', all: 'brands' },
  returnReason: { field: 'returnReason', level: 'item', all: 'returnReasons' },
  itemCondition: {
    field: 'returnItemCondition',
    level: 'item',
    all: 'itemConditions',
    values: ['SELLABLE', 'NON_SELLABLE'],
  },
} as const satisfies Readonly<Record<string, FilterField>>;
export type FilterName = keyof typeof FILTER_FIELDS;
export const FILTER_NAMES = Object.keys(FILTER_FIELDS) as FilterName[];

/** Counted besides, with their smallest, largest and mean value. */
export const NUMBER_FACETS = ['itemCount', 'totalQuantity'] as const;
export type FacetName = FilterName | (typeof NUMBER_FACETS)[number];
export const FACET_NAMES: readonly FacetName[] = [...FILTER_NAMES, ...NUMBER_FACETS];

export const DATE_FIELDS = [
  'createdAt',
  'requestedAt',
  'pickedUpAt',
  'deliveredAt',
  'receivedAt',
  'completedAt',
  'cancelledAt',
] as const;
export type DateField = (typeof DATE_FIELDS)[number];

export const SORT_FIELDS = ['createdAt', 'statusUpdatedAt', 'receivedAt', 'completedAt', 'refundAmount'] as const;

/** What people work through, each of the last 30 days unless other dates are asked for. */
export const TABS = {
  new: { status: ['AWAITING_PICKUP'] },
  in_transit: { status: ['RETURN_ON_THE_WAY'] },
  to_process: { status: ['RETURN_DELIVERED', 'RETURN_IN_PROCESSING'] },
  completed: { status: ['RETURNED'] },
  need_attention: { needAttention: [true] },
} as const;
export type TabName = keyof typeof TABS;
export const TAB_NAMES = Object.keys(TABS) as TabName[];
export const TAB_DAYS = 30;
