import { isActive, type Phase, type PhaseName, type Run, type RunError } from './run.js';

/** What the tables say of a phase; every decision about completeness is made from these counts. */
export interface PhaseFacts {
  /** Batches applied, each counted once. */
  applied: number;
  /** Total from the end marker, null until it came. */
  batches: number | null;
  /** Sequences of 1..batches not applied, at most 10,000; empty while the total is unknown. */
  missing: number[];
  /** How many of `missing` are parked as unreadable. */
  missingParked: number;
  lastProgressAt: Date | null;
}

export type RunEvent =
  /** Looks at the clock and the counts; safe to send at any time. */
  | { type: 'observed'; at: Date; facts: Partial<Record<PhaseName, PhaseFacts>>; rejectedRows: number }
  | { type: 'stepFinished'; at: Date; phase: PhaseName; rejectedRows: number }
  /** Somebody must say yes before the step may be done. */
  | { type: 'stepHeld'; phase: PhaseName }
  | { type: 'stepFailed'; at: Date; phase: PhaseName; error: RunError }
  /** A projecting service's last word on the run: what it rejected itself, beside the rows that the run's issues count. */
  | {
      type: 'projectionEnded';
      at: Date;
      phase: PhaseName;
      error: RunError | null;
      rejected: number;
      rejectedRows: number;
    }
  | { type: 'approved'; at: Date; by: string }
  | { type: 'cancelled'; at: Date };

export type RunEffect =
  /** Ask the source of a phase to send everything (`sequences` null) or those batches again. */
  | { type: 'askSource'; phase: PhaseName; sequences: number[] | null }
  /** Tell the projecting services to rebuild from the master; telling them again changes nothing. */
  | { type: 'commandProjections' };

export interface RunPolicy {
  /** First wait without progress before missing batches are asked for again; doubles with each ask. */
  askAgainSeconds: number;
  /** Times missing batches are asked for again. */
  maxAsks: number;
  /** Without progress for so long the run fails. */
  stallSeconds: number;
}

export interface Decision {
  run: Run;
  effects: RunEffect[];
}

/** Parked batches will not come by waiting: ask for them at once, but not in a tight loop. */
const ASK_PARKED_AFTER_MS = 1_000;

const unchanged = (run: Run): Decision => ({ run, effects: [] });

/**
 * The rebuild as a state machine: the run after an event and what has to be done. Pure; the tests are its table.
 * An event that does not fit the run's state changes nothing, so that a second delivery is harmless.
 */
export function next(run: Run, event: RunEvent, policy: RunPolicy): Decision {
  if (!isActive(run.state)) return unchanged(run);
  switch (event.type) {
    case 'cancelled':
      return isPastSwap(run) ? unchanged(run) : end(run, 'cancelled', event.at, null);
    case 'approved':
      return run.state === 'held' ? advance({ ...run, approvedBy: event.by }, event.at, 0) : unchanged(run);
    case 'stepFailed':
      return isRunning(run, event.phase) ? fail(run, event.phase, event.error, event.at) : unchanged(run);
    case 'stepHeld':
      return isRunning(run, event.phase) ? hold(run, event.phase) : unchanged(run);
    case 'stepFinished':
      return isRunning(run, event.phase)
        ? advance(finish(run, event.phase, event.at), event.at, event.rejectedRows)
        : unchanged(run);
    case 'projectionEnded':
      return isRunning(run, event.phase) ? endProjection(run, event) : unchanged(run);
    case 'observed':
      return observe(run, event, policy);
  }
}

/** True from the moment readers may be seeing what the run built: then it can no longer be taken back by cancelling. */
export function isPastSwap({ phases }: Pick<Run, 'phases'>): boolean {
  return phases.some(({ name, state }) => name === 'swap' && state !== 'pending' && state !== 'skipped');
}

/** With the approval the step is done anew, from its start: much may have changed until somebody has looked. */
function hold(run: Run, phase: PhaseName): Decision {
  return { run: { ...withPhase(run, phase, { state: 'pending', startedAt: null }), state: 'held' }, effects: [] };
}

function observe(run: Run, event: Extract<RunEvent, { type: 'observed' }>, policy: RunPolicy): Decision {
  if (run.state === 'queued') {
    return advance({ ...run, state: 'running', startedAt: event.at }, event.at, event.rejectedRows);
  }
  for (const phase of run.phases) {
    const facts = phase.state === 'running' ? event.facts[phase.name] : undefined;
    if (!facts || (phase.kind !== 'source' && phase.kind !== 'projection')) continue;
    const decide = phase.kind === 'source' ? observeSource : observeProjection;
    const decision = decide(run, phase, facts, event, policy);
    if (decision.run !== run) return decision;
  }
  return unchanged(run);
}

function observeSource(
  run: Run,
  phase: Phase,
  facts: PhaseFacts,
  { at, rejectedRows }: Extract<RunEvent, { type: 'observed' }>,
  policy: RunPolicy,
): Decision {
  if (facts.batches !== null && facts.applied === facts.batches) {
    return advance(finish(run, phase.name, at), at, rejectedRows);
  }
  const allParked = facts.missing.length > 0 && facts.missingParked === facts.missing.length;
  if (isStalled(phase, facts, at, policy)) return stall(run, phase, facts, at, policy);
  const quietMs = at.getTime() - latest(phase.startedAt, facts.lastProgressAt, phase.lastAskAt);
  if (phase.asks >= policy.maxAsks) {
    if (!allParked || quietMs < ASK_PARKED_AFTER_MS) return unchanged(run);
    return advance(finish(run, phase.name, at, { hasGaps: true }), at, rejectedRows);
  }
  const waitMs = allParked ? ASK_PARKED_AFTER_MS : policy.askAgainSeconds * 1000 * 2 ** phase.asks;
  if (quietMs < waitMs) return unchanged(run);
  return {
    run: withPhase(run, phase.name, { asks: phase.asks + 1, lastAskAt: at }),
    effects: [{ type: 'askSource', phase: phase.name, sequences: facts.missing.length > 0 ? facts.missing : null }],
  };
}

function observeProjection(
  run: Run,
  phase: Phase,
  facts: PhaseFacts,
  { at }: Extract<RunEvent, { type: 'observed' }>,
  policy: RunPolicy,
): Decision {
  if (isStalled(phase, facts, at, policy)) return stall(run, phase, facts, at, policy);
  const quietMs = at.getTime() - latest(phase.startedAt, facts.lastProgressAt, phase.lastAskAt);
  if (phase.asks >= policy.maxAsks || quietMs < policy.askAgainSeconds * 1000 * 2 ** phase.asks) return unchanged(run);
  return {
    run: withPhase(run, phase.name, { asks: phase.asks + 1, lastAskAt: at }),
    effects: [{ type: 'commandProjections' }],
  };
}

/** The run waits for every projection, also when one has failed: each keeps its former index until its own swap. */
function endProjection(run: Run, event: Extract<RunEvent, { type: 'projectionEnded' }>): Decision {
  const { at, error, rejected, rejectedRows } = event;
  const state = error === null ? 'done' : 'failed';
  const after = { ...withPhase(run, event.phase, { state, finishedAt: at, rejected }), error: run.error ?? error };
  if (after.phases.some((phase) => phase.state === 'running')) return { run: after, effects: [] };
  const byProjections = after.phases.reduce(
    (sum, { kind, rejected }) => sum + (kind === 'projection' ? rejected : 0),
    0,
  );
  return after.error === null
    ? advance(after, at, rejectedRows + byProjections)
    : end(after, 'failed', at, after.error);
}

/** True when nothing has come of a phase for too long. */
export function isStalled(
  phase: Phase,
  facts: Pick<PhaseFacts, 'lastProgressAt'>,
  at: Date,
  policy: Pick<RunPolicy, 'stallSeconds'>,
): boolean {
  return at.getTime() - latest(phase.startedAt, facts.lastProgressAt) >= policy.stallSeconds * 1000;
}

function stall(run: Run, phase: Phase, facts: PhaseFacts, at: Date, policy: RunPolicy): Decision {
  const batches =
    phase.kind === 'source' ? ` (${facts.applied} of ${facts.batches ?? 'an unknown number of'} batches)` : '';
  const message = `No progress of ${phase.name} for ${policy.stallSeconds} s${batches}.`;
  return fail(run, phase.name, { code: 'RUN_STALLED', message }, at);
}

/**
 * Starts the first pending phase, or ends the run when none is left. Sources start all together, and so do projections:
 * neither waits for another of its kind, and what comes after them waits for all.
 */
function advance(run: Run, at: Date, rejectedRows: number): Decision {
  if (run.phases.some((phase) => phase.state === 'running')) return { run, effects: [] };
  const phase = run.phases.find((one) => one.state === 'pending');
  if (!phase) return end(run, rejectedRows > 0 ? 'incomplete' : 'succeeded', at, null);
  const starting = run.phases.filter((one) => one === phase || (isOneOfMany(phase) && isPendingLike(one, phase)));
  const phases = run.phases.map((one) =>
    starting.includes(one) ? { ...one, state: 'running' as const, startedAt: at } : one,
  );
  const state = phase.name === 'verify' || phase.name === 'swap' ? 'verifying' : 'running';
  return { run: { ...run, phases, state }, effects: effectsOfStart(starting) };
}

function isOneOfMany({ kind }: Phase): boolean {
  return kind === 'source' || kind === 'projection';
}

function isPendingLike(one: Phase, { kind }: Phase): boolean {
  return one.state === 'pending' && one.kind === kind;
}

function effectsOfStart(starting: readonly Phase[]): RunEffect[] {
  if (starting.some(({ kind }) => kind === 'projection')) return [{ type: 'commandProjections' }];
  return starting
    .filter(({ kind }) => kind === 'source')
    .map(({ name }) => ({ type: 'askSource', phase: name, sequences: null }));
}

function fail(run: Run, phase: PhaseName, error: RunError, at: Date): Decision {
  return end(withPhase(run, phase, { state: 'failed', finishedAt: at }), 'failed', at, error);
}

/** What the run was building and did not swap is dropped by the orchestrator, which also finds what a crash left behind. */
function end(run: Run, state: Run['state'], at: Date, error: RunError | null): Decision {
  return { run: { ...run, state, finishedAt: at, error }, effects: [] };
}

function finish(run: Run, name: PhaseName, at: Date, change: Partial<Phase> = {}): Run {
  return withPhase(run, name, { ...change, state: 'done', finishedAt: at });
}

function withPhase(run: Run, name: PhaseName, change: Partial<Phase>): Run {
  return { ...run, phases: run.phases.map((phase) => (phase.name === name ? { ...phase, ...change } : phase)) };
}

function isRunning(run: Run, name: PhaseName): boolean {
  return run.phases.some((phase) => phase.name === name && phase.state === 'running');
}

function latest(...dates: (Date | null)[]): number {
  return Math.max(0, ...dates.filter((date) => date !== null).map((date) => date.getTime()));
}
