import { deadQueueName, type MessageDefinition, type QueueDefinition, retryQueueName } from '@lockstep/contracts';
import type { Channel } from 'amqplib';
import { bindingsOf, DEAD_ARGUMENTS, QUORUM_ARGUMENTS, retryArguments } from '../topology/queue-arguments.js';
import type { TopologyMode } from '../topology/topology-mode.js';

/**
 * Sees to it that a queue can be consumed and its messages retried and parked.
 * @throws Error code 404 in `passive` mode where the queue is missing; 406 where it exists with other arguments. The
 * channel is closed by the broker then.
 */
export async function prepareQueue(
  channel: Channel,
  queue: QueueDefinition,
  catalogue: readonly MessageDefinition[],
  mode: TopologyMode,
): Promise<void> {
  if (mode === 'passive') {
    await channel.checkQueue(queue.name);
    return;
  }
  await channel.assertQueue(deadQueueName(queue), { durable: true, arguments: DEAD_ARGUMENTS });
  for (const delayMs of queue.retryDelaysMs) {
    await channel.assertQueue(retryQueueName(queue, delayMs), {
      durable: true,
      arguments: retryArguments(queue, delayMs),
    });
  }
  await channel.assertQueue(queue.name, { durable: true, arguments: QUORUM_ARGUMENTS });
  for (const { exchange, routingKey } of bindingsOf(queue.name, catalogue)) {
    await channel.assertExchange(exchange, 'topic', { durable: true });
    await channel.bindQueue(queue.name, exchange, routingKey);
  }
}

/** Makes the exchanges a service publishes to, so that a missing one costs an `UnroutableError` and not the channel. */
export async function prepareExchanges(
  channel: Channel,
  exchanges: readonly string[],
  mode: TopologyMode,
): Promise<void> {
  if (mode === 'passive') return;
  for (const exchange of exchanges) await channel.assertExchange(exchange, 'topic', { durable: true });
}
