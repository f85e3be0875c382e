import type { EntityManager } from 'typeorm';
import { decideEntry, type ItemFacts } from '../queue/decide-entry.js';
import { readFacts } from '../queue/facts.store.js';
import { type Item, readItems } from '../queue/item.js';
import { Journal } from '../queue/journal.js';
import { lockLanes, settleLanes } from '../queue/lane.store.js';
import { place, reset } from '../queue/re-entry.js';
import { absorbFollowers, releaseBlocked } from '../queue/release.js';
import type { Settings } from '../shop-config/settings.js';
import { type ActionDecision, decideAction, type ItemAction } from './decide-action.js';

/** What became of an item that somebody wanted moved. */
export interface ItemMove {
  readonly item: Item;
  readonly decision: ActionDecision;
}

/**
 * Carries an action out on items, in the caller's transaction: their lanes are locked, so that no worker takes one meanwhile.
 * Those it is refused for stay as they are. Answers in the order of the ids.
 */
export async function moveItems(
  manager: EntityManager,
  action: ItemAction,
  ids: readonly number[],
  { settings, now }: { settings: Settings; now: Date },
): Promise<ItemMove[]> {
  const lanes = await lanesOf(manager, ids);
  await lockLanes(manager, lanes);
  const items = await readItems(manager, 'i.id = ANY ($1::bigint[])', [ids]);
  const facts = await readFacts(manager, items);
  const journal = new Journal(now);
  const moves = items.map((item, at): ItemMove => {
    const context = { item, facts: facts[at]!, settings };
    const decision = decideAction(action, item, context);
    carryOut(journal, decision, context);
    return { item, decision };
  });
  // A kept answer stands beside a later change of the same. Once it is given up for a new attempt, only one of them may wait.
  if (action === 'retry') await absorbFollowers(manager, journal, items, settings);
  await journal.write(manager);
  // Others may have waited for a creation that comes to nothing, or that is done.
  if (action === 'cancel' || action === 'done') await releaseBlocked(manager, lanes, settings, now);
  await settleLanes(manager, lanes, settings, now);
  return moves.map(({ item, decision }) => ({ item: journal.latest(item), decision }));
}

/** Tries items that were given up or cannot go on from the start; the caller has locked their lanes. */
export function beginAgain(journal: Journal, item: Item, facts: ItemFacts, settings: Settings): Item {
  const requeueCount = item.requeueCount + 1;
  const fresh = { retryNo: 0, failedAt: null, attention: false, requeueCount };
  if (item.status === 'failed') return reset(journal, { ...item, requeueCount }, facts, settings);
  if (item.status === 'blocked') return journal.enter(item, '26', fresh);
  return journal.enter(item, '38', { ...fresh, ...entryOf(item, facts, settings, journal.now) });
}

function carryOut(
  journal: Journal,
  decision: ActionDecision,
  { item, facts, settings }: { item: Item; facts: ItemFacts; settings: Settings },
): void {
  switch (decision.kind) {
    case 'again':
      beginAgain(journal, item, facts, settings);
      return;
    case 'apply':
      // Whoever looks for what is due writes the answer down; there is nothing to send.
      journal.keep({ ...item, availableAt: journal.now });
      return;
    case 'go':
      journal.enter({ ...item, holdUntil: null }, '38', entryOf(item, facts, settings, journal.now));
      return;
    case 'cancel':
      journal.take(item, '32', { status: 'cancelled' });
      return;
    case 'done':
      journal.take(item, '39', { status: 'synced' });
      return;
    case 'skip':
      journal.take(item, '40', { status: 'failed', failedAt: journal.now });
      return;
    case 'refused':
  }
}

/** In line, or blocked where the shop must create something first; a hold has ended. */
function entryOf(
  item: Item,
  facts: ItemFacts,
  settings: Settings,
  now: Date,
): Pick<Item, 'status' | 'reason' | 'availableAt' | 'blockedBy'> {
  const entry = decideEntry(facts, settings, { holdUntil: null, now });
  return entry.status === 'moot' ? place({ status: 'pending' }, null) : place(entry, item.holdUntil);
}

async function lanesOf(manager: EntityManager, ids: readonly number[]): Promise<number[]> {
  const rows: { id: number }[] = await manager.query(
    'SELECT DISTINCT product_set_id AS id FROM sync_item WHERE id = ANY ($1::bigint[])',
    [ids],
  );
  return rows.map(({ id }) => id);
}
