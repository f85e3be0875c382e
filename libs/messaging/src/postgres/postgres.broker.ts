import { deadQueueName, type MessageDefinition, type QueueDefinition } from '@lockstep/contracts';
import { migrateSchema } from '@lockstep/database';
import type {
  Broker,
  BrokerState,
  DeliveryHandler,
  OutgoingMessage,
  SubscribeOptions,
  Subscription,
} from '../broker/broker.js';
import { backoffMs, pause, upTo } from '../broker/waiting.js';
import { MessagingCounters } from '../counters.js';
import { queuesOf } from '../topology/queue-arguments.js';
import type { TopologyMode } from '../topology/topology-mode.js';
import { BROKER_SCHEMA, CreateBroker1760000000301 } from './broker.migration.js';
import { ConsumerSession } from './consumer-session.js';
import { PostgresConnection } from './postgres-connection.js';
import type { PostgresLink } from './postgres-link.js';
import { PostgresPublisher } from './postgres-publisher.js';
import { PostgresSubscription } from './postgres-subscription.js';
import { declareQueues, findQueue, prepareQueue } from './postgres-topology.js';
import { type QueueDepth, readQueueDepths } from './queue-depths.js';

const CONFIRM_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 20_000;
/** A connection that is half dead does not answer. */
const GOODBYE_LIMIT_MS = 1_000;
const CONNECT_BACKOFF = { firstMs: 250, maxMs: 5_000 };

export interface PostgresBrokerOptions {
  /** `postgres://user:password@host:port/database`; the tables are made in its schema `broker`. */
  readonly url: string;
  /** Names the connections in `pg_stat_activity`: `service/publish@host:pid`. */
  readonly service: string;
  /** Every message: its queues, with their bindings, are made when the broker connects. */
  readonly catalogue: readonly MessageDefinition[];
  /** @default 'assert' */
  readonly topology?: TopologyMode;
  /** Retries of the first connection, about 40 seconds in all. @default 12 */
  readonly initialMaxRetries?: number;
  /** @default 10_000 */
  readonly confirmTimeoutMs?: number;
  /** A connection that leaves a statement unanswered for so long is given up. @default 20_000 */
  readonly answerTimeoutMs?: number;
  /** Publishes that wait for their commit at the same time. @default 1_000 */
  readonly maxInFlight?: number;
  /** The same in bytes. @default 33_554_432 */
  readonly maxInFlightBytes?: number;
  readonly counters?: MessagingCounters;
}

/**
 * The broker kept in a PostgreSQL database, for an installation without RabbitMQ. Takes two connections. Any number of
 * services and processes may share a database; what was accepted survives the death of all of them.
 */
export class PostgresBroker implements Broker {
  private readonly publishing: PostgresConnection<PostgresLink>;
  private readonly consuming: PostgresConnection<ConsumerSession>;
  private readonly publisher: PostgresPublisher;
  private readonly counters: MessagingCounters;
  private readonly subscriptions: PostgresSubscription[] = [];
  private readonly closing = new AbortController();
  private session?: ConsumerSession;
  private connecting?: Promise<void>;
  private closed?: Promise<void>;

  constructor(private readonly options: PostgresBrokerOptions) {
    const { url, service, answerTimeoutMs = ANSWER_TIMEOUT_MS } = options;
    const connection = { url, service, answerTimeoutMs };
    this.counters = options.counters ?? new MessagingCounters();
    this.publishing = new PostgresConnection({ ...connection, purpose: 'publish' }, async (link) => link);
    this.consuming = new PostgresConnection({ ...connection, purpose: 'consume' }, async (link) => {
      this.session = await ConsumerSession.begin(link, service, this.session?.id);
      return this.session;
    });
    this.publisher = new PostgresPublisher(
      {
        confirmTimeoutMs: options.confirmTimeoutMs ?? CONFIRM_TIMEOUT_MS,
        maxInFlight: options.maxInFlight ?? 1_000,
        maxInFlightBytes: options.maxInFlightBytes ?? 32 * 1024 * 1024,
        whenOpen: () => this.openAnd(() => this.publishing.whenOpen()),
      },
      this.counters,
    );
  }

  async connect(): Promise<void> {
    this.connecting ??= this.connectFirst();
    try {
      await this.connecting;
    } catch (error) {
      this.connecting = undefined;
      throw error;
    }
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
      blocked: this.publisher.blocked,
      subscriptions: this.subscriptions.map(({ queue, state }) => ({ queue, state })),
    };
  }

  /**
   * What every queue of the database holds, of this service and all others, by name; waits while the connection is down.
   * Counts the messages, so it is for people's eyes and not for tight loops.
   */
  async queueDepths(): Promise<QueueDepth[]> {
    return readQueueDepths(await this.openAnd(() => this.publishing.whenOpen()));
  }

  private consume(
    queueName: string,
    queue: QueueDefinition,
    options: SubscribeOptions,
    handler: DeliveryHandler,
  ): Subscription {
    const { catalogue, topology = 'assert' } = this.options;
    const parts = {
      queueName,
      queue,
      whenOpen: () => this.openAnd(() => this.consuming.whenOpen()),
      prepare: ({ link }: ConsumerSession) => prepareQueue(link, queue, catalogue, topology),
      find: ({ link }: ConsumerSession) => findQueue(link, queue),
      counters: this.counters,
    };
    const subscription = new PostgresSubscription(parts, options, handler);
    this.subscriptions.push(subscription);
    return subscription;
  }

  private async openAnd<T>(whenOpen: () => Promise<T>): Promise<T> {
    await this.connect();
    return whenOpen();
  }

  private async connectFirst(): Promise<void> {
    const { url, service, initialMaxRetries = 12 } = this.options;
    for (let failures = 0; ; failures += 1) {
      try {
        await migrateSchema({ url, service, schema: BROKER_SCHEMA, migrations: [CreateBroker1760000000301] });
        await Promise.all([this.publishing.open(), this.consuming.open()]);
        await this.declareCatalogue();
        return;
      } catch (error) {
        if (failures >= initialMaxRetries || this.closing.signal.aborted) throw error;
        await pause(backoffMs(failures, CONNECT_BACKOFF), this.closing.signal);
      }
    }
  }

  /**
   * Nobody loads a definitions file here. Without the queues of services that have not started yet, what is sent to them
   * on the very first start would be unroutable.
   */
  private async declareCatalogue(): Promise<void> {
    const { catalogue, topology = 'assert' } = this.options;
    if (topology === 'passive' || this.closing.signal.aborted) return;
    await declareQueues(await this.publishing.whenOpen(), queuesOf(catalogue), catalogue);
  }

  private async closeOnce(): Promise<void> {
    await this.drain(0);
    await upTo(this.publisher.flush(), this.options.confirmTimeoutMs ?? CONFIRM_TIMEOUT_MS);
    this.closing.abort();
    if (this.session && this.consuming.connected) await upTo(this.session.end(), GOODBYE_LIMIT_MS);
    await Promise.all([this.publishing.close(), this.consuming.close()]);
  }
}
