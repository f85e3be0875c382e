import type { EntityManager } from 'typeorm';
import type { BatchState, LinkStatus, ObjectStatus } from '../statuses.js';
import type { BatchTypes } from './batch-types.js';
import type { Tally } from './counts.js';

/** Options that execution heeds. */
export interface ExecutionOptions {
  /** Ask the owner whether objects that are said to exist do. */
  readonly verifyExisting: boolean;
  /** End the batch at the first object or link that cannot be created. */
  readonly stopOnError: boolean;
  /** Remember references with their ids for later imports of the same user. */
  readonly useUserReference: boolean;
}

/** A batch whose row is locked by the transaction of `manager`: nobody else changes anything of it meanwhile. */
export interface LockedBatch {
  readonly manager: EntityManager;
  readonly id: string;
  readonly state: BatchState;
  readonly userId: string;
  readonly run: number;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** Why it is being ended before its time; null for none. */
  readonly failure: string | null;
  readonly options: ExecutionOptions;
  readonly types: BatchTypes;
  /** Links that have a message of their own leave one by one, or all at once when no object is left. */
  readonly release: 'streaming' | 'barrier';
  readonly linksReleased: boolean;
  readonly objects: Tally<ObjectStatus>;
  readonly links: Tally<LinkStatus>;
}
