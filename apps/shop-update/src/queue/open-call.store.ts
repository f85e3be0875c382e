import type { EntityManager } from 'typeorm';
import type { AnsweredCall } from './accept-answer.js';
import { type KnownCatalogue, lockCatalogue } from './gains.store.js';
import { type Item, readItems } from './item.js';
import { lockKnownLanes } from './lane.store.js';
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
}

/** Locks a call with all it touches, in the order that everybody keeps: sets, products, lanes, the call. */
export async function openCall(
  manager: EntityManager,
  requestId: string,
  { writesCatalogue }: { readonly writesCatalogue: boolean },
): Promise<OpenCall | undefined> {
  if (!/^\d{1,15}$/.test(requestId)) return undefined;
  const rows: SentRow[] = await manager.query(
    `SELECT c.position, c.item_id AS "itemId", c.fingerprint, i.product_set_id AS "productSetId",
       i.product_id AS "productId", i.topic
     FROM sync_call_item c JOIN sync_item i ON i.id = c.item_id WHERE c.call_id = $1 ORDER BY c.position`,
    [requestId],
  );
  if (rows.length === 0) return undefined;
  const creates = rows.some(({ topic }) => isCreate(topic));
  const known = writesCatalogue ? await lockCatalogue(manager, rows, { creates }) : NOTHING_KNOWN;
  await lockKnownLanes(
    manager,
    rows.map(({ productSetId }) => productSetId),
  );
  const [call]: (AnsweredCall & { method: ShopMethod; params: Record<string, unknown> })[] = await manager.query(
    'SELECT id, flow, outcome, method, payload AS params FROM sync_call WHERE id = $1 FOR UPDATE',
    [requestId],
  );
  if (!call) return undefined;
  return { ...call, known, sent: await readSent(manager, call.id, rows) };
}

const NOTHING_KNOWN: KnownCatalogue = { products: new Map(), sets: new Map() };

async function readSent(manager: EntityManager, callId: number, rows: readonly SentRow[]): Promise<SentItem[]> {
  const ids = rows.map(({ itemId }) => itemId);
  const items = new Map((await readItems(manager, 'i.id = ANY ($1::bigint[])', [ids])).map((item) => [item.id, item]));
  const sentAgain = [...items.values()].filter(({ requestId }) => requestId !== callId);
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
