import type { IdentifierIds, ImportObjectItemV1, PayloadClass } from '@lockstep/contracts';
import {
  answerEach,
  checkFields,
  complete,
  type ItemAnswer,
  notThere,
  type OwnerWork,
  readId,
} from '@lockstep/ownership';
import type { EntityManager } from 'typeorm';

/** A type of objects as imports name it, and where its rows are. */
export interface NamedRows {
  readonly type: string;
  readonly table: string;
  readonly idName: string;
  /** Rows that count, as a condition of SQL. */
  readonly where: string;
}

export const CUSTOMER: NamedRows = { type: 'customer', table: 'customer', idName: 'customerId', where: 'true' };
export const ORDER: NamedRows = { type: 'order', table: '"order"', idName: 'orderId', where: 'true' };
export const RETURN: NamedRows = { type: 'return', table: 'order_return', idName: 'returnId', where: 'NOT deleted' };

/** Those that are there, locked in the order of their ids until the end of the transaction. */
export async function findRows(
  manager: EntityManager,
  { table, where }: NamedRows,
  ids: readonly (number | null | undefined)[],
  lock: 'FOR SHARE' | 'FOR UPDATE' = 'FOR SHARE',
): Promise<Set<number>> {
  const wanted = [...new Set(ids.flatMap((id) => id ?? []))];
  if (wanted.length === 0) return new Set();
  const rows: { id: number }[] = await manager.query(
    `SELECT id FROM ${table} WHERE id = ANY ($1::bigint[]) AND ${where} ORDER BY id ${lock}`,
    [wanted],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Ids for objects that nobody has named before. */
export async function allocateIds(manager: EntityManager, sequence: string, count: number): Promise<number[]> {
  const rows: { id: number }[] = await manager.query('SELECT nextval($1) AS id FROM generate_series(1, $2)', [
    sequence,
    count,
  ]);
  return rows.map(({ id }) => id);
}

/** Says which of the objects asked for are there. */
export function referring(rows: NamedRows): OwnerWork<ImportObjectItemV1> {
  return async (manager, items) => {
    const ids = items.map(({ identifierIds }) => readId(identifierIds, rows.idName));
    const known = await findRows(manager, rows, ids);
    return items.map(({ identifierIds }, index) => answerFor(rows, identifierIds, ids[index] ?? null, known));
  };
}

/** A change of one object that is there. */
export interface Change {
  readonly id: number;
  readonly fields: ImportObjectItemV1['fields'];
}

/** Changes objects that are there: their rows are locked, `write` gets the changes in the order asked. */
export function changing(
  rows: NamedRows,
  shape: PayloadClass,
  write: (manager: EntityManager, changes: readonly Change[]) => Promise<void>,
): OwnerWork<ImportObjectItemV1> {
  return (manager, items) =>
    answerEach(
      items,
      (item) => checkFields(shape, item.fields) ?? { good: item },
      async (good) => {
        const ids = good.map(({ identifierIds }) => readId(identifierIds, rows.idName));
        const known = await findRows(manager, rows, ids, 'FOR UPDATE');
        const changes = good.flatMap(({ fields }, index) => {
          const id = ids[index] ?? null;
          return id !== null && known.has(id) ? [{ id, fields }] : [];
        });
        if (changes.length > 0) await write(manager, changes);
        return good.map(({ identifierIds }, index) => answerFor(rows, identifierIds, ids[index] ?? null, known));
      },
    );
}

function answerFor(
  { type, idName }: NamedRows,
  identifierIds: IdentifierIds | null,
  id: number | null,
  known: ReadonlySet<number>,
): ItemAnswer {
  return id !== null && known.has(id) ? complete({ [idName]: id }) : notThere(type, identifierIds);
}
