import { randomUUID } from 'node:crypto';
import { failpoint } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ReturnsConfig } from '../returns.config.js';
import { ClaimStore } from './claim.store.js';
import { type Held, JobStore } from './job.store.js';
import { WORKER_NAME } from './worker-name.js';

/** Ends runs whose pages are all done. */
@Injectable()
export class RunEnd {
  constructor(
    private readonly config: ReturnsConfig,
    private readonly jobs: JobStore,
    private readonly claims: ClaimStore,
  ) {}

  /** True when this was the end. In the transaction that settled a page, so that no two last pages wait for each other. */
  async tryFinish(manager: EntityManager, held: Held): Promise<boolean> {
    if (!(await this.jobs.finish(manager, held))) return false;
    await this.verifyAfterReconcile(manager, held.runId);
    failpoint('returns.finish.beforeCommit');
    return true;
  }

  /** A database that lost transactions may have returns behind their own documents, which no window would find. */
  private async verifyAfterReconcile(manager: EntityManager, runId: string): Promise<void> {
    const [run]: { trigger: string }[] = await manager.query('SELECT trigger FROM return_sync_run WHERE id = $1', [
      runId,
    ]);
    if (run?.trigger !== 'reconcile') return;
    await this.claims.create(
      manager,
      { jobType: 'RETURN_VERIFY', request: { after: runId } },
      {
        runId: randomUUID(),
        trigger: 'verify',
        owner: WORKER_NAME,
        leaseMs: this.config.leaseSeconds * 1_000,
        requestedBy: null,
      },
    );
  }
}
