import { setTimeout as delay } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import {
  type DataSource,
  type EntityManager,
  QueryFailedError,
  type QueryRunner,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
} from 'typeorm';
import { DatabaseConnectionLostError } from './unavailable.js';

/** How a transaction runs. */
export interface TransactionOptions {
  /** @default 'READ COMMITTED', which each connection begins with */
  readonly isolation?: 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';
  /** Attempts in all when the database asks for another (40001 serialization failure, 40P01 deadlock). @default 5 */
  readonly attempts?: number;
}

/** Hands over statements that were asked for, and that nobody waits for but the commit. */
export type Last = (asked: Promise<unknown>) => void;

const DEFAULT_ATTEMPTS = 5;
/** Longest wait before the second attempt; it doubles with each one. Milliseconds. */
const FIRST_BACKOFF_MS = 20;

/**
 * Runs `work` in one transaction and commits. A deadlock or a serialization failure runs it again from the start, so
 * `work` must have no effect outside its `manager`. What it asks for together, it must wait for together, and with nothing
 * else in between: after a failure the rest of it fails, and none of it is left for later.
 *
 * Throws what `work` or the commit threw after the last attempt; `DatabaseConnectionLostError` when the connection died
 * between two statements. When the connection dies during the commit itself, whether it happened is unknown.
 */
export async function inTransaction<T>(
  dataSource: DataSource,
  work: (manager: EntityManager, last: Last) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const attempts = options.attempts ?? DEFAULT_ATTEMPTS;
  for (let attempt = 1; ; attempt++) {
    try {
      return await runOnce(dataSource, work, options.isolation);
    } catch (error) {
      if (attempt >= attempts || !asksForAnotherAttempt(error)) throw error;
      await delay(Math.random() * FIRST_BACKOFF_MS * 2 ** (attempt - 1));
    }
  }
}

async function runOnce<T>(
  dataSource: DataSource,
  work: (manager: EntityManager, last: Last) => Promise<T>,
  isolation: TransactionOptions['isolation'],
): Promise<T> {
  const queryRunner = dataSource.createQueryRunner();
  // Of what nobody waits for: whatever was asked for after it says only that the transaction has failed.
  let failure: { readonly error: unknown } | undefined;
  const unanswered: Promise<unknown>[] = [];
  const last: Last = (asked) => {
    const noted = asked.catch((error: unknown) => {
      failure ??= { error };
    });
    unanswered.push(noted);
  };
  try {
    const client: PoolClient & { readonly pipeline?: boolean } = await queryRunner.connect();
    if (client.pipeline) last(beginAhead(queryRunner, client, isolation));
    else await queryRunner.startTransaction(isolation);
    const result = await work(queryRunner.manager, last);
    if (!client.pipeline) await Promise.all(unanswered);
    // After a statement that failed the server rolls back instead, and says so of the statement alone.
    await Promise.all([...unanswered, queryRunner.commitTransaction()]);
    if (failure) throw failure.error;
    return result;
  } catch (caught) {
    const error = failure ? failure.error : caught;
    // Released before our own `finally`: the pool was told of a broken connection.
    if (queryRunner.isReleased && isReleasedError(error)) throw new DatabaseConnectionLostError(error);
    // On a broken connection the rollback fails as well; the first error is the one that tells why.
    if (queryRunner.isTransactionActive) await queryRunner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await queryRunner.release();
  }
}

/**
 * Begins a transaction on a connection that sends statements one behind the other, before it is known to have begun: one round
 * trip less. To the driver itself, because TypeORM would send it after the first statement of the work, which does not wait.
 */
function beginAhead(queryRunner: QueryRunner, client: PoolClient, isolation: TransactionOptions['isolation']) {
  const begun = client.query(`START TRANSACTION${isolation === undefined ? '' : ` ISOLATION LEVEL ${isolation}`}`);
  Object.assign(queryRunner, { isTransactionActive: true, transactionDepth: 1 });
  return begun;
}

function isReleasedError(error: unknown): boolean {
  return error instanceof QueryRunnerAlreadyReleasedError || error instanceof QueryRunnerProviderAlreadyReleasedError;
}

function asksForAnotherAttempt(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { code?: string };
  return code === '40001' || code === '40P01';
}
