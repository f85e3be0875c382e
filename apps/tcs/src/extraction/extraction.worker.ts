import { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type SyncDataV1, type TraineeItemV1, traineeSyncData, traineeSyncEnd } from '@lockstep/contracts';
import { Listener } from '@lockstep/database';
import { MessagePublisher } from '@lockstep/messaging';
import { failpoint, ServiceConfig } from '@lockstep/service';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { Extraction } from './extraction.entity.js';
import { EXTRACTION_CHANNEL, ExtractionStore, type PeopleBatch } from './extraction.store.js';
import { toTraineeItem } from './trainee-item.js';

/** Two, so that one group is read while the other is being confirmed; more only waits for the same broker. */
const LANES = 2;
/** A notification can be lost with its connection; then this is the longest that something waits. */
const POLL_MS = 5_000;
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 15_000;

/**
 * Sends what the extractions have planned, as long as the service runs: woken by the commit of a command, at the start of
 * the service for what a crash has left, and now and then in any case. Memory holds a group of people a lane, no more.
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
    private readonly extractions: ExtractionStore,
    private readonly publisher: MessagePublisher,
  ) {
    this.listener = new Listener({
      url: config.databaseUrl,
      service: 'tcs',
      channels: [EXTRACTION_CHANNEL],
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
        this.logger.warn(`sending people failed, will go on: ${(error as Error).message}`);
        await this.rest(Math.min(FIRST_BACKOFF_MS * 2 ** failures++, MAX_BACKOFF_MS));
      }
    }
  }

  private async sendSomething(): Promise<boolean> {
    return (
      (await this.extractions.sendNext((extraction, batches) => this.sendBatches(extraction, batches))) ||
      (await this.extractions.sendEnd((extraction) => this.sendEndMarker(extraction)))
    );
  }

  private async sendBatches(extraction: Extraction, batches: PeopleBatch[]): Promise<void> {
    await Promise.all(batches.map((batch) => this.sendBatch(extraction, batch)));
    failpoint('tcs.extraction.published');
  }

  private async sendBatch({ runId, fence, asOf, items: totalItems }: Extraction, batch: PeopleBatch): Promise<void> {
    const { sequence } = batch;
    const items = batch.people.map((person) => toTraineeItem(person, asOf));
    const payload: SyncDataV1<TraineeItemV1> = {
      runId,
      fence,
      phase: 'trainees',
      source: 'tcs',
      sequence,
      totalItems,
      items,
    };
    await this.publisher.publish(traineeSyncData, payload, { runId, fence, sequence, itemCount: items.length });
  }

  private async sendEndMarker({ runId, fence, batches, items }: Extraction): Promise<void> {
    failpoint('tcs.extraction.beforeEnd');
    const payload = { runId, fence, phase: 'trainees', source: 'tcs', batches, items } as const;
    await this.publisher.publish(traineeSyncEnd, payload, { runId, fence });
    this.logger.log(`run ${runId}: sent ${items} people in ${batches} batches`);
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
