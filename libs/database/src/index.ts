import type { MigrationClass } from './data-source.js';
import { CreateLease1760000000001 } from './leases/lease.migration.js';

export * from './copy-into.js';
export * from './data-source.js';
export * from './database.module.js';
export { EmbeddedPostgresError } from './embedded/embedded-error.js';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './embedded/embedded-postgres.js';
export { plannedEachTime } from './kept-statements.js';
export * from './keyset-pages.js';
export * from './leases/leases.js';
export * from './listener.js';
export { lz4Sql } from './lz4-sql.js';
export * from './migrate.js';
export { quoteName } from './quote-name.js';
export { readIntegers } from './read-integers.js';
export type { Retention } from './retention/janitor.js';
export * from './retention/retention.js';
export * from './transaction.js';
export * from './unavailable.js';

/** Migrations of this library's own tables: put them into the `migrations` of every service that uses `Leases`. */
export const databaseMigrations: readonly MigrationClass[] = [CreateLease1760000000001];
