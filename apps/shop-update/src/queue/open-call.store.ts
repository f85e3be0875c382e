import type { EntityManager } from 'typeorm';
import type { AnsweredCall } from './accept-answer.js';
import { type KnownCatalogue, lockCatalogue, lockKnownCatalogue } from './gains.store.js';
import { type Item, readItems } from './item.js';
import { LOCK_LANES_SQL } from './lane.store.js';
import type { Moment } from './queue-time.js';
import { isCreate, type ShopMethod, type Topic } from './topics.js';

/** A call with its items as they are now, all of it locked. */
export interface OpenCall extends AnsweredCall {
  readonly method: ShopMethod;
  readonly params: Readonly<Record<string, unknown>>;
  /** None where nothing of it was to be locked. */
  readonly known: KnownCatalogue;
  /** In the order in which the call names them. */
  readonly sent: readonly SentItem[];
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
  { writesCatalogue, readMoment }: { readonly writesCatalogue: boolean; readonly readMoment: () => Promise<Moment> },
): Promise<{ readonly call: OpenCall; readonly moment: Moment } | undefined> {
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
  const [known, [call], items, moment] = await Promise.all([
    writesCatalogue ? lockWritten(manager, rows) : NOTHING_KNOWN,
    manager.query<LockedCall[]>(LOCK_SQL, [requestId, lanes]),
    readItems(manager, 'i.id = ANY ($1::bigint[])', [ids]),
    readMoment(),
  ]);
  if (!call) return undefined;
  return { call: { ...call, known, sent: await readSent(manager, call.id, rows, items) }, moment };
}

type LockedCall = Pick<OpenCall, keyof AnsweredCall | 'method' | 'params'>;

function lockWritten(manager: EntityManager, rows: readonly SentRow[]): Promise<KnownCatalogue> {
  if (rows.some(({ topic }) => isCreate(topic))) return lockCatalogue(manager, rows, { creates: true });
  return lockKnownCatalogue(manager, rows);
}

/** The call after its lanes: all of these are locked before it is looked for. */
const LOCK_SQL = `
  WITH lanes AS MATERIALIZED (${LOCK_LANES_SQL('$2')})
  SELECT id, flow, outcome, method, payload AS params FROM sync_call
  WHERE id = $1 AND (SELECT count(*) FROM lanes) >= 0 FOR UPDATE`;

const NOTHING_KNOWN: KnownCatalogue = { products: new Map(), sets: new Map() };

async function readSent(
  manager: EntityManager,
  callId: number,
  rows: readonly SentRow[],
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
