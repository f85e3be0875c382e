import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Leases, Listener } from '@lockstep/database';
import { contextOfRun, runInContext } from '@lockstep/messaging';
import { isEngineUnavailable } from '@lockstep/service';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { IntegrationConfig } from '../integration.config.js';
import { EventStore } from './event.store.js';
import { NeededRun } from './needed-run.js';
import { isStalled, next, type PhaseFacts, type RunEvent } from './next.js';
import { RebuildSteps, type StepOutcome } from './rebuild-steps.js';
import { toRunAnswer } from './run.answer.js';
import { isActive, type Phase, type PhaseName } from './run.js';
import { RUN_CHANNEL, RunStore, type StoredRun } from './run.store.js';

/** How often the counts are looked at while a run is active, and how often its progress is written down. */
const ACTIVE_TICK_MS = 250;
const PROGRESS_EVERY_MS = 500;
/** Without a wake-up call: how long until a run that another replica left behind is noticed. */
const IDLE_TICK_MS = 2_000;
const SWEEP_EVERY_MS = 600_000;
/** How often the master index is asked whether it needs a rebuild that nobody has asked for. */
const NEED_EVERY_MS = 10_000;
const STEP_RETRY_MS = 1_000;
/** Every step may be done again from its start, so a failure that nobody foresaw need not end the run at once. */
const STEP_ATTEMPTS = 3;

/**
 * Drives the active run, in the one replica that holds the lease. It keeps nothing of its own: what it knows is in the
 * tables, so a replica that dies is followed by another, or by itself, where it was.
 */
@Injectable()
export class Orchestrator implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Orchestrator.name);
  private readonly stopping = new AbortController();
  private wake: () => void = () => undefined;
  private listener: Listener | undefined;
  private working: Promise<void> | undefined;
  private nextSweepAt = 0;
  private nextNeedAt = 0;
  /** Failures in a row of one step, as this replica saw them. */
  private failures = { attempt: '', count: 0 };

  constructor(
    private readonly config: IntegrationConfig,
    private readonly leases: Leases,
    private readonly runs: RunStore,
    private readonly steps: RebuildSteps,
    private readonly events: EventStore,
    private readonly needed: NeededRun,
  ) {}

  onApplicationBootstrap(): void {
    this.listener = new Listener({
      url: this.config.databaseUrl,
      service: 'integration',
      channels: [RUN_CHANNEL],
      onNotify: () => this.wake(),
      onListening: () => this.wake(),
    });
    this.listener.start();
    this.working = this.work();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.working;
    await this.listener?.close();
  }

  private async work(): Promise<void> {
    const owner = `${hostname()}:${process.pid}`;
    while (!this.stopping.signal.aborted) {
      try {
        await this.steps.discardLeftovers();
        await this.sweepNowAndThen();
        await this.startWhatIsNeeded();
        if (await this.runs.loadActive()) {
          await this.leases.hold('rebuild', { owner, ttlMs: this.config.leaseSeconds * 1000 }, (_, lost) =>
            this.drive(lost),
          );
        }
      } catch (error) {
        if (!this.stopping.signal.aborted) this.logger.error(`The run could not be driven on: ${describe(error)}`);
      }
      await this.sleep(IDLE_TICK_MS);
    }
  }

  /** What ended runs left: notes of what they saw, indexes without an owner. In any replica: doing it twice does nothing. */
  private async sweepNowAndThen(): Promise<void> {
    if (performance.now() < this.nextSweepAt) return;
    this.nextSweepAt = performance.now() + SWEEP_EVERY_MS;
    await this.runs.forgetSeen();
    const removed = await this.steps.sweepOrphans();
    if (removed.length > 0) this.logger.log(`Removed indexes that nobody owned: ${removed.join(', ')}`);
  }

  private async startWhatIsNeeded(): Promise<void> {
    if (performance.now() < this.nextNeedAt) return;
    this.nextNeedAt = performance.now() + NEED_EVERY_MS;
    await this.needed.startForMaster().catch(passOverEngineAway);
  }

  /** Until no run is active, the lease is lost or the service stops. */
  private async drive(lost: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([lost, this.stopping.signal]);
    while (!signal.aborted) {
      const run = await this.runs.loadActive();
      if (!run) return this.steps.discardLeftovers();
      await runInContext(contextOfRun(run.id), () => this.takeTurn(run, signal));
    }
  }

  private async takeTurn(run: StoredRun, signal: AbortSignal): Promise<void> {
    const step = run.state === 'held' ? undefined : run.phases.find(isRunningStep);
    const event = step ? await this.runStep(run, step, signal) : await this.observe(run);
    if (event) await this.applyEvent(run, event);
    if (step) return;
    await this.writeProgress(run.id);
    await this.sleep(ACTIVE_TICK_MS);
  }

  private async applyEvent(run: StoredRun, event: RunEvent): Promise<void> {
    // Decided without the lock first: most looks change nothing.
    if (next(run, event, this.config.policy).run !== run) {
      await this.runs.apply(run.id, (current) => next(current, event, this.config.policy));
    }
    await this.writeProgress(run.id);
  }

  private async observe(run: StoredRun): Promise<RunEvent> {
    const facts: Partial<Record<PhaseName, PhaseFacts>> = {};
    for (const phase of run.phases) {
      if (phase.state === 'running') facts[phase.name] = await this.runs.phaseFacts(run.id, phase.name);
    }
    return { type: 'observed', at: run.readAt, facts, rejectedRows: await this.runs.countErrors(run.id) };
  }

  /** Null when the step was interrupted or an engine is away: it is executed again, by whoever drives the run then. */
  private async runStep(run: StoredRun, step: Phase, signal: AbortSignal): Promise<RunEvent | null> {
    const interrupted = new AbortController();
    const watching = this.watch(run.id, interrupted, signal);
    try {
      const outcome = await this.steps.execute(run, step.name, AbortSignal.any([signal, interrupted.signal]));
      return toEvent(outcome, await this.reload(run), step.name, await this.runs.countErrors(run.id));
    } catch (error) {
      if (signal.aborted || interrupted.signal.aborted) return null;
      this.logger.error(`Phase ${step.name} of run ${run.id}: ${describe(error)}`);
      // As it is by now: a step may have worked for longer than a stall lasts.
      const current = await this.reload(run);
      if (this.mayTryAgain(current, step, error)) {
        await this.sleep(STEP_RETRY_MS);
        return null;
      }
      const failure = { code: 'STEP_FAILED', message: describe(error) };
      return toEvent({ kind: 'failed', error: failure }, current, step.name, 0);
    } finally {
      interrupted.abort();
      await watching;
    }
  }

  /** An engine that is away is waited for; anything else, such as a statement that took too long, gets a few more attempts. */
  private mayTryAgain(run: StoredRun, step: Phase, error: unknown): boolean {
    const lastProgressAt = run.counters.get(step.name)?.lastProgressAt ?? null;
    if (isStalled(step, { lastProgressAt }, run.readAt, this.config.policy)) return false;
    if (isEngineUnavailable(error)) return true;
    const attempt = `${run.id} ${step.name}`;
    this.failures =
      this.failures.attempt === attempt ? { attempt, count: this.failures.count + 1 } : { attempt, count: 1 };
    return this.failures.count < STEP_ATTEMPTS;
  }

  private async reload({ id }: StoredRun): Promise<StoredRun> {
    const run = await this.runs.load(id);
    if (!run) throw new Error(`run ${id} is gone`);
    return run;
  }

  /** Writes the progress of a step down while it works, and interrupts it when the run was cancelled. */
  private async watch(runId: string, interrupted: AbortController, signal: AbortSignal): Promise<void> {
    const ended = AbortSignal.any([interrupted.signal, signal]);
    while (!ended.aborted) {
      await delay(PROGRESS_EVERY_MS, undefined, { signal: ended }).catch(() => undefined);
      if (ended.aborted) return;
      try {
        const run = await this.writeProgress(runId);
        if (!run || !isActive(run.state)) interrupted.abort();
      } catch (error) {
        this.logger.warn(`Progress of run ${runId} could not be written: ${describe(error)}`);
      }
    }
  }

  private async writeProgress(runId: string): Promise<StoredRun | null> {
    const run = await this.runs.load(runId);
    if (run) await this.events.add(runId, isActive(run.state) ? 'progress' : 'end', toRunAnswer(run));
    return run;
  }

  private async sleep(ms: number): Promise<void> {
    if (this.stopping.signal.aborted) return;
    const woken = new AbortController();
    this.wake = () => woken.abort();
    await delay(ms, undefined, { signal: woken.signal }).catch(() => undefined);
  }
}

function toEvent(outcome: StepOutcome, { readAt: at }: StoredRun, phase: PhaseName, rejectedRows: number): RunEvent {
  if (outcome.kind === 'held') return { type: 'stepHeld', phase };
  if (outcome.kind === 'failed') return { type: 'stepFailed', at, phase, error: outcome.error };
  return { type: 'stepFinished', at, phase, rejectedRows };
}

/** What cannot be looked at now is looked at again soon; the engines' own checks tell that they are away. */
function passOverEngineAway(error: unknown): void {
  if (!isEngineUnavailable(error)) throw error;
}

function isRunningStep(phase: Phase): boolean {
  return phase.state === 'running' && phase.kind === 'step';
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
