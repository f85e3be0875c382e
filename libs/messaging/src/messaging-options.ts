import type { MessageDefinition, ServiceName } from '@lockstep/contracts';
import type { TopologyMode } from './topology/topology-mode.js';

/** What a service states about its messages. */
export interface MessagingOptions {
  readonly service: ServiceName;
  /** Every message that it publishes; the boot check compares this with the catalogue. */
  readonly publishes: readonly MessageDefinition[];
  /**
   * Further messages that it may publish, whose receiver is data: a service that an operator named. No boot check can know
   * them, and an exchange they use must be one of `publishes`, too.
   * @default none
   */
  readonly mayPublish?: (definition: MessageDefinition) => boolean;
  /**
   * `amqp://user:password@host:port/vhost` of a RabbitMQ, or `postgres://user:password@host:port/database` of a database
   * that carries the messages itself.
   */
  readonly url: string;
  /** @default the whole catalogue of `@lockstep/contracts` */
  readonly catalogue?: readonly MessageDefinition[];
  /** @default 'assert' */
  readonly topology?: TopologyMode;
  /** Check payloads before they are published. @default true unless NODE_ENV is `production` */
  readonly checkPayloads?: boolean;
  /**
   * True for an error that says that an engine (database, index) is gone and nothing about the message: the batch is then
   * kept and handed over again, without counting attempts. @default always false
   */
  readonly isEngineUnavailable?: (error: unknown) => boolean;
  /** How long a batch is kept for an engine before it joins the end of its queue. @default 600_000 */
  readonly engineWaitLimitMs?: number;
  /** How long what is in hand may take to finish at shutdown. @default 25_000 */
  readonly drainTimeoutMs?: number;
  /** A larger body is parked unread. @default 16_777_216 */
  readonly maxBodyBytes?: number;
  /** Retries of the first connection to the broker before the start fails. @default 12, about 40 seconds */
  readonly initialMaxRetries?: number;
}

/** Injection token of the {@link MessagingOptions}. */
export const MESSAGING_OPTIONS = Symbol('MESSAGING_OPTIONS');
