import type { IdentifierIds, ImportObjectItemV1, PayloadClass } from '@lockstep/contracts';
import type { EntityManager } from 'typeorm';
import { answerEach } from './answer-each.js';
import { checkFields } from './check-fields.js';
import { complete, type ItemAnswer, notThere } from './item-answer.js';
import type { OwnerWork } from './owned.js';
import { readId } from './read-ids.js';

/** A type of objects as imports name it: where its rows are, and under which names a feed may give its id. */
export interface NamedRows {
  readonly type: string;
  /** In the service's own schema; its key is `id`. */
  readonly table: string;
  /** The owner's own first. */
  readonly idNames: readonly [string, ...string[]];
  /** Rows stay as tombstones, marked `deleted`. */
  readonly isBuried: boolean;
}

/** The id among an item's identifier ids, under whichever of the names; null where there is none. */
export function idOf({ idNames }: NamedRows, identifierIds: IdentifierIds | null): number | null {
  for (const name of idNames) {
    const id = readId(identifierIds, name);
    if (id !== null) return id;
  }
  return null;
}

/** Those that are there, locked in the order of their ids until the end of the transaction. */
export async function findRows(
  manager: EntityManager,
  { table, isBuried }: NamedRows,
  ids: readonly (number | null | undefined)[],
  lock: 'FOR SHARE' | 'FOR UPDATE' = 'FOR SHARE',
): Promise<Set<number>> {
  const wanted = [...new Set(ids.flatMap((id) => id ?? []))];
  if (wanted.length === 0) return new Set();
  const rows: { id: number }[] = await manager.query(
    `SELECT id FROM ${table} WHERE id = ANY ($1::bigint[])${isBuried ? ' AND NOT deleted' : ''} ORDER BY id ${lock}`,
    [wanted],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Says which of the objects asked for are there. */
export function referring(rows: NamedRows): OwnerWork<ImportObjectItemV1> {
  return async (manager, items) => {
    const ids = items.map(({ identifierIds }) => idOf(rows, identifierIds));
    const known = await findRows(manager, rows, ids);
    return items.map((item, index) => answerFor(rows, item, ids[index] ?? null, known));
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
        const ids = good.map(({ identifierIds }) => idOf(rows, identifierIds));
        const known = await findRows(manager, rows, ids, 'FOR UPDATE');
        const changes = good.flatMap(({ fields }, index) => {
          const id = ids[index] ?? null;
          return id !== null && known.has(id) ? [{ id, fields }] : [];
        });
        if (changes.length > 0) await write(manager, changes);
        return good.map((item, index) => answerFor(rows, item, ids[index] ?? null, known));
      },
    );
}

function answerFor(
  rows: NamedRows,
  { identifierIds }: ImportObjectItemV1,
  id: number | null,
  known: ReadonlySet<number>,
): ItemAnswer {
  return id !== null && known.has(id) ? complete({ [rows.idNames[0]]: id }) : notThere(rows.type, identifierIds);
}
