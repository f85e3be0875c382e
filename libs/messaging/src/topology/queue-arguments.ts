import { deadQueueName, type MessageDefinition, type QueueDefinition } from '@lockstep/contracts';

/**
 * Redeliveries the broker itself allows before it parks a message: far above our own attempts, because a crash of a
 * consumer counts for every message it had in hand. It only ends what kills its consumer every time.
 */
export const DELIVERY_LIMIT = 50;

/** Why a message is parked that came back to its queue beyond the limit: most likely it ends its consumers. */
export function deliveryLimitReason(redeliveries: number): string {
  return `DELIVERY_LIMIT: handed over ${redeliveries} times and never settled`;
}

/** Arguments of a queue: only what can never change; the rest is policy and can, while the queue is in use. */
export const QUORUM_ARGUMENTS: Readonly<Record<string, unknown>> = { 'x-queue-type': 'quorum' };

/**
 * Arguments of a queue's dead letters. RabbitMQ 4 drops a message after 20 redeliveries unless told otherwise, and what is
 * dropped here is lost. As an argument, so that it holds where nobody loaded the policies; 3.10 takes no "unlimited".
 */
export const DEAD_ARGUMENTS: Readonly<Record<string, unknown>> = { ...QUORUM_ARGUMENTS, 'x-delivery-limit': 1_000_000 };

/**
 * Arguments of a queue's waiting room. Messages expire after the wait and go straight back to the queue. `at-least-once`
 * keeps one until the queue has confirmed it, and needs `reject-publish`, else RabbitMQ silently falls back to at-most-once.
 */
export function retryArguments(queue: QueueDefinition, delayMs: number): Readonly<Record<string, unknown>> {
  return {
    ...QUORUM_ARGUMENTS,
    'x-message-ttl': delayMs,
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': queue.name,
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  };
}

/** What the broker does by itself with a message delivered too often: the same place where we park messages. */
export function policyDefinition(queue: QueueDefinition): Readonly<Record<string, unknown>> {
  return {
    'delivery-limit': DELIVERY_LIMIT,
    'dead-letter-exchange': '',
    'dead-letter-routing-key': deadQueueName(queue),
    'dead-letter-strategy': 'at-least-once',
    overflow: 'reject-publish',
  };
}

/** Every exchange and key that leads to a queue, in a stable order, each once. */
export function bindingsOf(
  queueName: string,
  catalogue: readonly MessageDefinition[],
): { exchange: string; routingKey: string }[] {
  const bindings = new Map<string, { exchange: string; routingKey: string }>();
  for (const { exchange, routingKey, queues } of catalogue) {
    if (queues.some((queue) => queue.name === queueName)) {
      bindings.set(`${exchange} ${routingKey}`, { exchange, routingKey });
    }
  }
  return [...bindings.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, binding]) => binding);
}

/** The queues of a catalogue, each once, by name. */
export function queuesOf(catalogue: readonly MessageDefinition[]): QueueDefinition[] {
  const queues = new Map(catalogue.flatMap((message) => message.queues).map((queue) => [queue.name, queue]));
  return [...queues.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
