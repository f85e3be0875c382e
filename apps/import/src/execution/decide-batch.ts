import type { BatchState } from '../statuses.js';

/** What is known of a batch when one of its transactions is about to commit. */
export interface BatchFacts {
  readonly state: BatchState;
  /** Objects and links for which more is to come. */
  readonly open: number;
  /** Something could not be created, or waits for what could not. */
  readonly hasFailures: boolean;
  /** It is being ended because of an error (`onCreateError: stop`), not on somebody's wish. */
  readonly isStopped: boolean;
}

export type BatchEnd = { readonly state: 'complete' | 'error' | 'cancelled'; readonly processingError: boolean };

/** The end of a batch, null while there is more to come. Failures of single objects do not make an `error` of it. */
export function decideEnd({ state, open, hasFailures, isStopped }: BatchFacts): BatchEnd | null {
  if (open > 0) return null;
  if (state === 'processingObjects' || state === 'paused') return { state: 'complete', processingError: hasFailures };
  if (state !== 'cancelling') return null;
  return { state: isStopped ? 'error' : 'cancelled', processingError: hasFailures };
}

/** What a person may do to a batch that is being worked on, or was. */
export const BATCH_COMMANDS = ['retry', 'cancel', 'pause', 'resume'] as const;
export type BatchCommand = (typeof BATCH_COMMANDS)[number];

/** What decides whether a command is possible. */
export interface CommandFacts {
  readonly state: BatchState;
  /** Planning handed it over once; a batch that never started has nothing to retry. */
  readonly hasStarted: boolean;
  /** Nothing more comes of it: also of a dry run, which stays `validated`. */
  readonly hasFinished: boolean;
}

/** The state that follows a command, null when it is not possible now. What never started is cancelled at once. */
export function decideCommand(
  command: BatchCommand,
  { state, hasStarted, hasFinished }: CommandFacts,
): BatchState | null {
  switch (command) {
    case 'retry':
      return hasStarted && hasFinished ? 'processingObjects' : null;
    case 'cancel':
      if (hasFinished) return null;
      if (state === 'processingObjects' || state === 'paused') return 'cancelling';
      return state === 'cancelling' ? null : 'cancelled';
    case 'pause':
      return state === 'processingObjects' ? 'paused' : null;
    case 'resume':
      return state === 'paused' ? 'processingObjects' : null;
  }
}
