import { setTimeout as delay } from 'node:timers/promises';
import { inTransaction, Listener } from '@lockstep/database';
import { failpoint } from '@lockstep/service';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ImportConfig } from '../import.config.js';
import { DispatchStore, releaseChannel } from './dispatch.store.js';
import { Execution } from './execution.js';

/** A notification can be lost with its connection. */
const LONGEST_REST_MS = 5_000;
const REST_AFTER_ERROR_MS = 1_000;
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
  private woken = new AbortController();
  private working: Promise<void> | undefined;
  private listener: Listener | undefined;

  constructor(
    private readonly config: ImportConfig,
    private readonly dataSource: DataSource,
    private readonly dispatches: DispatchStore,
    private readonly execution: Execution,
  ) {}

  onApplicationBootstrap(): void {
    this.listener = new Listener({
      url: this.config.databaseUrl,
      service: 'import',
      channels: [releaseChannel('import')],
      onNotify: () => this.woken.abort(),
      onListening: () => this.woken.abort(),
    });
    this.listener.start();
    this.working = this.work();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.woken.abort();
    await this.working;
    await this.listener?.close();
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
    while (!this.stopping.signal.aborted) {
      const { signal } = this.woken;
      try {
        if (await this.look()) continue;
        const dueInMs = (await this.dispatches.nextOverdueInMs()) ?? LONGEST_REST_MS;
        await this.rest(Math.min(Math.max(dueInMs, 1), LONGEST_REST_MS), signal);
      } catch (error) {
        if (!this.stopping.signal.aborted) this.log.error(`Batches could not be taken care of: ${String(error)}`);
        await this.rest(REST_AFTER_ERROR_MS, this.stopping.signal);
      }
      if (signal.aborted && !this.stopping.signal.aborted) this.woken = new AbortController();
    }
  }

  private async rest(ms: number, signal: AbortSignal): Promise<void> {
    await delay(ms, undefined, { signal }).catch(() => undefined);
  }
}
