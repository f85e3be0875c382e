import { randomUUID } from 'node:crypto';
import { inTransaction } from '@lockstep/database';
import { failpoint } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ReturnsConfig } from '../returns.config.js';
import { type Claim, ClaimStore, type OwnJob } from './claim.store.js';
import type { RunTrigger } from './job.js';
import { JobStore } from './job.store.js';
import { WORKER_NAME } from './worker-name.js';

/** What came of asking for a run. `notDue`: this period's run is done. */
export type ClaimResult =
  | { readonly result: 'claimed'; readonly runId: string }
  | { readonly result: 'already_running'; readonly runId: string }
  | { readonly result: 'disabled' | 'notDue'; readonly runId: null };

/** Starts runs: any number may ask at once, in any replica. */
@Injectable()
export class Claims {
  constructor(
    private readonly dataSource: DataSource,
    private readonly config: ReturnsConfig,
    private readonly store: ClaimStore,
    private readonly jobs: JobStore,
  ) {}

  /** Claims the job that keeps the index in step, unless a run is at work. */
  async claim(trigger: 'cron' | 'manual', requestedBy: string | null): Promise<ClaimResult> {
    const everySeconds = trigger === 'cron' ? this.config.everySeconds : undefined;
    const claim = this.claimOf(trigger, requestedBy);
    const job = await inTransaction(this.dataSource, async (manager) => {
      await this.store.ensureJob(manager);
      const claimed = await this.store.claim(manager, { ...claim, everySeconds });
      if (claimed) failpoint('returns.claim.beforeCommit');
      return claimed;
    });
    if (job) {
      failpoint('returns.claim.afterCommit');
      return { result: 'claimed', runId: claim.runId };
    }
    const current = await this.jobs.newest();
    if (current?.status && current.runId) return { result: 'already_running', runId: current.runId };
    return { result: current?.enabled === false ? 'disabled' : 'notDue', runId: null };
  }

  /** Starts a run of a job of its own, beside whatever is at work; answers its id. */
  async start(job: OwnJob, trigger: RunTrigger, requestedBy: string | null): Promise<string> {
    const claim = this.claimOf(trigger, requestedBy);
    await inTransaction(this.dataSource, (manager) => this.store.create(manager, job, claim));
    return claim.runId;
  }

  private claimOf(trigger: RunTrigger, requestedBy: string | null): Claim {
    const leaseMs = this.config.leaseSeconds * 1_000;
    return { runId: randomUUID(), trigger, owner: WORKER_NAME, leaseMs, requestedBy };
  }
}
