import pg from 'pg';
import { type Engines } from './find-engines.js';
import { uniqueName } from './test-name.js';

const DROP_LIMIT_MS = 60_000;
/** SQLSTATE of an object that cannot be dropped because somebody is using it. */
const STILL_IN_USE = '55006';

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
    remove: () => dropDatabase(engines.databaseUrl, name),
  };
}

/** The server ends who is connected and waits five seconds for them to go, which on a busy machine is not always enough. */
async function dropDatabase(url: string, name: string): Promise<void> {
  for (const deadline = performance.now() + DROP_LIMIT_MS; ; ) {
    try {
      await execute(url, `drop database if exists ${name} with (force)`);
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== STILL_IN_USE || performance.now() >= deadline) throw error;
    }
  }
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
