import type { EntityManager } from 'typeorm';

/** What becomes of a batch that was planned: execution takes it over, inside the transaction that decided so. */
export interface HandOver {
  /** Starts it: the batch is no longer ours. */
  start(manager: EntityManager, batchId: string): Promise<void>;
  /** Ends it in the state `error`, and says so to everybody who waits for it. */
  refuse(manager: EntityManager, batchId: string): Promise<void>;
}

/** Injection token of {@link HandOver}. */
export const HAND_OVER = Symbol('HAND_OVER');
