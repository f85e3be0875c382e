import { inTransaction } from '@lockstep/database';
import { failpoint } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ReturnsConfig } from '../returns.config.js';
import { type Job, PROCESSING, RETURN_JOB } from './job.js';
import { type Held, JobStore } from './job.store.js';
import { PageStore } from './page.store.js';
import { RunStore } from './run.store.js';
import { RunHistory } from './run-history.js';

/** `notActive`: it has ended, or is what was asked for already. `isWindow`: it is of the job that keeps the index in step. */
export type ControlResult = 'done' | 'notActive' | 'isWindow';

/** What operators do to runs. */
@Injectable()
export class RunControl {
  constructor(
    private readonly dataSource: DataSource,
    private readonly config: ReturnsConfig,
    private readonly jobs: JobStore,
    private readonly pages: PageStore,
    private readonly runs: RunStore,
    private readonly history: RunHistory,
  ) {}

  /**
   * Any state to idle, when the token is still the one that the operator has seen. The base stays, so that the next run takes
   * up what this one had not done; whoever still works for it is fenced.
   */
  async unlock(runId: string, expectedToken: number, by: string): Promise<boolean> {
    const unlocked = await inTransaction(this.dataSource, async (manager) => {
      const text = `unlocked by ${by}; the next run begins where this one began`;
      const released = await this.jobs.release(manager, { runId, leaseToken: expectedToken }, 'CANCELLED', text);
      if (released) await this.history.append(manager, runId, text);
      failpoint('returns.unlock.beforeCommit');
      return released;
    });
    failpoint('returns.unlock.afterCommit');
    return unlocked;
  }

  /** Ends a run of its own job; what it has written stays. */
  cancel(runId: string, by: string): Promise<ControlResult> {
    return this.onOwnJob(runId, async (manager, job) => {
      const text = `cancelled by ${by}`;
      const released = await this.jobs.release(manager, job, 'CANCELLED', text);
      if (released) await this.history.append(manager, runId, text);
      return released;
    });
  }

  /** Pages in hand are finished; no further ones are sent. */
  pause(runId: string, by: string): Promise<ControlResult> {
    return this.onOwnJob(runId, async (manager) => {
      const paused = await this.runs.setPaused(manager, runId, true);
      if (paused) await this.history.append(manager, runId, `paused by ${by}`);
      return paused;
    });
  }

  resume(runId: string, by: string): Promise<ControlResult> {
    return this.onOwnJob(runId, async (manager, job) => {
      if (!(await this.runs.setPaused(manager, runId, false))) return false;
      await this.history.append(manager, runId, `gone on with by ${by}`);
      if (job.status !== PROCESSING) return true;
      await this.jobs.progress(manager, job, this.config.leaseSeconds * 1_000);
      await this.pages.sendNext(manager, job);
      return true;
    });
  }

  private onOwnJob(
    runId: string,
    work: (manager: EntityManager, job: Job & Held) => Promise<boolean>,
  ): Promise<ControlResult> {
    return inTransaction(this.dataSource, async (manager) => {
      const found = await this.jobs.ofRun(manager, runId);
      if (found?.jobType === RETURN_JOB) return 'isWindow';
      const job = found && (await this.jobs.hold(manager, found as Job & Held));
      return job && (await work(manager, job as Job & Held)) ? 'done' : 'notActive';
    });
  }
}
