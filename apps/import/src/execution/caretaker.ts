import { setTimeout as delay } from 'node:timers/promises';
import { inTransaction } from '@lockstep/database';
import { failpoint } from '@lockstep/service';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DispatchStore } from './dispatch.store.js';
import { Execution } from './execution.js';

const LOOK_EVERY_MS = 250;
const BATCHES_PER_LOOK = 20;
const OVERDUE_PER_LOOK = 500;

/**
 * Does what no answer brings about: goes on with releases too large for one transaction, and with requests whose answer is
 * overdue. In every replica; the lock of the batch decides who does it.
 */
@Injectable()
export class Caretaker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Caretaker.name);
  private readonly stopping = new AbortController();
  private working: Promise<void> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly dispatches: DispatchStore,
    private readonly execution: Execution,
  ) {}

  onApplicationBootstrap(): void {
    this.working = this.work();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.working;
  }

  /** One look; true when it found a release to go on with. */
  async look(): Promise<boolean> {
    for (const { batchId, ids } of await this.dispatches.findOverdue(OVERDUE_PER_LOOK)) {
      await inTransaction(this.dataSource, (manager) => this.execution.expire(manager, batchId, ids));
    }
    const releasing = await this.dispatches.findReleasing(BATCHES_PER_LOOK);
    for (const batchId of releasing) {
      await inTransaction(this.dataSource, (manager) => this.execution.continueReleases(manager, batchId));
      failpoint('import.release.continued');
    }
    return releasing.length > 0;
  }

  private async work(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      let isBusy = false;
      try {
        isBusy = await this.look();
      } catch (error) {
        if (!signal.aborted) this.log.error(`Batches could not be taken care of: ${String(error)}`);
      }
      if (!isBusy) await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
