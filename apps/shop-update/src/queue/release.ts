import type { EntityManager } from 'typeorm';
import type { Settings } from '../shop-config/settings.js';
import { decideEntry, type Entry, type ItemFacts } from './decide-entry.js';
import { keyText, readFacts } from './facts.store.js';
import { type Item, readItems } from './item.js';
import { Journal } from './journal.js';
import { place, reset, WAITS_FOR_KEYS_SQL } from './re-entry.js';
import { isWaiting } from './statuses.js';

/**
 * Lets go what waits for ids that the shop has given meanwhile, or that nothing waits for any more, in the order of age. The
 * caller has locked the lanes, and written what happened to the items that were waited for.
 */
export async function releaseBlocked(
  manager: EntityManager,
  productSetIds: readonly number[],
  settings: Settings,
  now: Date,
): Promise<void> {
  const items = await readItems(
    manager,
    `i.product_set_id = ANY ($1::bigint[]) AND i.finished_at IS NULL AND i.indexed_status = 'blocked'
     AND i.reason IN ('no_src_id', 'set_incomplete')`,
    [productSetIds],
  );
  if (items.length === 0) return;
  const facts = await readFacts(manager, items);
  const journal = new Journal(now);
  for (const [index, item] of items.entries()) {
    const entry = decideEntry(facts[index] as ItemFacts, settings, { holdUntil: item.holdUntil, now });
    release(journal, item, entry);
  }
  await journal.write(manager);
}

function release(journal: Journal, item: Item, entry: Entry): void {
  if (entry.status === 'moot') journal.take(item, '35', { status: 'superseded' });
  else if (entry.status === 'blocked' && entry.reason === item.reason) {
    if (entry.blockedBy.id !== item.blockedBy?.id) journal.keep({ ...item, blockedBy: entry.blockedBy });
  } else if (item.reason === 'set_incomplete' && entry.status === 'blocked') {
    // The shop's id of it is not taken away again: it waits for the same as before, under its former reason.
    journal.keep({ ...item, blockedBy: entry.blockedBy });
  } else journal.enter(item, item.reason === 'no_src_id' ? '24' : '25', place(entry, item.holdUntil));
}

/**
 * A change that came while an item was on its way waits behind it. When that item comes back, to be sent again, the two say the
 * same: the older one takes the change along; where it was given up, it begins anew. So it is when both come back at once.
 */
export async function absorbFollowers(
  manager: EntityManager,
  journal: Journal,
  returned: readonly Item[],
  settings: Settings,
): Promise<void> {
  const back = returned.map((item) => journal.latest(item)).filter(takesAlong);
  if (back.length === 0) return;
  const byKey = new Map<string, Item>();
  const followers: Item[] = [];
  for (const item of back.sort((a, b) => a.id - b.id)) {
    if (byKey.has(keyText(item))) followers.push(item);
    else byKey.set(keyText(item), item);
  }
  followers.push(...(await readFollowers(manager, back)));
  if (followers.length === 0) return;
  const facts = new Map((await readFacts(manager, followers)).map((fact) => [keyText(fact), fact]));
  for (const follower of followers) {
    const kept = byKey.get(keyText(follower)) as Item;
    journal.take(follower, '28', { status: 'superseded' });
    const merged = { ...kept, merged: kept.merged + follower.merged + 1 };
    const isGivenUp = kept.status === 'failed';
    if (!isGivenUp) journal.keep(merged);
    byKey.set(
      keyText(kept),
      isGivenUp ? reset(journal, merged, facts.get(keyText(kept)) as ItemFacts, settings) : merged,
    );
  }
}

function readFollowers(manager: EntityManager, back: readonly Item[]): Promise<Item[]> {
  return readItems(manager, `${WAITS_FOR_KEYS_SQL} AND NOT i.id = ANY ($4::bigint[])`, [
    back.map(({ productSetId }) => productSetId),
    back.map(({ productId }) => productId ?? 0),
    back.map(({ topic }) => topic),
    back.map(({ id }) => id),
  ]);
}

function takesAlong({ status, unapplied }: Item): boolean {
  return isWaiting(status) && unapplied === null;
}
