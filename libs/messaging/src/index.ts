import { type MigrationClass, type RetentionRule, tooOld } from '@lockstep/database';
import { CreateDeadLetter1760000000202 } from './dead-letters/dead-letter.migration.js';
import { CreateOutbox1760000000201 } from './outbox/outbox.migration.js';

export * from './broker/broker.js';
export * from './broker/publish-errors.js';
export * from './context/request-context.js';
export * from './counters.js';
export { createBroker } from './create-broker.js';
export {
  DEAD_LETTER_STATES,
  type DeadLetter,
  type DeadLetterCause,
  type DeadLetterFilter,
  type DeadLetterState,
  type DeadLetterSummary,
} from './dead-letters/dead-letter.store.js';
export * from './dead-letters/dead-letters.js';
export { DEAD_LETTER_LISTENER, type DeadLetterListener, type ParkedLetter } from './dead-letters/parked-letter.js';
export * from './handling/boot-check.js';
export { MessagingServer } from './handling/messaging.server.js';
export {
  type HandlerContext,
  handledQueues,
  QueueHandler,
  type QueueHandlerMethod,
  type QueueHandlerOptions,
} from './handling/queue-handler.decorator.js';
export { isMessageOf, type ReceivedHeaders, type ReceivedMessage } from './handling/received-message.js';
export * from './handling/verdict.js';
export * from './messaging.module.js';
export * from './messaging-health.js';
export type { MessagingOptions } from './messaging-options.js';
export { Outbox, type OutboxBacklog } from './outbox/outbox.js';
export { PostgresBroker, type PostgresBrokerOptions } from './postgres/postgres.broker.js';
export type { QueueDepth } from './postgres/queue-depths.js';
export * from './publishing/message.publisher.js';
export { PayloadMismatchError, type PublishOptions, UndeclaredMessageError } from './publishing/message-composer.js';
export { RabbitBroker, type RabbitBrokerOptions } from './rabbitmq/rabbit.broker.js';
export * from './topology/rabbit-definitions.js';
export type { TopologyMode } from './topology/topology-mode.js';
export { WokenLoop, type WokenLoopOptions } from './woken-loop.js';

/** Letters that were sent back or discarded long ago; those that wait for someone stay. */
export const messagingRetention: readonly RetentionRule[] = [
  {
    table: 'dead_letter',
    outdated: (limits) => `state IN ('replayed', 'discarded') AND state_changed_at < ${tooOld(limits)}`,
  },
];

/** Migrations of the tables `outbox` and `dead_letter`: put them into the `migrations` of every service with messages. */
export const messagingMigrations: readonly MigrationClass[] = [
  CreateOutbox1760000000201,
  CreateDeadLetter1760000000202,
];
