import type { EntityManager } from 'typeorm';
import type { Blocker } from './decide-entry.js';
import type { ItemResult } from './shop-call.js';
import type { Reason, Status } from './statuses.js';
import type { Topic } from './topics.js';

/** Something the shop must be told, and how far that has got: a row of `sync_item`. */
export interface Item {
  readonly id: number;
  readonly productSetId: number;
  readonly productId: number | null;
  readonly topic: Topic;
  readonly status: Status;
  readonly reason: Reason | null;
  readonly queuedAt: Date;
  readonly enqueuedAtNs: string;
  readonly availableAt: Date | null;
  readonly holdUntil: Date | null;
  readonly retryNo: number;
  readonly requeueCount: number;
  readonly lastRequeuedAt: Date | null;
  readonly failures: number;
  readonly failedAt: Date | null;
  readonly attention: boolean;
  readonly merged: number;
  readonly blockedBy: Blocker | null;
  readonly lastError: string | null;
  readonly errorSignature: string | null;
  readonly requestId: number | null;
  readonly unapplied: ItemResult | null;
  readonly finishedAt: Date | null;
}

type Field = keyof Item;

const COLUMNS: Readonly<Record<Field, { readonly column: string; readonly type: string }>> = {
  id: { column: 'id', type: 'bigint' },
  productSetId: { column: 'product_set_id', type: 'bigint' },
  productId: { column: 'product_id', type: 'bigint' },
  topic: { column: 'topic', type: 'text' },
  status: { column: 'status', type: 'text' },
  reason: { column: 'reason', type: 'text' },
  queuedAt: { column: 'queued_at', type: 'timestamptz' },
  enqueuedAtNs: { column: 'enqueued_at_ns', type: 'numeric(20, 0)' },
  availableAt: { column: 'available_at', type: 'timestamptz' },
  holdUntil: { column: 'hold_until', type: 'timestamptz' },
  retryNo: { column: 'retry_no', type: 'integer' },
  requeueCount: { column: 'requeue_count', type: 'integer' },
  lastRequeuedAt: { column: 'last_requeued_at', type: 'timestamptz' },
  failures: { column: 'failures', type: 'integer' },
  failedAt: { column: 'failed_at', type: 'timestamptz' },
  attention: { column: 'attention', type: 'boolean' },
  merged: { column: 'merged', type: 'integer' },
  blockedBy: { column: 'blocked_by', type: 'jsonb' },
  lastError: { column: 'last_error', type: 'text' },
  errorSignature: { column: 'error_signature', type: 'text' },
  requestId: { column: 'request_id', type: 'bigint' },
  unapplied: { column: 'unapplied', type: 'jsonb' },
  finishedAt: { column: 'finished_at', type: 'timestamptz' },
};

const FIELDS = Object.keys(COLUMNS) as Field[];
/** What a move never changes. */
const FIXED: readonly Field[] = ['id', 'productSetId', 'productId', 'topic', 'queuedAt'];

const SELECTED = FIELDS.map(
  (field) => `i.${COLUMNS[field].column}${field === 'enqueuedAtNs' ? '::text' : ''} AS "${field}"`,
);
const RECORD = (fields: readonly Field[]): string =>
  fields.map((field) => `"${field}" ${COLUMNS[field].type}`).join(', ');

/** Of items that are as their row is the number of its writes: only what is changed of them need be written. */
const versions = new WeakMap<Item, number>();

/** Items by a condition on the alias `i`, in the order of their ids. */
export async function readItems(manager: EntityManager, where: string, values: readonly unknown[]): Promise<Item[]> {
  const rows: (Item & { readonly version: number })[] = await manager.query(
    `SELECT ${SELECTED.join(', ')}, i.version FROM sync_item i WHERE ${where} ORDER BY i.id`,
    [...values],
  );
  return rows.map((row) => {
    const item = copyItem(row);
    versions.set(item, row.version);
    return item;
  });
}

/** Field by field, and not by spreading, which takes ten times as long of so many: each move of an item is a copy of it. */
export function copyItem(row: Item): Item {
  return {
    id: row.id,
    productSetId: row.productSetId,
    productId: row.productId,
    topic: row.topic,
    status: row.status,
    reason: row.reason,
    queuedAt: row.queuedAt,
    enqueuedAtNs: row.enqueuedAtNs,
    availableAt: row.availableAt,
    holdUntil: row.holdUntil,
    retryNo: row.retryNo,
    requeueCount: row.requeueCount,
    lastRequeuedAt: row.lastRequeuedAt,
    failures: row.failures,
    failedAt: row.failedAt,
    attention: row.attention,
    merged: row.merged,
    blockedBy: row.blockedBy,
    lastError: row.lastError,
    errorSignature: row.errorSignature,
    requestId: row.requestId,
    unapplied: row.unapplied,
    finishedAt: row.finishedAt,
  };
}

/** An item as its row is after a transaction that has written it once since `read`, and that has been committed. */
export function asWritten(item: Item, read: Item): Item {
  const written = copyItem(item);
  versions.set(written, (versions.get(read) ?? 0) + 1);
  return written;
}

/** Those of these items, as they were known, that are otherwise now. */
export function readChanged(manager: EntityManager, known: readonly Item[]): Promise<Item[]> {
  return readItems(
    manager,
    'i.id = ANY ($1::bigint[]) AND (i.id, i.version) NOT IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))',
    [known.map(({ id }) => id), known.map((item) => versions.get(item) ?? 0)],
  );
}

/** Whether this is as its row is, not a copy with other values. */
export function isAsRead(item: Item): boolean {
  return versions.has(item);
}

const INSERTED = FIELDS.filter((field) => field !== 'id');
const INSERT_SQL = `
  INSERT INTO sync_item (${INSERTED.map((field) => COLUMNS[field].column).join(', ')})
  SELECT ${INSERTED.map((field) => `s."${field}"`).join(', ')}
  FROM ROWS FROM (json_to_recordset($1) AS (${RECORD(INSERTED)})) WITH ORDINALITY
    AS s (${INSERTED.map((field) => `"${field}"`).join(', ')}, place)
  ORDER BY s.place
  RETURNING id`;

/** New items, numbered in the order given: that is their order in their lanes, which the caller has locked. */
export async function insertItems(manager: EntityManager, items: readonly Omit<Item, 'id'>[]): Promise<Item[]> {
  if (items.length === 0) return [];
  const rows: { id: number }[] = await manager.query(INSERT_SQL, [JSON.stringify(items)]);
  const ids = rows.map(({ id }) => id).sort((a, b) => a - b);
  return items.map((item, index) => ({ ...item, id: ids[index] as number }));
}

const UPDATED = FIELDS.filter((field) => !FIXED.includes(field));
const UPDATE_SQL = `
  UPDATE sync_item i
  SET ${UPDATED.map((field) => `${COLUMNS[field].column} = s."${field}"`).join(', ')}, version = i.version + 1
  FROM json_to_recordset($1) AS s (${RECORD(['id', ...UPDATED])})
  WHERE i.id = s.id`;

/** An item as it is to be, and as its row is where that is known. */
export interface ItemChange {
  readonly item: Item;
  readonly former: Item | undefined;
}

/** What is changed of several items in the same way. */
interface SameChange {
  readonly ids: number[];
  readonly fields: readonly Field[];
  /** In the order of the fields. */
  readonly values: readonly unknown[];
}

/** A statement and its parameters. */
export type Statement = readonly [sql: string, values: unknown[]];

/** What writes items whose lanes the caller has locked. Of those that are changed alike the change is told once. */
export function updatesOf(changes: readonly ItemChange[]): Statement[] {
  const { same, others } = sortChanges(changes);
  const updates = same.map((change): Statement => [sameChangeSql(change), [change.ids, ...change.values]]);
  if (others.length > 0) updates.push([UPDATE_SQL, [JSON.stringify(others)]]);
  return updates;
}

/** What is changed of all of them, if they are changed alike. */
export function onlyChange(changes: readonly ItemChange[]): SameChange | undefined {
  const { same, others } = sortChanges(changes);
  return same.length === 1 && others.length === 0 ? same[0] : undefined;
}

/** `$1`: the ids; from `$2` on the values. */
export function sameChangeSql({ fields }: SameChange): string {
  const set = fields.map((field, at) => `${COLUMNS[field].column} = $${at + 2}::${COLUMNS[field].type}`);
  return `UPDATE sync_item SET ${set.join(', ')}, version = version + 1 WHERE id = ANY ($1::bigint[])`;
}

/** Different changes that are written by a statement each: more of them are written by one, which costs a row three times as much. */
const SAME_AT_MOST = 2;

function sortChanges(changes: readonly ItemChange[]): { same: SameChange[]; others: Item[] } {
  const same: (SameChange & { readonly first: Item })[] = [];
  const others: Item[] = [];
  for (const { item, former } of changes) {
    const fields = former ? UPDATED.filter((field) => !isSame(item[field], former[field])) : [];
    const known = same.find((change) => isChangedSo(item, fields, change));
    if (fields.length === 0) others.push(item);
    else if (known) known.ids.push(item.id);
    else if (same.length === SAME_AT_MOST) return { same: [], others: changes.map((change) => change.item) };
    else same.push({ ids: [item.id], fields, values: fields.map((field) => toColumn(item[field])), first: item });
  }
  return { same, others };
}

function isChangedSo(
  item: Item,
  changed: readonly Field[],
  { fields, first }: Pick<SameChange, 'fields'> & { readonly first: Item },
): boolean {
  return (
    changed.length === fields.length &&
    changed.every((field, at) => field === fields[at] && isSame(item[field], first[field]))
  );
}

function isSame(value: Item[keyof Item], former: Item[keyof Item]): boolean {
  if (value instanceof Date && former instanceof Date) return value.getTime() === former.getTime();
  return value === former;
}

function toColumn(value: Item[keyof Item]): unknown {
  return typeof value === 'object' && value !== null && !(value instanceof Date) ? JSON.stringify(value) : value;
}

/** Nanoseconds since 1970 as the shop is told them; our clock knows milliseconds. */
export function toNanoseconds(instant: Date): string {
  return `${BigInt(instant.getTime()) * 1_000_000n}`;
}
