/** Where an item stands. The last three are ends. */
export const STATUSES = [
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
  'failed',
  'synced',
  'superseded',
  'cancelled',
] as const;
export type Status = (typeof STATUSES)[number];

export const DELAY_REASONS = ['retry', 'stock_hold', 'circuit_open', 'rate_limited', 'paused'] as const;
export type DelayReason = (typeof DELAY_REASONS)[number];

export const BLOCK_REASONS = ['no_src_id', 'set_incomplete', 'bad_response', 'src_id_conflict'] as const;
export type BlockReason = (typeof BLOCK_REASONS)[number];

/** Kept with `delayed` and `blocked` only; whether a pending item is ready follows from its lane. */
export type Reason = DelayReason | BlockReason;

/** On its way to the shop; a lane has at most one of them. */
export const SENDING = ['processing', 'building_request_payload', 'made_request'] as const satisfies readonly Status[];

/** The shop has it; what it says of it is still to come or to be written down. */
const ANSWERING = [
  'got_acknowledgment',
  'got_response',
  'building_response_payload',
  'response_processing',
] as const satisfies readonly Status[];

export const ENDS = ['synced', 'superseded', 'cancelled'] as const satisfies readonly Status[];

export function isEnd(status: Status): boolean {
  return status === 'synced' || status === 'superseded' || status === 'cancelled';
}

/** Not on its way: a later change of the same product and topic joins it. */
const WAITING = ['pending', 'delayed', 'blocked', 'failed'] as const satisfies readonly Status[];

export function isWaiting(status: Status): boolean {
  return (WAITING as readonly Status[]).includes(status);
}

export function isSending(status: Status): boolean {
  return (SENDING as readonly Status[]).includes(status);
}

export function isAnswering(status: Status): boolean {
  return (ANSWERING as readonly Status[]).includes(status);
}
