import type { SyncStartV1 } from '@lockstep/contracts';

/** What a syncStart means here: a stale one nothing, a new run a plan, a known run its unsent or its named batches. */
export type SyncStartAction = 'ignore' | 'plan' | 'continue' | 'resend';

/** What is known when a syncStart arrives. */
export interface ExtractionFacts {
  /** The highest fence that was ever accepted; null before the first run. */
  highestFence: number | null;
  /** The run of the command was planned before. */
  isPlanned: boolean;
}

/**
 * Fences come first: a command of an older run may arrive after its successor's, and must not bring the old run back.
 * Batches asked for again of a run that was never planned here (its command was lost) are simply all batches.
 */
export function decideSyncStart(
  command: Pick<SyncStartV1, 'fence' | 'sequences'>,
  facts: ExtractionFacts,
): SyncStartAction {
  if (facts.highestFence !== null && command.fence < facts.highestFence) return 'ignore';
  if (!facts.isPlanned) return 'plan';
  return command.sequences ? 'resend' : 'continue';
}

/** Records that are read, turned into messages and confirmed at a time: bounds the memory whatever the size of a batch. */
const RECORDS_A_GROUP = 1_000;
/** Confirms of one group in flight at most; the publisher's window is a little larger. */
const MOST_BATCHES_A_GROUP = 200;

/** How many batches are taken at once. */
export function batchesAGroup(batchSize: number): number {
  return Math.min(Math.max(Math.floor(RECORDS_A_GROUP / batchSize), 1), MOST_BATCHES_A_GROUP);
}
