import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { LogIndex } from './log-index.js';

const SWEEP_EVERY_MS = 3_600_000;

/** Drops the days of the log whose time is over, every hour. Several replicas at once do no harm. */
@Injectable()
export class LogRetention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(LogRetention.name);
  private readonly stopping = new AbortController();
  private working: Promise<void> | undefined;

  constructor(private readonly index: LogIndex) {}

  onApplicationBootstrap(): void {
    this.working = this.work();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.working;
  }

  private async work(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const dropped = await this.index.dropOutdated();
        if (dropped.length > 0) this.logger.log(`Dropped the log of ${dropped.join(', ')}`);
      } catch (error) {
        if (!signal.aborted) this.logger.warn(`Old days of the log could not be dropped: ${String(error)}`);
      }
      await delay(SWEEP_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
