import { setTimeout as delay } from 'node:timers/promises';
import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { createDataSource, type DatabaseOptions } from './data-source.js';
import { Leases } from './leases/leases.js';
import { migrate } from './migrate.js';
import { Janitor, RETENTION, type Retention } from './retention/janitor.js';
import { isDatabaseUnavailable } from './unavailable.js';

/** The options of a data source, and how the service starts on it. */
export interface DatabaseModuleOptions extends DatabaseOptions {
  /** Run pending migrations before anything else is made. @default true */
  readonly migrateOnStart?: boolean;
  /** How long a database that does not answer yet is waited for before the start fails. Milliseconds. @default 30000 */
  readonly startTimeoutMs?: number;
  /** What is removed once it is outdated; needs the table of `databaseMigrations`. @default nothing */
  readonly retention?: Retention;
}

const DEFAULT_START_TIMEOUT_MS = 30_000;
const KEEP_EVERYTHING: Retention = { rules: [], limits: { days: 0, runs: 0 } };

/**
 * Gives the whole application its `DataSource`, connected and migrated, and `Leases`. The pool is closed in
 * `onApplicationShutdown`, which is after HTTP and the consumers have finished what they had in hand.
 */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly dataSource: DataSource) {}

  static forService(options: DatabaseModuleOptions): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        { provide: DataSource, useFactory: () => connect(options) },
        { provide: RETENTION, useValue: options.retention ?? KEEP_EVERYTHING },
        Leases,
        Janitor,
      ],
      exports: [DataSource, Leases],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

/** A connected, migrated data source. Throws the last error when the database does not answer in time. */
async function connect(options: DatabaseModuleOptions): Promise<DataSource> {
  const dataSource = createDataSource(options);
  const deadline = performance.now() + (options.startTimeoutMs ?? DEFAULT_START_TIMEOUT_MS);
  for (;;) {
    try {
      if (!dataSource.isInitialized) await dataSource.initialize();
      if (options.migrateOnStart ?? true) await migrate(dataSource);
      return dataSource;
    } catch (error) {
      if (isDatabaseUnavailable(error) && performance.now() < deadline) {
        await delay(500);
        continue;
      }
      if (dataSource.isInitialized) await dataSource.destroy();
      throw error;
    }
  }
}
