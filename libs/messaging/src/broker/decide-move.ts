import type { QueueDefinition } from '@lockstep/contracts';
import type { Delivery, MessageProperties, Settlement } from './broker.js';
import { headersForDead, headersForRetry } from './message-headers.js';
import { bodyId } from './message-id.js';
import { decideNextAttempt, type NextAttempt } from './next-attempt.js';

/** Where a message goes that was neither done nor given back, and what it carries there. */
export interface Move {
  readonly next: NextAttempt;
  readonly properties: MessageProperties & { readonly messageId: string };
}

/** A retry waits, or is parked after its last attempt; a dead message is parked at once. The id stays the same. */
export function decideMove(
  queue: Pick<QueueDefinition, 'retryDelaysMs'>,
  delivery: Delivery,
  settlement: Extract<Settlement, { kind: 'retry' | 'dead' }>,
  now: Date,
): Move {
  const next: NextAttempt =
    settlement.kind === 'retry' ? decideNextAttempt(queue, delivery.attempt, settlement.delayMs) : { kind: 'park' };
  return {
    next,
    properties: {
      ...delivery.properties,
      messageId: delivery.properties.messageId ?? bodyId(delivery.body),
      headers:
        next.kind === 'wait'
          ? headersForRetry(delivery, settlement.reason)
          : headersForDead(delivery, settlement.reason, now),
    },
  };
}
