import { WokenLoop } from '@lockstep/messaging';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { StagingStore } from '../staging/staging.store.js';
import { AbandonedUploads } from './abandoned-uploads.js';

const SWEEP_EVERY_MS = 600_000;
const BACKOFF = { firstMs: 30_000, maxMs: SWEEP_EVERY_MS };

/** Removes what crashed and cancelled uploads and readings left. In every replica: doing it twice does nothing. */
@Injectable()
export class Sweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Sweep.name);
  private readonly loop = new WokenLoop({
    turn: () => this.sweep().then(() => SWEEP_EVERY_MS),
    onFailed: (error) => this.logger.warn(`Leftovers could not be removed: ${String(error)}`),
    backoff: BACKOFF,
  });

  constructor(
    private readonly staging: StagingStore,
    private readonly abandoned: AbandonedUploads,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  private async sweep(): Promise<void> {
    await this.staging.sweep();
    const removed = await this.abandoned.sweep();
    if (removed > 0) this.logger.log(`Removed ${removed} uploads that never became a batch`);
  }
}
