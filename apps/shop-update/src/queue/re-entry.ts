import type { Settings } from '../shop-config/settings.js';
import { decideEntry, type Entry, type ItemFacts } from './decide-entry.js';
import type { Item } from './item.js';
import type { Journal } from './journal.js';

/** Items that wait and that a later change of the same joins: one of a kind. */
export const WAITS_SQL = `i.status IN ('pending', 'delayed', 'blocked', 'failed') AND i.finished_at IS NULL AND i.unapplied IS NULL`;

/** Items that wait for the keys `$1` (sets), `$2` (products, 0: none), `$3` (topics): by `sync_item_key_idx`. */
export const WAITS_FOR_KEYS_SQL = `${WAITS_SQL} AND (i.product_set_id, coalesce(i.product_id, 0), i.topic) IN
  (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[]))`;

/** The columns that say where an entry puts an item. */
export function place(
  entry: Exclude<Entry, { status: 'moot' }>,
  end: Date | null,
): Pick<Item, 'status' | 'reason' | 'availableAt' | 'blockedBy'> {
  return {
    status: entry.status,
    reason: entry.status === 'pending' ? null : entry.reason,
    availableAt: entry.status === 'delayed' ? end : null,
    blockedBy: entry.status === 'blocked' ? entry.blockedBy : null,
  };
}

/** Tries an item that was given up from the start, with what is to be said now. */
export function reset(journal: Journal, item: Item, facts: ItemFacts, settings: Settings): Item {
  const fresh = { retryNo: 0, failedAt: null, attention: false, unapplied: null };
  const entry = decideEntry(facts, settings, { holdUntil: item.holdUntil, now: journal.now });
  if (entry.status === 'moot') return journal.take(item, '28', { status: 'superseded' });
  return journal.enter(item, '27', { ...fresh, ...place(entry, item.holdUntil) });
}
