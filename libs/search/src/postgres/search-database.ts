import { setTimeout as delay } from 'node:timers/promises';
import { applicationName, isDatabaseUnavailable, quoteName } from '@lockstep/database';
import pg from 'pg';
import { SearchUnavailableError } from '../engine/search-errors.js';

/** How to reach PostgreSQL and how patient to be. */
export interface SearchDatabaseOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** The schema of the tables, made when it is missing. @default 'search' */
  readonly schema?: string;
  /** Connections in the pool; each scan has one of its own besides. @default 4 */
  readonly poolSize?: number;
  /** A statement that runs longer is taken for an engine that is away. @default 30000 */
  readonly statementTimeoutMs?: number;
}

/** Runs one statement in the transaction or session at hand. */
export type Query = <T>(text: string, values?: readonly unknown[]) => Promise<T[]>;

/** A connection outside the pool. */
export interface Session {
  readonly query: Query;
  end(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_AFTER_MS = 10_000;
/** How much longer than the server we wait, so that its answer is heard and a connection to nobody is given up. */
const ANSWER_GRACE_MS = 5_000;
/** Attempts in all when the database asks for another. */
const ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 20;
/**
 * Compiling costs more than any search here gains, and a second process for a search would take what others need. The memory
 * holds what a search finds among some hundred thousand documents; more goes through a file.
 */
const SETTINGS = '-c jit=off -c max_parallel_workers_per_gather=0 -c work_mem=32MB';
/** How long a session may leave its transaction idle: a scan between two pages. */
const SESSION_IDLE_LIMIT = '5min';

/** A small pool of its own, the tables that say which indexes there are, and errors in the port's terms. */
export class SearchDatabase {
  readonly schema: string;
  readonly #config: pg.ClientConfig;
  readonly #pool: pg.Pool;
  #prepared: Promise<void> | undefined;

  constructor({ url, schema = 'search', poolSize = 4, statementTimeoutMs = 30_000 }: SearchDatabaseOptions) {
    this.schema = quoteName(schema);
    this.#config = {
      ...toConnection(url, `-c search_path=${this.schema.replaceAll(/[\\ ]/g, '\\$&')} ${SETTINGS}`),
      application_name: applicationName('search'),
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    };
    this.#pool = new pg.Pool({
      ...this.#config,
      max: poolSize,
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + ANSWER_GRACE_MS,
      idle_in_transaction_session_timeout: statementTimeoutMs,
    });
    // An idle connection that was lost is replaced by the pool; without a listener it would end the process.
    this.#pool.on('error', () => undefined);
  }

  /** Runs one statement, again when it met another one crosswise. @throws SearchUnavailableError, pg.DatabaseError */
  query<T>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    return this.#attempt(async () => (await this.#pool.query(text, [...values])).rows as T[]);
  }

  /** Runs `work` in one transaction, again from its start when it met another one crosswise. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.#attempt(async () => {
      const client = await this.#pool.connect();
      // While it is lent the pool does not listen for its loss, which shows at the next statement.
      const ignore = () => undefined;
      client.on('error', ignore);
      let isUsable = true;
      try {
        return await inTransaction(client, work);
      } catch (error) {
        isUsable = await client.query('ROLLBACK').then(
          () => true,
          () => false,
        );
        throw error;
      } finally {
        client.removeListener('error', ignore);
        client.release(!isUsable);
      }
    });
  }

  /**
   * A connection outside the pool; the caller ends it. With `answerLimitMs`, a statement that is not answered by then fails;
   * without, only the death of the connection ends it, which TCP notices within about 12 minutes.
   * @throws SearchUnavailableError
   */
  session(answerLimitMs?: number): Promise<Session> {
    return this.#attempt(async () => {
      const client = new pg.Client({ ...this.#config, query_timeout: answerLimitMs });
      // A lost connection shows at the next statement; without a listener it would end the process.
      client.on('error', () => undefined);
      await client.connect();
      const query = queryOf(client);
      await query(`SET idle_in_transaction_session_timeout = '${SESSION_IDLE_LIMIT}'`);
      return {
        query: (text, values) => query(text, values).catch(rethrow) as Promise<never>,
        end: () => client.end().catch(() => undefined),
      };
    });
  }

  async close(): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#prepare();
        return await work();
      } catch (error) {
        if (isUndefinedTable(error)) this.#prepared = undefined;
        if (attempt >= ATTEMPTS || !ASKS_AGAIN.has(codeOf(error))) return rethrow(error);
        await delay(Math.random() * FIRST_BACKOFF_MS * 2 ** attempt);
      }
    }
  }

  /** Makes schema and tables when they are missing, once; again when a table turns out to be gone. */
  #prepare(): Promise<void> {
    this.#prepared ??= prepare(this.#pool, this.schema).catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }
}

/** The driver lets options in the URL replace ours; they are to stand beside each other. */
function toConnection(url: string, options: string): pg.ClientConfig {
  const given = new URL(url);
  const own = given.searchParams.get('options');
  given.searchParams.delete('options');
  return { connectionString: given.href, options: own === null ? options : `${own} ${options}` };
}

/** True when a statement named a table or schema that is not there (any more). */
export function isUndefinedTable(error: unknown): boolean {
  return codeOf(error) === '42P01' || codeOf(error) === '3F000';
}

/** True when a value cannot be stored: of a wrong form, or beyond a limit of the server. */
export function isUnstorableValue(error: unknown): error is Error {
  return /^(22|54)/.test(codeOf(error));
}

/** True when a lock was not given within its limit. */
export function isLockTimeout(error: unknown): boolean {
  return error instanceof SearchUnavailableError && codeOf(error.cause) === '55P03';
}

async function prepare(pool: pg.Pool, schema: string): Promise<void> {
  // Looking first lets a role in that may not make tables.
  const { rows } = await pool.query(`SELECT to_regclass($1) IS NOT NULL AS "isThere"`, [`${schema}.aliases`]);
  if (rows[0].isThere) return;
  // Several statements without values are one transaction; the lock lets replicas that start together take turns.
  await pool.query(`
    SELECT pg_advisory_xact_lock(hashtextextended('lockstep.search.' || '${schema.replaceAll("'", "''")}', 0));
    CREATE SCHEMA IF NOT EXISTS ${schema};
    CREATE TABLE IF NOT EXISTS ${schema}.indexes (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      prefix text COLLATE "C" NOT NULL,
      name text COLLATE "C" NOT NULL,
      fields json NOT NULL,
      meta json NOT NULL,
      is_searchable boolean NOT NULL DEFAULT false,
      UNIQUE (prefix, name)
    );
    CREATE TABLE IF NOT EXISTS ${schema}.aliases (
      prefix text COLLATE "C" NOT NULL,
      name text COLLATE "C" NOT NULL,
      index_id bigint NOT NULL REFERENCES ${schema}.indexes ON DELETE CASCADE,
      filter json,
      PRIMARY KEY (prefix, name, index_id)
    );
    CREATE INDEX IF NOT EXISTS aliases_index_id ON ${schema}.aliases (index_id)`);
}

/** Deadlock, serialisation failure. */
const ASKS_AGAIN: ReadonlySet<string> = new Set(['40P01', '40001']);
/** Cancelled by a limit of time, lock not given, no memory or disk or place for a connection; and what was tried often enough. */
const TOO_BUSY = /^(57014|55P03|53...|40P01|40001)$/;

function rethrow(error: unknown): never {
  if (!isDatabaseUnavailable(error) && !TOO_BUSY.test(codeOf(error))) throw error;
  throw new SearchUnavailableError(`PostgreSQL: ${(error as Error).message}`, { cause: error });
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null | undefined)?.code ?? '');
}

async function inTransaction<T>(client: pg.ClientBase, work: (query: Query) => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  const result = await work(queryOf(client));
  await client.query('COMMIT');
  return result;
}

function queryOf(client: pg.ClientBase): Query {
  return async <T>(text: string, values: readonly unknown[] = []) =>
    (await client.query(text, [...values])).rows as T[];
}
