import { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Listener } from '@lockstep/database';
import { contextOfRun, MessagePublisher, runInContext } from '@lockstep/messaging';
import { failpoint, ServiceConfig } from '@lockstep/service';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Extraction } from './extraction.entity.js';
import { ExtractionStore, type ItemBatch } from './extraction.store.js';
import { EXTRACTION_SOURCE, type ExtractionSource, extractionChannel } from './extraction-source.js';

/** Two, so that one group is read while the other is being confirmed; more only waits for the same broker. */
const LANES = 2;
/** A notification can be lost with its connection; then this is the longest that something waits. */
const POLL_MS = 5_000;
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 15_000;

/**
 * Sends what the extractions have planned, as long as the service runs: woken by the commit of a command, at the start of
 * the service for what a crash has left, and now and then in any case. Memory holds a group of records a lane, no more.
 */
@Injectable()
export class ExtractionWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(ExtractionWorker.name);
  private readonly stopping = new AbortController();
  private readonly alarm = new EventEmitter();
  private readonly listener: Listener;
  private lanes: Promise<void>[] = [];
  private wakings = 0;

  constructor(
    config: ServiceConfig,
    @Inject(EXTRACTION_SOURCE) private readonly source: ExtractionSource,
    private readonly extractions: ExtractionStore,
    private readonly publisher: MessagePublisher,
  ) {
    this.listener = new Listener({
      url: config.databaseUrl,
      service: source.service,
      channels: [extractionChannel(source)],
      onNotify: () => this.wake(),
      onListening: () => this.wake(),
    });
  }

  onApplicationBootstrap(): void {
    this.listener.start();
    this.lanes = Array.from({ length: LANES }, () => this.work());
  }

  /** The group in hand is confirmed and marked first. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.listener.close();
    await Promise.all(this.lanes);
  }

  private wake(): void {
    this.wakings++;
    this.alarm.emit('wake');
  }

  private async work(): Promise<void> {
    let failures = 0;
    while (!this.stopping.signal.aborted) {
      const seen = this.wakings;
      try {
        const hasSent = await this.sendSomething();
        failures = 0;
        if (!hasSent) await this.untilWoken(seen);
      } catch (error) {
        this.logger.warn(`sending records failed, will go on: ${(error as Error).message}`);
        await this.rest(Math.min(FIRST_BACKOFF_MS * 2 ** failures++, MAX_BACKOFF_MS));
      }
    }
  }

  private async sendSomething(): Promise<boolean> {
    return (
      (await this.extractions.sendNext((extraction, batches) =>
        runInContext(contextOfRun(extraction.runId), () => this.sendBatches(extraction, batches)),
      )) ||
      (await this.extractions.sendEnd((extraction) =>
        runInContext(contextOfRun(extraction.runId), () => this.sendEndMarker(extraction)),
      ))
    );
  }

  private async sendBatches(extraction: Extraction, batches: ItemBatch[]): Promise<void> {
    await Promise.all(batches.map((batch) => this.sendBatch(extraction, batch)));
    failpoint(`${this.source.service}.extraction.published`);
  }

  private async sendBatch({ runId, fence, items: totalItems }: Extraction, batch: ItemBatch): Promise<void> {
    const { service: source, phase, syncData } = this.source;
    const { sequence, items } = batch;
    const payload = { runId, fence, phase, source, sequence, totalItems, items };
    await this.publisher.publish(syncData, payload, { runId, fence, sequence, itemCount: items.length });
  }

  private async sendEndMarker({ runId, fence, batches, items }: Extraction): Promise<void> {
    const { service: source, phase, syncEnd } = this.source;
    failpoint(`${source}.extraction.beforeEnd`);
    await this.publisher.publish(syncEnd, { runId, fence, phase, source, batches, items }, { runId, fence });
    this.logger.log(`run ${runId}: sent ${items} records in ${batches} batches`);
  }

  /** Returns at once when somebody has called since `seen` was noted. */
  private async untilWoken(seen: number): Promise<void> {
    if (seen !== this.wakings) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.alarm.off('wake', done);
        resolve();
      };
      const timer = setTimeout(done, POLL_MS);
      this.alarm.on('wake', done);
    });
  }

  private async rest(delayMs: number): Promise<void> {
    await pause(delayMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
