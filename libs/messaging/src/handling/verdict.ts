import type { Settlement } from '../broker/broker.js';

/** A handler's answer for one message. */
export type Verdict = Exclude<Settlement, { kind: 'release' | 'requeue' }>;

/** Done; also for a message that was seen before or is out of date. */
export function ack(): Verdict {
  return { kind: 'ack' };
}

/**
 * Not now: try again after `delayMs`, rounded up to one of the queue's waits (default: the wait of this attempt). After the
 * queue's last attempt the message is parked with `reason`.
 */
export function retry(reason: string, delayMs?: number): Verdict {
  return { kind: 'retry', reason, delayMs };
}

/** Never: park it at once. `reason` begins with a stable code, as in `TRAINEE_UNKNOWN: ...`. */
export function dead(reason: string): Verdict {
  return { kind: 'dead', reason };
}
