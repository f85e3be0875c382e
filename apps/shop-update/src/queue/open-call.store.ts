import type { EntityManager } from 'typeorm';
import type { AnsweredCall } from './accept-answer.js';
import { type KnownCatalogue, lockCatalogue, lockKnownCatalogue } from './gains.store.js';
import { type Item, readChanged, readItems } from './item.js';
import { LOCK_LANES_SQL } from './lane.store.js';
import type { Moment } from './queue-time.js';
import type { Note, ShopCall } from './shop-call.js';
import { isCreate, type ShopMethod, type Topic } from './topics.js';

/** A call as its worker has just stored it. */
export interface StoredCall extends ShopCall {
  /** In the order in which `params` names them, as their rows are: nobody need read them again who finds them unchanged. */
  readonly sent: readonly { readonly item: Item; readonly fingerprint: string }[];
  /** Written down with what comes of the call. */
  readonly note?: Note | undefined;
}

/** A call with its items as they are now, all of it locked. */
export interface OpenCall extends AnsweredCall {
  readonly method: ShopMethod;
  readonly params: Readonly<Record<string, unknown>>;
  /** None where nothing of it was to be locked. */
  readonly known: KnownCatalogue;
  /** In the order in which the call names them. */
  readonly sent: readonly SentItem[];
  /** Lanes of the call that have unfinished items beside those of the call. */
  readonly busyLanes: ReadonlySet<number>;
}

export interface SentItem {
  readonly position: number;
  readonly item: Item;
  readonly fingerprint: string;
  readonly latestFingerprint: string;
}

interface SentRow {
  readonly position: number;
  readonly itemId: number;
  readonly fingerprint: string;
  readonly productSetId: number;
  readonly productId: number | null;
  readonly topic: Topic;
  readonly setSrcId: string | null;
}

/**
 * Locks a call with all it touches, in the order that everybody keeps: sets, products, lanes, the call. All of that is asked
 * for together, and at its end the moment, so that whoever decides the lanes by newer settings does so afterwards.
 */
export async function openCall(
  manager: EntityManager,
  requestId: string,
  options: OpenOptions,
): Promise<{ readonly call: OpenCall; readonly moment: Moment } | undefined> {
  const { writesCatalogue, readMoment, stored } = options;
  if (stored) {
    const [opened, noted] = await Promise.allSettled([openStored(manager, stored, options), stored.note?.(manager)]);
    // Each has been waited for, so that neither goes on after the other has failed.
    if (opened.status === 'rejected') throw opened.reason;
    if (noted.status === 'rejected') throw noted.reason;
    return opened.value;
  }
  if (!/^\d{1,15}$/.test(requestId)) return undefined;
  const rows: SentRow[] = await manager.query(
    `SELECT c.position, c.item_id AS "itemId", c.fingerprint, i.product_set_id AS "productSetId",
       i.product_id AS "productId", i.topic, s.src_id AS "setSrcId"
     FROM sync_call_item c JOIN sync_item i ON i.id = c.item_id LEFT JOIN product_set s ON s.id = i.product_set_id
     WHERE c.call_id = $1 ORDER BY c.position`,
    [requestId],
  );
  if (rows.length === 0) return undefined;
  const lanes = rows.map(({ productSetId }) => productSetId);
  const ids = rows.map(({ itemId }) => itemId);
  const [known, [call], items, busyLanes, moment] = await Promise.all([
    writesCatalogue ? lockWritten(manager, rows) : NOTHING_KNOWN,
    manager.query<LockedCall[]>(lockSql('id, flow, outcome, method, payload AS params'), [requestId, lanes]),
    readItems(manager, 'i.id = ANY ($1::bigint[])', [ids]),
    readBusyLanes(manager, lanes, ids),
    readMoment(),
  ]);
  if (!call) return undefined;
  return { call: { ...call, known, busyLanes, sent: await readSent(manager, call.id, rows, items) }, moment };
}

interface OpenOptions {
  readonly writesCatalogue: boolean;
  readonly readMoment: () => Promise<Moment>;
  /** The call as the caller has stored it itself: what has stayed as it was is not read again. */
  readonly stored?: StoredCall | undefined;
}

type LockedCall = Pick<OpenCall, keyof AnsweredCall | 'method' | 'params'>;

async function openStored(
  manager: EntityManager,
  { id, method, params, sent }: StoredCall,
  { writesCatalogue, readMoment }: OpenOptions,
): Promise<{ readonly call: OpenCall; readonly moment: Moment } | undefined> {
  const items = sent.map(({ item }) => item);
  const lanes = items.map(({ productSetId }) => productSetId);
  const ids = items.map((item) => item.id);
  const [known, [call], changed, busyLanes, moment] = await Promise.all([
    writesCatalogue
      ? lockCatalogue(manager, items, { creates: items.some(({ topic }) => isCreate(topic)) })
      : NOTHING_KNOWN,
    manager.query<AnsweredCall[]>(lockSql('id, flow, outcome'), [id, lanes]),
    readChanged(manager, items),
    readBusyLanes(manager, lanes, ids),
    readMoment(),
  ]);
  if (!call) return undefined;
  const rows = sent.map(({ item, fingerprint }, position) => ({ position, itemId: item.id, fingerprint }));
  const now = new Map(changed.map((item) => [item.id, item]));
  const read = items.map((item) => now.get(item.id) ?? item);
  return {
    call: { ...call, method, params, known, busyLanes, sent: await readSent(manager, call.id, rows, read) },
    moment,
  };
}

function lockWritten(manager: EntityManager, rows: readonly SentRow[]): Promise<KnownCatalogue> {
  if (rows.some(({ topic }) => isCreate(topic))) return lockCatalogue(manager, rows, { creates: true });
  return lockKnownCatalogue(manager, rows);
}

/** The call after its lanes: all of these are locked before it is looked for. */
const lockSql = (columns: string): string => `
  WITH lanes AS MATERIALIZED (${LOCK_LANES_SQL('$2')})
  SELECT ${columns} FROM sync_call
  WHERE id = $1 AND (SELECT count(*) FROM lanes) >= 0 FOR UPDATE`;

/** To be asked when the lanes are locked. */
async function readBusyLanes(
  manager: EntityManager,
  lanes: readonly number[],
  itemIds: readonly number[],
): Promise<ReadonlySet<number>> {
  const rows: { id: number }[] = await manager.query(
    `SELECT l.id FROM unnest($1::bigint[]) AS l (id) WHERE EXISTS (
       SELECT FROM sync_item WHERE product_set_id = l.id AND finished_at IS NULL AND id <> ALL ($2::bigint[]))`,
    [lanes, itemIds],
  );
  return new Set(rows.map(({ id }) => id));
}

const NOTHING_KNOWN: KnownCatalogue = { products: new Map(), sets: new Map() };

async function readSent(
  manager: EntityManager,
  callId: number,
  rows: readonly Pick<SentRow, 'position' | 'itemId' | 'fingerprint'>[],
  read: readonly Item[],
): Promise<SentItem[]> {
  const items = new Map(read.map((item) => [item.id, item]));
  const sentAgain = read.filter(({ requestId }) => requestId !== callId);
  const latest = await readLatestFingerprints(manager, sentAgain);
  return rows.map(({ position, itemId, fingerprint }) => ({
    position,
    item: items.get(itemId) as Item,
    fingerprint,
    latestFingerprint: latest.get(itemId) ?? fingerprint,
  }));
}

async function readLatestFingerprints(manager: EntityManager, items: readonly Item[]): Promise<Map<number, string>> {
  if (items.length === 0) return new Map();
  const rows: { itemId: number; fingerprint: string }[] = await manager.query(
    `SELECT c.item_id AS "itemId", c.fingerprint
     FROM unnest($1::bigint[], $2::bigint[]) AS s (item_id, call_id)
     JOIN sync_call_item c ON c.item_id = s.item_id AND c.call_id = s.call_id`,
    [items.map(({ id }) => id), items.map(({ requestId }) => requestId)],
  );
  return new Map(rows.map(({ itemId, fingerprint }) => [itemId, fingerprint]));
}
