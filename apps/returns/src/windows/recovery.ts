import { inTransaction } from '@lockstep/database';
import { failpoint } from '@lockstep/service';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ReturnsConfig } from '../returns.config.js';
import { ClaimStore } from './claim.store.js';
import { decideRecovery, MAX_ATTEMPTS } from './decide-recovery.js';
import type { Job } from './job.js';
import { type Held, JobStore } from './job.store.js';
import { PageStore } from './page.store.js';
import { RunEnd } from './run-end.js';
import { RunHistory } from './run-history.js';
import { SyncCounters } from './sync-counters.js';
import { WORKER_NAME } from './worker-name.js';

/** Runs looked at in one round. */
const RUNS_A_ROUND = 100;

/** Goes on with runs whose worker is gone: with the same window, in another hand. */
@Injectable()
export class Recovery {
  private readonly log = new Logger(Recovery.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly config: ReturnsConfig,
    private readonly jobs: JobStore,
    private readonly pages: PageStore,
    private readonly claims: ClaimStore,
    private readonly end: RunEnd,
    private readonly history: RunHistory,
    private readonly counters: SyncCounters,
  ) {}

  /** One round; answers how many runs were taken over or given up. */
  async recover(): Promise<number> {
    let recovered = 0;
    for (const job of await this.jobs.findExpired(RUNS_A_ROUND)) {
      const isMine = await inTransaction(this.dataSource, (manager) => this.recoverOne(manager, job));
      if (!isMine) continue;
      failpoint('returns.recover.afterCommit');
      this.counters.takeovers += 1;
      recovered += 1;
      this.log.warn(`run ${job.runId} had stopped (${job.leaseOwner}): attempt ${job.attempt} of ${MAX_ATTEMPTS}`);
    }
    return recovered;
  }

  private async recoverOne(manager: EntityManager, expired: Job): Promise<boolean> {
    const job = await this.jobs.takeOver(manager, expired, WORKER_NAME, this.config.leaseSeconds * 1_000);
    if (!job) return false;
    const runId = job.runId as string;
    const held = { runId, leaseToken: job.leaseToken };
    const stopped = `${expired.leaseOwner} was last heard of at ${expired.heartbeatAt?.toISOString()}`;
    switch (decideRecovery(expired)) {
      case 'planAgain':
        await this.claims.announce(manager, job, `${stopped}; planned anew by ${WORKER_NAME}`);
        break;
      case 'resumePages':
        await this.resume(manager, job, held, stopped);
        break;
      case 'giveUp':
        await this.giveUp(manager, held, stopped);
    }
    failpoint('returns.recover.beforeCommit');
    return true;
  }

  private async resume(manager: EntityManager, job: Job, held: Held, stopped: string): Promise<void> {
    const { open, total } = await this.pages.reopen(manager, held.runId);
    const text = `${stopped}; gone on with by ${WORKER_NAME}, ${open} of ${total} pages left`;
    await this.history.append(manager, held.runId, text);
    await this.pages.sendNext(manager, job);
    await this.end.tryFinish(manager, held);
  }

  /** The base stays where it was, so that the next window takes up all of this one. */
  private async giveUp(manager: EntityManager, held: Held, stopped: string): Promise<void> {
    const error = `${stopped}; given up after ${MAX_ATTEMPTS} attempts, the next run begins where this one began`;
    await this.jobs.release(manager, held, 'FAILED', error);
    await this.history.append(manager, held.runId, error);
  }
}
