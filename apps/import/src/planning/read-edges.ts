import type { PoolClient } from 'pg';
import type { EntityManager } from 'typeorm';

const ROWS_A_FETCH = 20_000;

/**
 * Rows of integers by a cursor, as arrays without names: millions of them are read without one object each. `take` gets the
 * values of one row. Needs a manager that is in a transaction.
 */
export async function readIntegers(
  manager: EntityManager,
  sql: string,
  parameters: readonly unknown[],
  take: (row: readonly number[]) => void,
): Promise<void> {
  if (!manager.queryRunner?.isTransactionActive) throw new Error('a cursor needs a manager that is in a transaction');
  const client = (await manager.queryRunner.connect()) as PoolClient;
  await client.query(`DECLARE integers NO SCROLL CURSOR FOR ${sql}`, [...parameters]);
  for (;;) {
    const { rows } = await client.query<number[]>({ text: `FETCH ${ROWS_A_FETCH} FROM integers`, rowMode: 'array' });
    for (const row of rows) take(row);
    if (rows.length < ROWS_A_FETCH) break;
  }
  await client.query('CLOSE integers');
}
