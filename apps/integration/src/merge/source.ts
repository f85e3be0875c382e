import { compileSchema, GmcDoctorItemV1, type PayloadClass, TraineeItemV1 } from '@lockstep/contracts';
import type { EntityManager } from 'typeorm';
import type { MergeStore } from './merge.store.js';

/** A record of a source, as every item is at least. */
export interface SourceItem {
  key: string;
  version: number;
}

/** How the records of one source are checked and stored, in a rebuild and live. */
export interface Source<Item extends SourceItem> {
  item: PayloadClass<Item>;
  /** What must hold of a key beside the schema, and the words for when it does not. */
  key: { pattern: RegExp; fault: string };
  /** Stores live changes in the transaction, which holds the lock of merges afterwards; answers the GMC numbers to derive. */
  store(manager: EntityManager, items: readonly Item[]): Promise<string[]>;
  /** Stores records of a rebuild and derives their masters. */
  refresh(manager: EntityManager, items: readonly Item[]): Promise<void>;
  /** In the transaction in which the last about these changes is sent. */
  announced?(manager: EntityManager, items: readonly Item[]): Promise<void>;
}

/** People, keyed by person id. */
export function traineeSource(merge: MergeStore): Source<TraineeItemV1> {
  return {
    item: TraineeItemV1,
    key: { pattern: /^[1-9]\d{0,14}$/, fault: 'key: must be a person id' },
    store: (manager, items) => merge.storeTrainees(manager, items),
    refresh: (manager, items) => merge.refreshTrainees(manager, items),
    announced: (manager, items) => merge.announced(manager, items),
  };
}

/** GMC doctors, keyed by trimmed GMC number. */
export function gmcSource(merge: MergeStore): Source<GmcDoctorItemV1> {
  return {
    item: GmcDoctorItemV1,
    key: { pattern: /^\S(.*\S)?$/, fault: 'key: must be a trimmed GMC number' },
    store: (manager, items) => merge.storeGmcDoctors(manager, items),
    refresh: (manager, items) => merge.refreshGmcDoctors(manager, items),
  };
}

/** What is wrong with an item; empty when it can be stored. */
export function faultsOf<Item extends SourceItem>(source: Source<Item>, item: Item): string[] {
  const faults = compileSchema(source.item).check(item);
  if (faults.length === 0 && !source.key.pattern.test(item.key)) faults.push(source.key.fault);
  return faults;
}
