/**
 * States as they are stored, by position: one byte each in millions of rows. `blocked` is not failed: something it depends
 * on is.
 */
export const OBJECT_STATUSES = [
  'processing',
  'checking',
  'creating',
  'complete',
  'error',
  'blocked',
  'cancelled',
] as const;
export type ObjectStatus = (typeof OBJECT_STATUSES)[number];

/** As {@link OBJECT_STATUSES}; a link is never looked up. A dependent link that is not separate has the status of its child. */
export const LINK_STATUSES = ['processing', 'creating', 'complete', 'error', 'blocked', 'cancelled'] as const;
export type LinkStatus = (typeof LINK_STATUSES)[number];

/** How a link waits: in the message that creates its child, after its child, or for both its ends. */
export const LINK_KINDS = ['dependent', 'separate', 'independent'] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

/** Of a batch. `validated` waits to be confirmed; the last three are its ends. */
export const BATCH_STATES = [
  'received',
  'parsing',
  'validated',
  'processingObjects',
  'paused',
  'cancelling',
  'complete',
  'error',
  'cancelled',
] as const;
export type BatchState = (typeof BATCH_STATES)[number];
