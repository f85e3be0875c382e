import type { EntityManager } from 'typeorm';
import type { Change } from '../catalogue/topics-of-change.js';
import type { Settings } from '../shop-config/settings.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { decideEntry, type Entry, entryTransition, holdUntil, type ItemFacts } from './decide-entry.js';
import { type ItemKey, keyText, readFacts } from './facts.store.js';
import { type Item, insertItems, readItems, toNanoseconds } from './item.js';
import { Journal } from './journal.js';
import { lockLanes, settleLanes } from './lane.store.js';
import { place, reset, WAITS_FOR_KEYS_SQL, WAITS_SQL } from './re-entry.js';
import { releaseBlocked } from './release.js';
import { isCreate, type Topic } from './topics.js';

const shopSettings = new ShopSettings();

/**
 * Queues what the shop must be told of changes, in the transaction that makes them. What waits already of the same product and
 * topic takes the change along: what is sent is read when it is sent. Of what is gone nothing that waits is sent any more.
 * `at`: the time, where it is not the database's.
 */
export async function enqueueChanges(manager: EntityManager, changes: readonly Change[], at?: Date): Promise<void> {
  if (changes.length === 0) return;
  const lanes = changes.flatMap(({ productSetId, formerSetId }) => [
    productSetId,
    ...(formerSetId ? [formerSetId] : []),
  ]);
  await lockLanes(manager, lanes);
  const { settings, readAt } = await shopSettings.newest(manager);
  const now = at ?? readAt;
  const { left, endsCreation } = await leaveFormer(manager, changes, now);
  const keys = toKeys(changes, left);
  // Creations first: what else there is of a set depends on them.
  const [creates, others] = [keys.filter(({ topic }) => isCreate(topic)), keys.filter(({ topic }) => !isCreate(topic))];
  for (const wanted of [creates, others]) await enqueue(manager, wanted, settings, now);
  if (endsCreation) await releaseBlocked(manager, lanes, settings, now);
  await settleLanes(manager, lanes, settings, now);
}

interface Left {
  /** Topics that were waiting of products which are in another set now. */
  readonly left: ReadonlyMap<number, readonly Topic[]>;
  /** Others may have waited for it. */
  readonly endsCreation: boolean;
}

function toKeys(changes: readonly Change[], left: ReadonlyMap<number, readonly Topic[]>): ItemKey[] {
  const keys = new Map<string, ItemKey>();
  for (const { productSetId, productId, topics } of changes) {
    for (const topic of [...topics, ...(left.get(productId ?? 0) ?? [])]) {
      const key = {
        productSetId,
        productId: topic === 'new_product_set' || topic === 'images' ? null : productId,
        topic,
      };
      keys.set(keyText(key), key);
    }
  }
  return [...keys.values()];
}

/** Ends what waits of products and sets that are gone, and of products in the lane of a set that they have left. */
async function leaveFormer(manager: EntityManager, changes: readonly Change[], now: Date): Promise<Left> {
  const gone = changes.filter(({ isGone }) => isGone);
  const moved = changes.filter(({ formerSetId }) => formerSetId !== undefined);
  const left = new Map<number, Topic[]>();
  const ends = [
    ...gone.map(({ productSetId, productId }) => ({ set: productSetId, product: productId })),
    ...moved.map(({ formerSetId, productId }) => ({ set: formerSetId, product: productId })),
  ];
  if (ends.length === 0) return { left, endsCreation: false };
  const items = await readItems(
    manager,
    `${WAITS_SQL} AND EXISTS (SELECT FROM unnest($1::bigint[], $2::bigint[]) AS k (set_id, product_id)
       WHERE i.product_set_id = k.set_id AND (k.product_id IS NULL OR i.product_id = k.product_id))`,
    [ends.map(({ set }) => set), ends.map(({ product }) => product)],
  );
  const movedProducts = new Set(moved.map(({ productId }) => productId));
  const goneProducts = new Set(gone.map(({ productId }) => productId));
  const journal = new Journal(now);
  for (const item of items) {
    const { productId } = item;
    if (productId !== null && movedProducts.has(productId) && !goneProducts.has(productId)) {
      left.set(productId, [...(left.get(productId) ?? []), item.topic]);
      journal.take(item, '28', { status: 'superseded' });
    } else {
      journal.take(item, '32', { status: 'cancelled' });
    }
  }
  await journal.write(manager);
  return { left, endsCreation: items.some(({ topic }) => isCreate(topic)) };
}

async function enqueue(manager: EntityManager, keys: readonly ItemKey[], settings: Settings, now: Date): Promise<void> {
  if (keys.length === 0) return;
  const waiting = new Map((await readWaiting(manager, keys)).map((item) => [keyText(item), item]));
  const facts = await readFacts(manager, keys);
  const journal = new Journal(now);
  const begun: Omit<Item, 'id'>[] = [];
  for (const fact of facts) {
    const item = waiting.get(keyText(fact));
    if (item) join(journal, item, fact, settings);
    else begun.push(...begin(fact, settings, now));
  }
  for (const item of await insertItems(manager, begun)) journal.begin(item, entryTransition(entryOf(item)));
  await journal.write(manager);
}

function readWaiting(manager: EntityManager, keys: readonly ItemKey[]): Promise<Item[]> {
  return readItems(manager, WAITS_FOR_KEYS_SQL, [
    keys.map(({ productSetId }) => productSetId),
    keys.map(({ productId }) => productId ?? 0),
    keys.map(({ topic }) => topic),
  ]);
}

/** The item that waits keeps its place and its hold; one that was given up begins anew. */
function join(journal: Journal, item: Item, facts: ItemFacts, settings: Settings): void {
  const merged = item.merged + 1;
  if (item.status === 'failed') reset(journal, { ...item, merged }, facts, settings);
  else if (settings.retryNowOnChange && item.status === 'delayed' && item.reason === 'retry') {
    journal.enter({ ...item, merged }, '38', { requeueCount: item.requeueCount + 1 });
  } else journal.keep({ ...item, merged });
}

function begin(facts: ItemFacts, settings: Settings, now: Date): Omit<Item, 'id'>[] {
  const { productSetId, productId, topic } = facts;
  const end = holdUntil(topic, now, settings);
  const entry = decideEntry(facts, settings, { holdUntil: end, now });
  if (entry.status === 'moot') return [];
  return [
    {
      productSetId,
      productId,
      topic,
      queuedAt: now,
      enqueuedAtNs: toNanoseconds(now),
      holdUntil: end,
      retryNo: 0,
      requeueCount: 0,
      lastRequeuedAt: null,
      failures: 0,
      failedAt: null,
      attention: false,
      merged: 0,
      lastError: null,
      errorSignature: null,
      requestId: null,
      unapplied: null,
      finishedAt: null,
      ...place(entry, end),
    },
  ];
}

function entryOf({ status, reason }: Item): Exclude<Entry, { status: 'moot' }> {
  return { status, reason } as Exclude<Entry, { status: 'moot' }>;
}
