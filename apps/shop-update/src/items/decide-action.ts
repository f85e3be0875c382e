import type { ItemFacts } from '../queue/decide-entry.js';
import type { Item } from '../queue/item.js';
import { isWaiting } from '../queue/statuses.js';
import { isCreate } from '../queue/topics.js';
import type { Settings } from '../shop-config/settings.js';

/** What an operator may do with one item. */
export const ITEM_ACTIONS = ['retry', 'release', 'cancel', 'done', 'skip'] as const;
export type ItemAction = (typeof ITEM_ACTIONS)[number];

/**
 * How an action is carried out. `again`: in line anew, its retries given back. `apply`: an answer that came is written down
 * now, nothing is sent. `go`: a hold ends. `done`: the shop has it, whoever told it. `skip`: given up for now, so that its
 * lane goes on. Otherwise why it is refused.
 */
export type ActionDecision =
  | { readonly kind: 'again' | 'apply' | 'go' | 'cancel' | 'done' | 'skip' }
  | { readonly kind: 'refused'; readonly why: string };

type Decided = Pick<Item, 'status' | 'reason' | 'topic'> & { readonly unapplied: unknown };

/** What else than the item decides. */
export interface ActionContext {
  readonly facts: Pick<ItemFacts, 'setIsKnown' | 'productIsKnown'>;
  readonly settings: Pick<Settings, 'failedBlocksLane'>;
}

export function decideAction(action: ItemAction, item: Decided, { facts, settings }: ActionContext): ActionDecision {
  switch (action) {
    case 'retry':
      return decideRetry(item);
    case 'release':
      return isHeld(item) ? { kind: 'go' } : refused('It is not held back.');
    case 'cancel':
      return decideEnd(item, 'cancel');
    case 'done':
      // What waits for a creation could still not be sent, and nobody would create the product any more.
      return facts.setIsKnown && facts.productIsKnown
        ? decideEnd(item, 'done')
        : refused('The shop has given its product no id yet, so it cannot have it.');
    case 'skip':
      return decideSkip(item, settings);
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

function decideEnd({ status, unapplied }: Decided, kind: 'cancel' | 'done'): ActionDecision {
  if (unapplied !== null) return refused('The shop has done it; what it answered is still to be written down.');
  if (isWaiting(status)) return { kind };
  return refused('It is on its way to the shop, or has come to its end.');
}

function decideSkip(item: Decided, { failedBlocksLane }: ActionContext['settings']): ActionDecision {
  if (isCreate(item.topic)) return refused('The rest of its lane can go only after what it creates.');
  if (failedBlocksLane)
    return refused('By the configuration, a lane waits for what has failed too; cancel it instead.');
  if (item.unapplied !== null) return refused('The shop has done it; what it answered is still to be written down.');
  if (item.status === 'pending' || (item.status === 'delayed' && !isHeld(item))) return { kind: 'skip' };
  return refused('Its lane does not wait for it.');
}

function isHeld({ status, reason }: Pick<Decided, 'status' | 'reason'>): boolean {
  return status === 'delayed' && reason === 'stock_hold';
}

function refused(why: string): ActionDecision {
  return { kind: 'refused', why };
}
