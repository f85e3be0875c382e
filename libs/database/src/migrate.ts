import type { PoolClient } from 'pg';
import { type DataSource, MigrationExecutor } from 'typeorm';
import { createDataSource, type DatabaseOptions } from './data-source.js';
import { quoteName } from './quote-name.js';
import { allowSilence } from './silence-limit.js';

/** Longest wait for another replica that is migrating the same schema. Milliseconds. */
const LOCK_TIMEOUT_MS = 120_000;

/**
 * Creates the data source's schema and runs its pending migrations, each in a transaction of its own. Replicas that start
 * at once take turns under an advisory lock (TypeORM has none), so that each migration runs once.
 *
 * Resolves with the names of those that ran here. Throws what a migration threw: those before it stay, it is rolled back.
 */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const schema = (dataSource.options as { schema?: string }).schema ?? 'public';
  const queryRunner = dataSource.createQueryRunner();
  const lock = [`lockstep.migrate.${schema}`];
  // A migration may rightly take longer than a service's statement. All is put back before the pool gets it again.
  const limitSilenceAgain = allowSilence((await queryRunner.connect()) as PoolClient);
  try {
    await queryRunner.query(`SET statement_timeout = 0; SET lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await queryRunner.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', lock);
    await queryRunner.query(`CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}`);
    const executor = new MigrationExecutor(dataSource, queryRunner);
    executor.transaction = 'each';
    const ran = await executor.executePendingMigrations();
    return ran.map((migration) => migration.name);
  } finally {
    await queryRunner
      .query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', lock)
      .then(() => queryRunner.query('RESET statement_timeout; RESET lock_timeout'))
      .catch(() => undefined);
    limitSilenceAgain();
    await queryRunner.release();
  }
}

/** Migrates a schema that the caller has no data source for, over one short-lived connection. */
export async function migrateSchema(options: Omit<DatabaseOptions, 'entities' | 'poolSize'>): Promise<string[]> {
  const dataSource = createDataSource({ ...options, entities: [], poolSize: 1 });
  await dataSource.initialize();
  try {
    return await migrate(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
