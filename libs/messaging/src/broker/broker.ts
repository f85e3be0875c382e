import type { QueueDefinition } from '@lockstep/contracts';

/** Header values as AMQP carries them; ours are strings and numbers. */
export type MessageHeaders = Readonly<Record<string, unknown>>;

/** What travels beside a body. Ours always carry `messageId` and `type`; a stranger's message may carry nothing. */
export interface MessageProperties {
  readonly messageId?: string;
  readonly type?: string;
  readonly contentType?: string;
  readonly appId?: string;
  /** Seconds since 1970, as AMQP counts. */
  readonly timestamp?: number;
  readonly headers: MessageHeaders;
}

/** A message on its way out. The body is sent as it is, never parsed or copied. */
export interface OutgoingMessage {
  /** `''` sends straight to the queue named by `routingKey`. */
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly properties: MessageProperties & { readonly messageId: string };
}

/** A message as it was taken from a queue. */
export interface Delivery {
  readonly queue: string;
  /** Where it was first published, also after it waited in a retry queue or was parked. */
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly properties: MessageProperties;
  /** Only a hint that someone may have seen it before. */
  readonly redelivered: boolean;
  /** 1 for the first attempt. */
  readonly attempt: number;
}

/**
 * What becomes of a delivery.
 * - `ack`: done, forgotten by the broker.
 * - `retry`: again after the queue's shortest wait of at least `delayMs` (default: the wait of this attempt); parked after the last attempt.
 * - `dead`: parked in `<queue>.dead` with the reason.
 * - `release`: given back untouched, without counting an attempt; that it was handed over counts.
 * - `requeue`: joins the end of its queue as if published anew, and nothing counts.
 */
export type Settlement =
  | { readonly kind: 'ack' }
  | { readonly kind: 'retry'; readonly reason: string; readonly delayMs?: number }
  | { readonly kind: 'dead'; readonly reason: string }
  | { readonly kind: 'release' }
  | { readonly kind: 'requeue' };

/**
 * Answers each delivery of a batch, in order. `draining` is aborted when the consumer is asked to stop: a handler that
 * only waits should then answer `release`. A throw, or an answer of another length, gives the whole batch back.
 */
export type DeliveryHandler = (deliveries: readonly Delivery[], draining: AbortSignal) => Promise<Settlement[]>;

export interface SubscribeOptions {
  /** Messages in hand at most, raised to `batchSize * concurrency` where it is less. At most 2000. */
  readonly prefetch: number;
  /** Messages a handler gets at most. */
  readonly batchSize: number;
  /** How long the first message of a batch waits for company. */
  readonly batchWaitMs: number;
  /** Batches handled at the same time; more than 1 gives up the order within the queue. */
  readonly concurrency: number;
}

/** `waiting`: the queue is not there, or cannot be consumed yet; tried again until it can. */
export type SubscriptionState = 'opening' | 'open' | 'waiting' | 'draining' | 'closed';

export interface Subscription {
  readonly queue: string;
  readonly state: SubscriptionState;
  /** Resolves when the consumer is registered for the first time. */
  readonly ready: Promise<void>;
  /** Takes no more, lets what is in hand finish within `timeoutMs`, gives the rest back. A second call joins the first. */
  stop(timeoutMs: number): Promise<void>;
}

export interface BrokerState {
  readonly connected: boolean;
  /** The broker accepts no messages for lack of memory or disk; consuming goes on. */
  readonly blocked: boolean;
  readonly subscriptions: readonly { readonly queue: string; readonly state: SubscriptionState }[];
}

/** The message broker, as services see it. Every adapter passes the suite `describeBroker`. */
export interface Broker {
  /**
   * Connects; a second call joins the first. Afterwards the connection heals by itself for ever.
   * @throws Error the first connection's own, once its retries are used up
   */
  connect(): Promise<void>;
  /**
   * Resolves once the broker has the message safely. Callers pipeline by not awaiting each; a limited number is in flight.
   * @throws UnroutableError no queue is bound to the key
   * @throws PublishUnconfirmedError no answer in time: the message may or may not have arrived
   */
  publish(message: OutgoingMessage): Promise<void>;
  /** Consumes a queue until {@link Subscription.stop} or {@link Broker.drain}. */
  subscribe(queue: QueueDefinition, options: SubscribeOptions, handler: DeliveryHandler): Subscription;
  /** Consumes `<queue>.dead`. Its handler may only `ack` and `release`. */
  subscribeDead(queue: QueueDefinition, options: SubscribeOptions, handler: DeliveryHandler): Subscription;
  /** Stops every subscription side by side; what is not done within `timeoutMs` goes back. Publishing still works. */
  drain(timeoutMs: number): Promise<void>;
  /** Waits for the confirms in flight, then closes the connections. May be called twice. */
  close(): Promise<void>;
  state(): BrokerState;
}

/** Injection token of the {@link Broker}. */
export const BROKER = Symbol('BROKER');
