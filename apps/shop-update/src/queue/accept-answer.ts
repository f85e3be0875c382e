import type { Item } from './item.js';
import type { Flow } from './topics.js';
import type { TransitionNo } from './transitions.js';

/** A call as far as it decides whether an answer to it still counts. */
export interface AnsweredCall {
  readonly id: number;
  readonly flow: Flow;
  /** open, acknowledged, answered, failed, unusable, expired. */
  readonly outcome: string;
}

export interface AnsweredItem {
  readonly item: Pick<Item, 'status' | 'reason' | 'requestId' | 'unapplied'>;
  /** What was said of it in this call, and in its latest one. */
  readonly fingerprint: string;
  readonly latestFingerprint: string;
}

/**
 * The row of the table by which an answer is taken for an item; null when it comes too late to change anything. The first
 * answer to a call counts; a later one only where the first could not be used.
 */
export function acceptAnswer(
  { item, fingerprint, latestFingerprint }: AnsweredItem,
  call: AnsweredCall,
): TransitionNo | null {
  if (item.requestId === call.id) {
    if (item.status === 'made_request') return call.flow === 'synchronous' ? '11' : '14';
    if (item.status === 'got_acknowledgment') return '13';
    if (item.status === 'blocked') return '26';
  }
  // The call was given up, but the shop has done what it said, and nothing else has been said since.
  const wasGivenUp = call.outcome === 'failed' || call.outcome === 'expired';
  if (!wasGivenUp || fingerprint !== latestFingerprint || item.unapplied !== null) return null;
  if (item.requestId !== call.id && call.flow === 'synchronous') return null;
  const isWaiting = item.status === 'pending' || item.status === 'delayed';
  const isSentAgain = item.status === 'made_request' || item.status === 'got_acknowledgment';
  return isWaiting || isSentAgain ? '36' : null;
}
