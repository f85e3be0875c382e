/** States of a run. The last four are final. */
export const RUN_STATES = [
  'queued',
  'running',
  'verifying',
  'held',
  'succeeded',
  'incomplete',
  'failed',
  'cancelled',
] as const;
export type RunState = (typeof RUN_STATES)[number];

/** States in which a run still owns the one place there is for a rebuild. */
const ACTIVE_RUN_STATES = ['queued', 'running', 'verifying', 'held'] as const satisfies readonly RunState[];

/** True until the run has ended. */
export function isActive(state: RunState): boolean {
  return (ACTIVE_RUN_STATES as readonly RunState[]).includes(state);
}

export type PhaseState = 'pending' | 'running' | 'done' | 'skipped' | 'failed';

/**
 * The phases of a run, in their order. `source`: a service sends its records and the phase ends by counting batches;
 * `step`: work of this service; `projection`: another service rebuilds its own index and answers; null: nothing
 * provides it yet, it is skipped.
 */
export const PHASES = [
  { name: 'trainees', kind: 'source' },
  { name: 'gmc', kind: 'source' },
  { name: 'connectionlog', kind: null },
  { name: 'hiddendiscrepancy', kind: null },
  { name: 'master', kind: 'step' },
  { name: 'verify', kind: 'step' },
  { name: 'swap', kind: 'step' },
  { name: 'recommendation', kind: 'projection' },
  { name: 'connection', kind: 'projection' },
] as const satisfies readonly { name: string; kind: 'source' | 'step' | 'projection' | null }[];

export type PhaseName = (typeof PHASES)[number]['name'];
export type PhaseKind = 'source' | 'step' | 'projection' | null;

/** A phase as the state machine sees it; the other counters of records live beside it and never decide. */
export interface Phase {
  name: PhaseName;
  kind: PhaseKind;
  state: PhaseState;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** How often missing batches were asked for again. */
  asks: number;
  lastAskAt: Date | null;
  /** Batches were given up because their messages are parked; then nothing may be concluded from what was not seen. */
  hasGaps: boolean;
  /** Records that could not be stored; of a projection it is its own word, which nothing else repeats. */
  rejected: number;
}

export interface RunError {
  code: string;
  message: string;
}

export interface Run {
  id: string;
  state: RunState;
  startedAt: Date | null;
  finishedAt: Date | null;
  error: RunError | null;
  /** Who let it go on when it was held; one word is for the whole run. */
  approvedBy: string | null;
  phases: Phase[];
}

/** A run as it is first written down: queued, every phase pending or skipped. */
export function newRun(id: string, plan: readonly { name: PhaseName; kind: PhaseKind }[] = PHASES): Run {
  return {
    id,
    state: 'queued',
    startedAt: null,
    finishedAt: null,
    error: null,
    approvedBy: null,
    phases: plan.map(({ name, kind }) => ({
      name,
      kind,
      state: kind === null ? 'skipped' : 'pending',
      startedAt: null,
      finishedAt: null,
      asks: 0,
      lastAskAt: null,
      hasGaps: false,
      rejected: 0,
    })),
  };
}
