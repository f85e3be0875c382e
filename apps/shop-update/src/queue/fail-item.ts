import type { Settings } from '../shop-config/settings.js';
import type { ItemError } from './error-signature.js';
import type { Item } from './item.js';
import type { Journal } from './journal.js';
import { decideAfterFailure } from './retry-schedule.js';
import type { TransitionNo } from './transitions.js';

/** Leads an item on after a failure: to its next attempt by the row `no` of the table, or to its end by row 23. */
export function failItem(
  journal: Journal,
  item: Item,
  no: TransitionNo,
  error: ItemError,
  settings: Settings,
  more: { readonly retryAfterMs?: number; readonly keep?: Partial<Item> } = {},
): Item {
  const { now } = journal;
  const after = decideAfterFailure(item, settings, {
    now,
    random: Math.random(),
    retryAfterMs: more.retryAfterMs ?? 0,
  });
  const { failures, attention } = after;
  const told = { failures, attention, lastError: error.text, errorSignature: error.signature, ...more.keep };
  if (after.kind === 'failed') return journal.take(item, '23', { ...told, status: 'failed', failedAt: now });
  const { retryNo, at } = after;
  return journal.take(item, no, { ...told, status: 'delayed', reason: 'retry', availableAt: at, retryNo });
}
