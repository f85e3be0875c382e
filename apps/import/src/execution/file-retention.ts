import { rm } from 'node:fs/promises';
import { WokenLoop } from '@lockstep/messaging';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ImportConfig } from '../import.config.js';
import { LeftoverStore } from './leftover.store.js';

const SWEEP_EVERY_MS = 3_600_000;
const BACKOFF = { firstMs: 30_000, maxMs: SWEEP_EVERY_MS };
const FILES_PER_QUERY = 500;

/** Removes uploaded files once their time is over. Doing it twice does nothing. */
@Injectable()
export class FileRetention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(FileRetention.name);
  private readonly loop = new WokenLoop({
    turn: () => this.sweep().then(() => SWEEP_EVERY_MS),
    onFailed: (error) => this.log.error(`Old files could not be removed: ${String(error)}`),
    backoff: BACKOFF,
  });

  constructor(
    private readonly config: ImportConfig,
    private readonly leftovers: LeftoverStore,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** The number of files removed. */
  async sweep(): Promise<number> {
    let removed = 0;
    for (;;) {
      const files = await this.leftovers.findOldFiles(this.config.keepFilesDays, FILES_PER_QUERY);
      for (const file of files) {
        await rm(file.path, { force: true });
        await this.leftovers.forgetFile(file);
      }
      removed += files.length;
      if (files.length < FILES_PER_QUERY) break;
    }
    if (removed > 0) this.log.log(`Removed ${removed} uploaded files of imports that ended long ago`);
    return removed;
  }
}
