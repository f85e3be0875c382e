import { inTransaction } from '@lockstep/database';
import { WokenLoop } from '@lockstep/messaging';
import { failpoint } from '@lockstep/service';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DispatchStore, releaseChannel } from './dispatch.store.js';
import { Execution } from './execution.js';

/** A notification can be lost with its connection. */
const LONGEST_REST_MS = 5_000;
const BACKOFF = { firstMs: 1_000, maxMs: 10_000 };
const BATCHES_PER_LOOK = 20;
const OVERDUE_PER_LOOK = 500;

/**
 * Does what no answer brings about: goes on with releases too large for one transaction, and with requests whose answer is
 * overdue. In every replica; the lock of the batch decides who does it.
 */
@Injectable()
export class Caretaker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Caretaker.name);
  private readonly loop: WokenLoop;

  constructor(
    private readonly dataSource: DataSource,
    private readonly dispatches: DispatchStore,
    private readonly execution: Execution,
  ) {
    this.loop = new WokenLoop({
      dataSource,
      channel: releaseChannel('import'),
      turn: () => this.look(),
      onFailed: (error) => this.log.error(`Batches could not be taken care of: ${String(error)}`),
      backoff: BACKOFF,
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** One look; how long it may rest. */
  private async look(): Promise<number> {
    for (const { batchId, ids } of await this.dispatches.findOverdue(OVERDUE_PER_LOOK)) {
      await inTransaction(this.dataSource, (manager) => this.execution.expire(manager, batchId, ids));
    }
    const releasing = await this.dispatches.findReleasing(BATCHES_PER_LOOK);
    for (const batchId of releasing) {
      await inTransaction(this.dataSource, (manager) => this.execution.continueReleases(manager, batchId));
      failpoint('import.release.continued');
    }
    if (releasing.length > 0) return 0;
    const dueInMs = (await this.dispatches.nextOverdueInMs()) ?? LONGEST_REST_MS;
    return Math.min(Math.max(dueInMs, 1), LONGEST_REST_MS);
  }
}
