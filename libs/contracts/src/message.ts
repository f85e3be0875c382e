import 'reflect-metadata';
/** A service of Lockstep, as it names its schema, its queues' consumers and its connections. */
export type ServiceName =
  | 'tcs'
  | 'integration'
  | 'recommendation'
  | 'connection'
  | 'import'
  | 'shop-update'
  | 'returns';

/** A class with class-validator decorators: the one declaration of a message's or a body's shape. */
export type PayloadClass<T extends object = object> = new () => T;

/** A durable quorum queue with one consuming service. Its dead letters go to `<name>.dead`, its retries wait in `<name>.retry.<delay>`. */
export interface QueueDefinition {
  readonly name: string;
  readonly consumer: ServiceName;
  /**
   * Waits between attempts in milliseconds, ascending; after the last the message is parked in `<name>.dead`.
   * @default [1000, 10000, 60000, 600000]
   */
  readonly retryDelaysMs: readonly number[];
}

/** Waits of a queue that states none of its own: five attempts in all, spread over about eleven minutes. */
const DEFAULT_RETRY_DELAYS_MS: readonly number[] = [1_000, 10_000, 60_000, 600_000];

/** One message a routing key may carry: where it goes, who may send it, its shape and an example that is checked by tests. */
export interface MessageDefinition<T extends object = object> {
  /** Unique name, travels as the AMQP `type` property: `<system>.<entity>.<message>`. */
  readonly type: string;
  /** Travels as the header `x-message-version`. An additive optional field keeps it; anything else is a new file `.v2`. */
  readonly version: number;
  readonly summary: string;
  /** A durable topic exchange. */
  readonly exchange: string;
  readonly routingKey: string;
  readonly publishers: readonly ServiceName[];
  /** Every queue bound to the exchange by exactly `routingKey`. */
  readonly queues: readonly QueueDefinition[];
  readonly payload: PayloadClass<T>;
  /**
   * Shape of one element of `payload.items`, where the message carries records in bulk. Items are checked one by one by
   * the handler, so that one bad item never costs its neighbours.
   */
  readonly item?: PayloadClass;
  readonly example: T;
}

/** Declares a queue with the default retry waits unless it states its own. */
export function defineQueue(queue: {
  name: string;
  consumer: ServiceName;
  retryDelaysMs?: readonly number[];
}): QueueDefinition {
  return { name: queue.name, consumer: queue.consumer, retryDelaysMs: queue.retryDelaysMs ?? DEFAULT_RETRY_DELAYS_MS };
}

/** Declares a message; only gives the literal its type. */
export function defineMessage<T extends object>(message: MessageDefinition<T>): MessageDefinition<T> {
  return message;
}

/** `5000 -> '5s'`, `60000 -> '1m'`: how a delay is written in the name of a retry queue. */
export function formatDelay(delayMs: number): string {
  if (delayMs % 3_600_000 === 0) return `${delayMs / 3_600_000}h`;
  if (delayMs % 60_000 === 0) return `${delayMs / 60_000}m`;
  if (delayMs % 1_000 === 0) return `${delayMs / 1_000}s`;
  return `${delayMs}ms`;
}

/** Where a queue's messages wait before the next attempt. */
export function retryQueueName(queue: QueueDefinition, delayMs: number): string {
  return `${queue.name}.retry.${formatDelay(delayMs)}`;
}

/** Where a queue's messages are parked after the last attempt. */
export function deadQueueName(queue: QueueDefinition): string {
  return `${queue.name}.dead`;
}
