import { createDataSource, migrate } from '@lockstep/database';
import { createTestDatabase, type Engines, type TestDatabase } from '@lockstep/testing';
import type { DataSource } from 'typeorm';
import { messagingMigrations } from './index.js';

/** A database of a test's own with the tables of messaging in the schema `tcs`. */
export interface ServiceDatabase {
  /** Another data source on the same schema, as a replica has; destroyed by `remove`. */
  open(): Promise<DataSource>;
  remove(): Promise<void>;
}

export async function createServiceDatabase(engines: Engines): Promise<ServiceDatabase> {
  const database: TestDatabase = await createTestDatabase(engines);
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
