import type { Status } from '../queue/statuses.js';
import type { Topic } from '../queue/topics.js';

/** Topics as sellers and operators know them. */
export const TOPIC_LABELS: Readonly<Record<Topic, string>> = {
  new_product_set: 'New Product (Set)',
  new_product: 'New Product',
  content: 'Content',
  status: 'Status',
  qc_status_change: 'QC Status Change',
  price: 'Price',
  stock: 'Stock',
  consignment_stock_change: 'Consignment Stock Change',
  images: 'Images',
};

export const STATUS_LABELS: Readonly<Record<Status, string>> = {
  pending: 'Pending',
  processing: 'Processing',
  building_request_payload: 'Building (Request) payload',
  made_request: 'Made request',
  got_acknowledgment: 'Got acknowledgment',
  got_response: 'Got response',
  building_response_payload: 'Building response payload',
  response_processing: 'Response processing',
  delayed: 'Delayed',
  blocked: 'Blocked',
  failed: 'Failed',
  synced: 'Synced',
  superseded: 'Superseded',
  cancelled: 'Cancelled',
};

/** Beside the reasons that are kept, those of a pending item follow from its lane. */
export const ITEM_REASONS = [
  'ready',
  'waiting_predecessor',
  'retry',
  'stock_hold',
  'circuit_open',
  'rate_limited',
  'paused',
  'no_src_id',
  'set_incomplete',
  'bad_response',
  'src_id_conflict',
] as const;
export type ItemReason = (typeof ITEM_REASONS)[number];

/** Tabs of the list, and the statuses that each shows. */
export const TAB_STATUSES = {
  pending: [
    'pending',
    'processing',
    'building_request_payload',
    'made_request',
    'got_acknowledgment',
    'got_response',
    'building_response_payload',
    'response_processing',
    'delayed',
    'blocked',
  ],
  delayed: ['delayed'],
  blocked: ['blocked'],
  failed: ['failed'],
  synced: ['synced'],
} as const satisfies Readonly<Record<string, readonly Status[]>>;
export type ItemTab = keyof typeof TAB_STATUSES;
export const ITEM_TABS = Object.keys(TAB_STATUSES) as ItemTab[];
