import type { PoolClient } from 'pg';
import type { EntityManager } from 'typeorm';

const ROWS_A_FETCH = 20_000;

/**
 * Reads rows of integers, without NULLs, by a cursor inside the caller's transaction: as arrays without names, so that
 * millions of them pass without an object each, and 20,000 at most are in memory. `take` gets the values of one row and must
 * not keep the array.
 *
 * Throws when `manager` is not in a transaction, what `take` threw, or what PostgreSQL says.
 */
export async function readIntegers(
  manager: EntityManager,
  sql: string,
  parameters: readonly unknown[],
  take: (row: readonly number[]) => void,
): Promise<void> {
  if (!manager.queryRunner?.isTransactionActive)
    throw new Error('readIntegers needs a manager that is in a transaction');
  const client = (await manager.queryRunner.connect()) as PoolClient;
  await client.query(`DECLARE integers NO SCROLL CURSOR FOR ${sql}`, [...parameters]);
  for (;;) {
    const { rows } = await client.query<number[]>({ text: `FETCH ${ROWS_A_FETCH} FROM integers`, rowMode: 'array' });
    for (const row of rows) take(row);
    if (rows.length < ROWS_A_FETCH) break;
  }
  await client.query('CLOSE integers');
}
