import type { Settings } from '../shop-config/settings.js';
import type { BlockReason, DelayReason } from './statuses.js';
import { isCreate, type Topic } from './topics.js';
import type { TransitionNo } from './transitions.js';

/** What an item waits for, so that people can follow it. */
export interface Blocker {
  /** `holder`: the product, or the set, that has the id which the shop gave a second time. */
  readonly kind: 'product' | 'set' | 'item' | 'holder';
  readonly id: number;
  /** What the holder is; absent: a product. */
  readonly of?: 'set';
}

/** What the shop knows of what an item is about. */
export interface ItemFacts {
  readonly productSetId: number;
  readonly productId: number | null;
  readonly topic: Topic;
  /** The set has an id at the shop. */
  readonly setIsKnown: boolean;
  /** The product has an id and a SKU there; true where the item is about the whole set. */
  readonly productIsKnown: boolean;
  /** Another variation of the set whose creation is unfinished. */
  readonly newVariation: number | null;
}

export type EntrySettings = Pick<Settings, 'blockScope' | 'stockHoldSeconds' | 'holdConsignment'>;

/** Where an item stands that nothing keeps from its place in line, or that something does. */
export type Entry =
  | { readonly status: 'pending' }
  | { readonly status: 'delayed'; readonly reason: Extract<DelayReason, 'stock_hold'> }
  | {
      readonly status: 'blocked';
      readonly reason: Extract<BlockReason, 'no_src_id' | 'set_incomplete'>;
      readonly blockedBy: Blocker;
    }
  /** A creation of what the shop has already. */
  | { readonly status: 'moot' };

/** When the hold of a stock change ends, counted from the first change; none for other topics. */
export function holdUntil(topic: Topic, queuedAt: Date, settings: EntrySettings): Date | null {
  const holds = topic === 'stock' || (topic === 'consignment_stock_change' && settings.holdConsignment);
  return holds ? new Date(queuedAt.getTime() + settings.stockHoldSeconds * 1_000) : null;
}

/** Where an item belongs by what the shop knows, whether it begins, was held or was blocked. */
export function decideEntry(
  facts: ItemFacts,
  settings: EntrySettings,
  { holdUntil: end, now }: { readonly holdUntil: Date | null; readonly now: Date },
): Entry {
  const blocked = findBlocker(facts, settings);
  if (blocked) return blocked;
  if (facts.topic === 'new_product' && facts.productIsKnown) return { status: 'moot' };
  if (end && end > now) return { status: 'delayed', reason: 'stock_hold' };
  return { status: 'pending' };
}

function findBlocker(
  facts: ItemFacts,
  { blockScope }: EntrySettings,
): Extract<Entry, { status: 'blocked' }> | undefined {
  const { topic, productId, productSetId } = facts;
  if (topic === 'new_product_set') return undefined;
  // A variation is added to a set: the shop must know the set, not the variation.
  const unknown: Blocker | undefined = !facts.setIsKnown
    ? { kind: 'set', id: productSetId }
    : !facts.productIsKnown && productId !== null && !isCreate(topic)
      ? { kind: 'product', id: productId }
      : undefined;
  if (unknown) return { status: 'blocked', reason: 'no_src_id', blockedBy: unknown };
  const { newVariation } = facts;
  if (isCreate(topic) || productId === null || blockScope === 'product' || newVariation === null) return undefined;
  return { status: 'blocked', reason: 'set_incomplete', blockedBy: { kind: 'product', id: newVariation } };
}

/** The row of the table by which an item begins where `entry` says. */
export function entryTransition(entry: Exclude<Entry, { status: 'moot' }>): TransitionNo {
  if (entry.status === 'pending') return '1';
  if (entry.status === 'delayed') return '2';
  return entry.reason === 'no_src_id' ? '3' : '4';
}
