import { type MigrationClass, type RetentionRule, tooOld } from '@lockstep/database';
import { CreateProcessedKey1760000000501 } from './processed-key.migration.js';

export * from './allocated-ids.js';
export * from './answer-each.js';
export * from './check-fields.js';
export { importRequestsConsumer } from './import-requests.consumer.js';
export { ImportRequests } from './import-requests.js';
export * from './item-answer.js';
export * from './named-rows.js';
export * from './owned.js';
export { ProcessedKeys } from './processed-keys.store.js';
export * from './read-ids.js';

/** Migrations of the table `processed_key`: put them into the `migrations` of every service that owns imported objects. */
export const ownershipMigrations: readonly MigrationClass[] = [CreateProcessedKey1760000000501];

/** What was answered so long ago that no import asks for it again. */
export const ownershipRetention: readonly RetentionRule[] = [
  { table: 'processed_key', outdated: (limits) => `processed_at < ${tooOld(limits)}` },
];
