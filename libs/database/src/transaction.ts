import { setTimeout as delay } from 'node:timers/promises';
import {
  type DataSource,
  type EntityManager,
  QueryFailedError,
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

const DEFAULT_ATTEMPTS = 5;
/** Longest wait before the second attempt; it doubles with each one. Milliseconds. */
const FIRST_BACKOFF_MS = 20;

/**
 * Runs `work` in one transaction and commits. A deadlock or a serialization failure runs it again from the start, so
 * `work` must have no effect outside its `manager`.
 *
 * Throws what `work` or the commit threw after the last attempt; `DatabaseConnectionLostError` when the connection died
 * between two statements. When the connection dies during the commit itself, whether it happened is unknown.
 */
export async function inTransaction<T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
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
  work: (manager: EntityManager) => Promise<T>,
  isolation: TransactionOptions['isolation'],
): Promise<T> {
  const queryRunner = dataSource.createQueryRunner();
  try {
    await queryRunner.startTransaction(isolation);
    const result = await work(queryRunner.manager);
    await queryRunner.commitTransaction();
    return result;
  } catch (error) {
    // Released before our own `finally`: the pool was told of a broken connection.
    if (queryRunner.isReleased && isReleasedError(error)) throw new DatabaseConnectionLostError(error);
    // On a broken connection the rollback fails as well; the first error is the one that tells why.
    if (queryRunner.isTransactionActive) await queryRunner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await queryRunner.release();
  }
}

function isReleasedError(error: unknown): boolean {
  return error instanceof QueryRunnerAlreadyReleasedError || error instanceof QueryRunnerProviderAlreadyReleasedError;
}

function asksForAnotherAttempt(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { code?: string };
  return code === '40001' || code === '40P01';
}
