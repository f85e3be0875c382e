import { inTransaction } from '@lockstep/database';
import { failpoint } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ReturnsConfig } from '../returns.config.js';
import { Verification } from '../verify/verification.js';
import { type Job, PROCESSING, RETURN_JOB } from './job.js';
import { type Held, JobStore } from './job.store.js';
import { PageStore } from './page.store.js';
import { type PlannedRun, PlanningStore } from './planning.store.js';
import { RunEnd } from './run-end.js';
import { RunHistory } from './run-history.js';
import { SyncCounters } from './sync-counters.js';
import { nextWindow } from './window.js';

/** `fenced`: the run was taken over or has ended. `planned`: it is, now or since an earlier message. */
export type PlanResult = 'planned' | 'fenced';

/** Decides once and for all what a run is to write, and sends its first pages. */
@Injectable()
export class Planner {
  constructor(
    private readonly dataSource: DataSource,
    private readonly config: ReturnsConfig,
    private readonly jobs: JobStore,
    private readonly pages: PageStore,
    private readonly store: PlanningStore,
    private readonly end: RunEnd,
    private readonly history: RunHistory,
    private readonly verification: Verification,
    private readonly counters: SyncCounters,
  ) {}

  async plan(held: Held): Promise<PlanResult> {
    // Asked outside the transaction: nothing of the database is held while an index is waited for.
    const buckets = await this.bucketsOf(held);
    const result = await inTransaction(this.dataSource, (manager) => this.planIn(manager, held, buckets));
    if (result === 'fenced') this.counters.fenced += 1;
    else failpoint('returns.plan.afterCommit');
    return result;
  }

  private async planIn(manager: EntityManager, held: Held, buckets: readonly number[] | null): Promise<PlanResult> {
    const job = await this.jobs.hold(manager, held);
    if (!job) return 'fenced';
    if (job.status === PROCESSING) return 'planned';
    const run = await this.store.startPlanning(manager, held.runId);
    const selected = await this.freeze(manager, job, run, buckets);
    await this.jobs.setProcessing(manager, held, this.config.leaseSeconds * 1_000);
    await this.history.append(manager, held.runId, selected);
    if (!run.isPaused) await this.pages.sendNext(manager, job);
    await this.end.tryFinish(manager, held);
    failpoint('returns.plan.beforeCommit');
    return 'planned';
  }

  /** What was chosen, in words. */
  private async freeze(
    manager: EntityManager,
    job: Job,
    { id, request }: PlannedRun,
    buckets: readonly number[] | null,
  ): Promise<string> {
    const { pageSize } = this.config;
    switch (job.jobType) {
      case RETURN_JOB:
        return this.freezeWindow(manager, job);
      case 'RETURN_HISTORIC_JOB': {
        const [from, to] = [new Date(String(request?.['from'])), new Date(String(request?.['to']))];
        return `${await this.store.freezeCreated(manager, id, pageSize, from, to)} returns created in that time`;
      }
      case 'RETURN_RESYNC': {
        const ids = request?.['ids'] as readonly number[];
        return `${await this.store.freezeIds(manager, id, pageSize, ids)} returns asked for by id`;
      }
      case 'RETURN_VERIFY':
        await this.store.freezeBuckets(manager, id, buckets ?? []);
        return `${buckets?.length ?? 0} of 256 parts of the index differ from the database`;
    }
  }

  private async freezeWindow(manager: EntityManager, job: Job): Promise<string> {
    const base = {
      snapshot: job.snapshotEnd,
      dateRangeEnd: job.dateRangeEnd,
      systemIdentifier: job.systemIdentifier,
      timeline: job.timeline,
    };
    const present = await this.store.presentMoment(manager, base.snapshot);
    const window = nextWindow(base, present, {
      mode: this.config.windowMode,
      overlapMs: this.config.overlapSeconds * 1_000,
      capAtOldestWriter: this.config.capAtOldestWriter,
    });
    const runId = job.runId as string;
    await this.store.setWindow(manager, runId, window, base.snapshot, present);
    const count = await this.store.freezeSelection(manager, runId, this.config.pageSize, window.selection);
    if (window.selection.kind !== 'all') return `${count} returns changed since the last window`;
    return window.selection.why === 'first'
      ? `${count} returns in the first full load`
      : `${count} returns, all there are: the database is not the one of the last window, or has lost transactions`;
  }

  private async bucketsOf({ runId }: Held): Promise<readonly number[] | null> {
    const job = await this.jobs.ofRun(this.dataSource.manager, runId);
    return job?.jobType === 'RETURN_VERIFY' && job.status !== PROCESSING ? this.verification.differingBuckets() : null;
  }
}
