import type { MessageDefinition, SourcePhase, SyncDataV1, SyncEndV1, SyncSource } from '@lockstep/contracts';
import type { EntityManager } from 'typeorm';

/** What an extraction sends of a record: at least its key. */
export interface KeyedItem {
  readonly key: string;
}

/** A service's records, as they are sent whole for a run. Give it to `ExtractionModule.forSource`. */
export interface ExtractionSource<Item extends KeyedItem = KeyedItem> {
  /** The service: stands in the messages and before the names of its failpoints. */
  readonly service: SyncSource;
  /** The only phase that it serves. */
  readonly phase: SourcePhase;
  readonly syncData: MessageDefinition<SyncDataV1<Item>>;
  readonly syncEnd: MessageDefinition<SyncEndV1>;
  /**
   * SQL of every record, tombstones included, each once: its `key` as text, and a `position` to order by, cheapest where
   * an index has that order. Never text of a caller.
   *
   * @example 'SELECT id::text AS key, id AS position FROM person'
   */
  readonly keysSql: string;
  /**
   * Reads records as of a day, in one statement for all keys (a thousand or so). The order does not matter; a key whose
   * record is gone is left out. Used for live messages too, so that both tell the same.
   */
  readonly readItems: (manager: EntityManager, keys: readonly string[], asOf: string) => Promise<Item[]>;
}

/** Injection token of the {@link ExtractionSource}. */
export const EXTRACTION_SOURCE = Symbol('EXTRACTION_SOURCE');

/** Where PostgreSQL tells that there is something to send. */
export function extractionChannel({ service }: Pick<ExtractionSource, 'service'>): string {
  return `${service}.extraction`;
}
