import type { ImportAction, ImportLinkItemV1, ImportObjectItemV1 } from '@lockstep/contracts';
import type { EntityManager } from 'typeorm';
import type { ItemAnswer } from './item-answer.js';

/**
 * Does something with all items of a request at once, in the transaction of `manager` and set by set, never item by item.
 * Answers each item, in order. It may be called again for the same items after a rollback, so it must have no effect
 * outside the transaction. What it throws fails the request as a whole.
 */
export type OwnerWork<Item> = (manager: EntityManager, items: readonly Item[]) => Promise<ItemAnswer[]>;

/** What a service does with one type of objects; an action that is missing is refused for each item. */
export type OwnedType = Readonly<Partial<Record<ImportAction, OwnerWork<ImportObjectItemV1>>>>;

/** Everything that imports may ask a service for. */
export interface Owned {
  /** By the owner's own name of the type. */
  readonly objects: Readonly<Record<string, OwnedType>>;
  /** By link tag. Match or create: a link that is there already is complete. */
  readonly links: Readonly<Record<string, OwnerWork<ImportLinkItemV1>>>;
}

/** Injection token of a service's {@link Owned}. */
export const OWNED = Symbol('OWNED');
