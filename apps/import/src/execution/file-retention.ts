import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ImportConfig } from '../import.config.js';
import { LeftoverStore } from './leftover.store.js';

const SWEEP_EVERY_MS = 3_600_000;
const FILES_PER_QUERY = 500;

/** Removes uploaded files, and what was asked of owners, once their time is over. Doing it twice does nothing. */
@Injectable()
export class FileRetention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(FileRetention.name);
  private readonly stopping = new AbortController();
  private working: Promise<void> | undefined;

  constructor(
    private readonly config: ImportConfig,
    private readonly leftovers: LeftoverStore,
  ) {}

  onApplicationBootstrap(): void {
    this.working = this.work();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.working;
  }

  /** The number of files removed. */
  async sweep(): Promise<number> {
    await this.leftovers.removeOldRequests(this.config.keepFilesDays);
    let removed = 0;
    for (;;) {
      const files = await this.leftovers.findOldFiles(this.config.keepFilesDays, FILES_PER_QUERY);
      for (const file of files) {
        await rm(file.path, { force: true });
        await this.leftovers.forgetFile(file);
      }
      removed += files.length;
      if (files.length < FILES_PER_QUERY) return removed;
    }
  }

  private async work(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const removed = await this.sweep();
        if (removed > 0) this.log.log(`Removed ${removed} uploaded files of imports that ended long ago`);
      } catch (error) {
        if (!signal.aborted) this.log.error(`Old files could not be removed: ${String(error)}`);
      }
      await delay(SWEEP_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
