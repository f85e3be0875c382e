import { WokenLoop } from '@lockstep/messaging';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { LogIndex } from './log-index.js';

const SWEEP_EVERY_MS = 3_600_000;
const BACKOFF = { firstMs: 30_000, maxMs: SWEEP_EVERY_MS };

/** Drops the days of the log whose time is over, every hour. Several replicas at once do no harm. */
@Injectable()
export class LogRetention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(LogRetention.name);
  private readonly loop = new WokenLoop({
    turn: () => this.sweep(),
    onFailed: (error) => this.logger.warn(`Old days of the log could not be dropped: ${String(error)}`),
    backoff: BACKOFF,
  });

  constructor(private readonly index: LogIndex) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  private async sweep(): Promise<number> {
    const dropped = await this.index.dropOutdated();
    if (dropped.length > 0) this.logger.log(`Dropped the log of ${dropped.join(', ')}`);
    return SWEEP_EVERY_MS;
  }
}
