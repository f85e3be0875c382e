import { createDataSource, migrate } from '@lockstep/database';
import type { DataSource } from 'typeorm';
import { messagingMigrations } from './index.js';

/** A database of a test's own with the tables of messaging in the schema `tcs`. */
export interface ServiceDatabase {
  /** Another data source on the same schema, as a replica has; destroyed by `remove`. */
  open(): Promise<DataSource>;
  remove(): Promise<void>;
}

/** `database` is empty, and removed with what is made here. */
export async function createServiceDatabase(database: {
  readonly url: string;
  remove(): Promise<void>;
}): Promise<ServiceDatabase> {
  const opened: DataSource[] = [];
  const open = async (): Promise<DataSource> => {
    const dataSource = createDataSource({
      url: database.url,
      schema: 'tcs',
      service: 'tcs',
      entities: [],
      migrations: messagingMigrations,
      poolSize: 5,
    });
    await dataSource.initialize();
    opened.push(dataSource);
    return dataSource;
  };
  await migrate(await open());
  const remove = async (): Promise<void> => {
    await Promise.all(opened.filter((each) => each.isInitialized).map((each) => each.destroy()));
    await database.remove();
  };
  return { open, remove };
}
