import { deadQueueName, type MessageDefinition, type QueueDefinition, retryQueueName } from '@lockstep/contracts';
import type {
  Broker,
  BrokerState,
  Delivery,
  DeliveryHandler,
  OutgoingMessage,
  Settlement,
  SubscribeOptions,
  Subscription,
} from '../broker/broker.js';
import { decideMove } from '../broker/decide-move.js';
import { headersForRequeue } from '../broker/message-headers.js';
import { bodyId } from '../broker/message-id.js';
import { UnroutableError } from '../broker/publish-errors.js';
import { upTo } from '../broker/waiting.js';
import { MessagingCounters } from '../counters.js';
import type { TopologyMode } from '../topology/topology-mode.js';
import { RabbitConnection } from './rabbit-connection.js';
import { RabbitPublisher } from './rabbit-publisher.js';
import { RabbitSubscription } from './rabbit-subscription.js';
import { prepareExchanges, prepareQueue } from './rabbit-topology.js';

const CONFIRM_TIMEOUT_MS = 10_000;

export interface RabbitBrokerOptions {
  /** `amqp://user:password@host:port/vhost`. */
  readonly url: string;
  /** Names the connections in the management UI. */
  readonly service: string;
  /** Every message: the bindings of the queues that are made come from it. */
  readonly catalogue: readonly MessageDefinition[];
  /** Exchanges that are made before the first publish. @default none */
  readonly exchanges?: readonly string[];
  /** @default 'assert' */
  readonly topology?: TopologyMode;
  /** Retries of the first connection, about 40 seconds in all. @default 12 */
  readonly initialMaxRetries?: number;
  /** @default 10_000 */
  readonly confirmTimeoutMs?: number;
  /** Publishes that wait for their confirm at the same time. @default 256 */
  readonly maxInFlight?: number;
  /** The same in bytes. @default 33_554_432 */
  readonly maxInFlightBytes?: number;
  readonly counters?: MessagingCounters;
}

/** The broker on RabbitMQ 3.10 or newer. */
export class RabbitBroker implements Broker {
  private readonly publishing: RabbitConnection;
  private readonly consuming: RabbitConnection;
  private readonly publisher: RabbitPublisher;
  private readonly counters: MessagingCounters;
  private readonly topology: TopologyMode;
  private readonly subscriptions: RabbitSubscription[] = [];
  private closed?: Promise<void>;

  constructor(private readonly options: RabbitBrokerOptions) {
    const { url, service, initialMaxRetries = 12, topology = 'assert' } = options;
    this.counters = options.counters ?? new MessagingCounters();
    this.topology = topology;
    this.publishing = new RabbitConnection({ url, service, purpose: 'publish', initialMaxRetries });
    this.consuming = new RabbitConnection({ url, service, purpose: 'consume', initialMaxRetries });
    this.publisher = new RabbitPublisher(
      this.publishing,
      {
        confirmTimeoutMs: options.confirmTimeoutMs ?? CONFIRM_TIMEOUT_MS,
        maxInFlight: options.maxInFlight ?? 256,
        maxInFlightBytes: options.maxInFlightBytes ?? 32 * 1024 * 1024,
        prepare: (channel) => prepareExchanges(channel, options.exchanges ?? [], topology),
      },
      this.counters,
    );
  }

  async connect(): Promise<void> {
    await Promise.all([this.publishing.open(), this.consuming.open()]);
  }

  publish(message: OutgoingMessage): Promise<void> {
    return this.publisher.publish(message);
  }

  subscribe(queue: QueueDefinition, options: SubscribeOptions, handler: DeliveryHandler): Subscription {
    return this.consume(queue.name, queue, options, handler);
  }

  subscribeDead(queue: QueueDefinition, options: SubscribeOptions, handler: DeliveryHandler): Subscription {
    return this.consume(deadQueueName(queue), queue, options, handler);
  }

  async drain(timeoutMs: number): Promise<void> {
    await Promise.all(this.subscriptions.map((subscription) => subscription.stop(timeoutMs)));
  }

  close(): Promise<void> {
    this.closed ??= this.closeOnce();
    return this.closed;
  }

  state(): BrokerState {
    return {
      connected: this.publishing.connected && this.consuming.connected,
      blocked: this.publishing.blocked,
      subscriptions: this.subscriptions.map(({ queue, state }) => ({ queue, state })),
    };
  }

  private consume(
    queueName: string,
    queue: QueueDefinition,
    options: SubscribeOptions,
    handler: DeliveryHandler,
  ): Subscription {
    const parts = {
      queueName,
      isDead: queueName !== queue.name,
      createChannel: () => this.consuming.createChannel(),
      prepare: (channel: Parameters<typeof prepareQueue>[0]) =>
        prepareQueue(channel, queue, this.options.catalogue, this.topology),
      move: (delivery: Delivery, settlement: Extract<Settlement, { kind: 'retry' | 'dead' }>) =>
        this.move(queue, delivery, settlement),
      requeue: (delivery: Delivery, redeliveries: number) => this.requeue(queue, delivery, redeliveries),
      counters: this.counters,
    };
    const subscription = new RabbitSubscription(parts, options, handler);
    this.subscriptions.push(subscription);
    return subscription;
  }

  private async move(
    queue: QueueDefinition,
    delivery: Delivery,
    settlement: Extract<Settlement, { kind: 'retry' | 'dead' }>,
  ): Promise<'retry' | 'dead'> {
    const { next, properties } = decideMove(queue, delivery, settlement, new Date());
    const waits = next.kind === 'wait';
    await this.publishToOwnQueue(queue, {
      exchange: '',
      routingKey: waits ? retryQueueName(queue, next.delayMs) : deadQueueName(queue),
      body: delivery.body,
      properties,
    });
    return waits ? 'retry' : 'dead';
  }

  private requeue(queue: QueueDefinition, delivery: Delivery, redeliveries: number): Promise<void> {
    const { body, properties } = delivery;
    const messageId = properties.messageId ?? bodyId(body);
    const headers = headersForRequeue(delivery, redeliveries);
    const message = { exchange: '', routingKey: queue.name, body, properties: { ...properties, messageId, headers } };
    return this.publishToOwnQueue(queue, message);
  }

  /** Someone may have deleted the retry or dead queue alone; no consumer of ours would notice. */
  private async publishToOwnQueue(queue: QueueDefinition, message: OutgoingMessage): Promise<void> {
    try {
      await this.publisher.publish(message);
    } catch (error) {
      if (!(error instanceof UnroutableError) || this.topology === 'passive') throw error;
      const channel = await this.consuming.createChannel();
      await prepareQueue(channel, queue, this.options.catalogue, this.topology);
      await channel.close();
      await this.publisher.publish(message);
    }
  }

  private async closeOnce(): Promise<void> {
    await this.drain(0);
    await upTo(this.publisher.flush(), this.options.confirmTimeoutMs ?? CONFIRM_TIMEOUT_MS);
    await Promise.all([this.publishing.close(), this.consuming.close()]);
  }
}
