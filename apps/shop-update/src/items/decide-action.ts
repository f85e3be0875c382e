import type { Item } from '../queue/item.js';

/** What an operator may do with one item. */
export const ITEM_ACTIONS = ['retry', 'release', 'cancel'] as const;
export type ItemAction = (typeof ITEM_ACTIONS)[number];

/**
 * How an action is carried out. `again`: in line anew, its retries given back. `apply`: an answer that came is written down
 * now, nothing is sent. `go`: a hold ends. Otherwise why it is refused.
 */
export type ActionDecision =
  | { readonly kind: 'again' | 'apply' | 'go' | 'cancel' }
  | { readonly kind: 'refused'; readonly why: string };

type Decided = Pick<Item, 'status' | 'reason'> & { readonly unapplied: unknown };

export function decideAction(action: ItemAction, item: Decided): ActionDecision {
  switch (action) {
    case 'retry':
      return decideRetry(item);
    case 'release':
      return isHeld(item) ? { kind: 'go' } : refused('It is not held back.');
    case 'cancel':
      return decideCancel(item);
  }
}

function decideRetry(item: Decided): ActionDecision {
  const { status, reason, unapplied } = item;
  if (status === 'failed') return { kind: 'again' };
  if (status === 'delayed' && !isHeld(item)) {
    if (reason === 'paused') return refused('Its topic or method is paused; end the pause in the configuration.');
    return { kind: unapplied === null ? 'again' : 'apply' };
  }
  if (status === 'blocked' && (reason === 'bad_response' || reason === 'src_id_conflict')) return { kind: 'again' };
  if (status === 'blocked') return refused('It waits for the shop to create a product, and follows by itself.');
  if (isHeld(item)) return refused('It is held back and has not failed; release it instead.');
  return refused('It has not failed.');
}

function decideCancel({ status, unapplied }: Decided): ActionDecision {
  if (unapplied !== null) return refused('The shop has done it; what it answered is still to be written down.');
  if (['pending', 'delayed', 'blocked', 'failed'].includes(status)) return { kind: 'cancel' };
  return refused('It is on its way to the shop, or has come to its end.');
}

function isHeld({ status, reason }: Decided): boolean {
  return status === 'delayed' && reason === 'stock_hold';
}

function refused(why: string): ActionDecision {
  return { kind: 'refused', why };
}
