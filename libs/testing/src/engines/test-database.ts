import pg from 'pg';
import { type Engines } from './find-engines.js';
import { uniqueName } from './test-name.js';

/** An empty database that nobody else uses. */
export interface TestDatabase {
  readonly url: string;
  /** Drops the database and ends whoever is still connected to it. */
  remove(): Promise<void>;
}

/** Creates a database `test_<random>` on the engine. Call `remove` when the suite is done. */
export async function createTestDatabase(engines: Pick<Engines, 'databaseUrl'>): Promise<TestDatabase> {
  const name = uniqueName('_');
  // From template0, to which nobody connects: copying template1 fails while another suite is copying it.
  await execute(engines.databaseUrl, `create database ${name} template template0`);
  const url = new URL(engines.databaseUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    remove: async () => {
      await execute(engines.databaseUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

/** Runs one statement on a connection of its own and answers its rows. */
export async function execute<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}
