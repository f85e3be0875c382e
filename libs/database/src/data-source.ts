import { hostname } from 'node:os';
import type { CustomTypesConfig } from 'pg';
import pg from 'pg';
import { DataSource, type DataSourceOptions, type Logger, type MigrationInterface } from 'typeorm';
import { keepStatements } from './kept-statements.js';
import { quoteName } from './quote-name.js';
import { sendTogether } from './send-together.js';
import { limitSilence } from './silence-limit.js';

/** What a service states about its database. */
export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** The service's own schema; the connection's whole search path, so that SQL names tables without it. */
  readonly schema: string;
  /** Shown to operators in `pg_stat_activity.application_name`. */
  readonly service: string;
  /** Every entity class, named one by one: TypeORM's auto-loading would mix the services of one process. */
  readonly entities: readonly EntityClass[];
  /** Every migration class, those of the libraries included. The class name ends with a 13-digit timestamp. */
  readonly migrations: readonly MigrationClass[];
  /** Connections in the pool. @default 10 */
  readonly poolSize?: number;
  /** A statement that runs longer is cancelled by the server. Milliseconds. @default 60000 */
  readonly statementTimeoutMs?: number;
  /** How long a new connection, or one from a full pool, is waited for. Milliseconds. @default 10000 */
  readonly connectTimeoutMs?: number;
  /**
   * Silence after which a connection is given up, with the query on it. More than a statement may take and a transaction may
   * rest. Milliseconds. @default 65000
   */
  readonly silenceLimitMs?: number;
  /**
   * For a service of many short statements: the server plans each once a connection (see {@link keepStatements}), and they are
   * sent without waiting for the answer of the one before, unless the caller waits. Those of one transaction that are asked for
   * together are so carried out in their order, in one round trip. Without COPY and cursors. @default false
   */
  readonly shortStatements?: boolean;
  /** Told of the loss of an idle pooled connection; the pool replaces it by itself. @default ignored */
  readonly onConnectionLost?: (error: Error) => void;
}

/** A class whose instances are rows. */
export type EntityClass = new (...args: never[]) => object;

/** A TypeORM migration. */
export type MigrationClass = new () => MigrationInterface;

const DEFAULT_STATEMENT_TIMEOUT_MS = 60_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
/** Beyond the server's own limit of 60 seconds, so that its answer is heard. */
const DEFAULT_SILENCE_LIMIT_MS = 65_000;
/** Longest name that PostgreSQL keeps. */
const MAX_APPLICATION_NAME_LENGTH = 63;

/** `service@host:pid`, as it stands in `pg_stat_activity`. */
export function applicationName(service: string): string {
  return `${service}@${hostname()}:${process.pid}`.slice(0, MAX_APPLICATION_NAME_LENGTH);
}

/**
 * A data source on the service's own schema; not connected yet.
 *
 * Values arrive as: `date` a string `2026-01-31`, `bigint` a number, `timestamptz` a Date. A bigint beyond 2^53 fails the
 * query with a RangeError rather than losing digits; select such a column as text.
 */
export function createDataSource(options: DatabaseOptions): DataSource {
  return new DataSource(dataSourceOptions(options));
}

function dataSourceOptions(options: DatabaseOptions): DataSourceOptions {
  const connectTimeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
  return {
    type: 'postgres',
    driver: pg,
    url: options.url,
    schema: options.schema,
    applicationName: applicationName(options.service),
    entities: [...options.entities],
    migrations: [...options.migrations],
    migrationsTransactionMode: 'each',
    poolSize: options.poolSize ?? 10,
    connectTimeoutMS: connectTimeoutMs,
    installExtensions: false,
    logger: silentLogger,
    poolErrorHandler: (error: Error) => options.onConnectionLost?.(error),
    extra: {
      // Compiling a statement costs more than any of ours gains by it: up to seconds for one of milliseconds.
      options: `-c jit=off -c default_transaction_isolation=read\\ committed -c search_path=${quoteName(options.schema).replaceAll(/[\\ ]/g, '\\$&')}`,
      statement_timeout: options.statementTimeoutMs ?? DEFAULT_STATEMENT_TIMEOUT_MS,
      // A transaction left open by a hung caller would hold its locks for ever.
      idle_in_transaction_session_timeout: DEFAULT_STATEMENT_TIMEOUT_MS,
      keepAlive: true,
      onConnect: (client: pg.Client) => {
        limitSilence(client, options.silenceLimitMs ?? DEFAULT_SILENCE_LIMIT_MS);
        if (!options.shortStatements) return;
        keepStatements(client);
        sendTogether(client);
      },
      pipeline: options.shortStatements ?? false,
      types: valueTypes,
    },
  };
}

/** TypeORM would print to the console, parameters and so personal data included. Errors are logged by who catches them. */
const silentLogger: Logger = {
  logQuery: () => undefined,
  logQueryError: () => undefined,
  logQuerySlow: () => undefined,
  logSchemaBuild: () => undefined,
  logMigration: () => undefined,
  log: () => undefined,
};

/** Parsers of this data source only: pg's own registry is shared by everything in the process. */
const valueTypes: CustomTypesConfig = {
  getTypeParser: (oid, format) => {
    if (format !== 'binary' && oid === pg.types.builtins.DATE) return (text: string) => text;
    if (format !== 'binary' && oid === pg.types.builtins.INT8) return parseSafeBigint;
    return pg.types.getTypeParser(oid, format);
  },
};

function parseSafeBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} does not fit a number; select it as text`);
  return value;
}
