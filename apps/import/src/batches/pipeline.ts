import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Leases, Listener } from '@lockstep/database';
import { isEngineUnavailable } from '@lockstep/service';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { StagingStore } from '../staging/staging.store.js';
import { AbandonedUploads } from './abandoned-uploads.js';
import { BATCH_CHANNEL, BatchStore } from './batch.store.js';
import { chooseBatches, type WaitingBatch } from './choose-batches.js';
import { Preparation } from './preparation.js';

/** What the pipeline is told by the configuration of the service. */
export interface PipelineSettings {
  readonly databaseUrl: string;
  /** Batches that one replica prepares at the same time. */
  readonly places: number;
  /** How long a replica that died keeps a batch from being prepared by another. */
  readonly leaseSeconds: number;
}

/** Injection token of {@link PipelineSettings}. */
export const PIPELINE_SETTINGS = Symbol('PIPELINE_SETTINGS');

/** Without a wake-up call: how long until a batch that another replica left behind is noticed. */
const IDLE_TICK_MS = 2_000;
const SWEEP_EVERY_MS = 600_000;
const RETRY_MS = 1_000;

/**
 * Prepares batches, several side by side, each in the one replica that holds its lease. It keeps nothing of its own: a batch
 * whose replica died is begun again by another, or by the same one restarted.
 */
@Injectable()
export class Pipeline implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Pipeline.name);
  private readonly stopping = new AbortController();
  private readonly working = new Map<string, WaitingBatch & { readonly done: Promise<void> }>();
  /** Batches that another replica held when we asked, and when to ask again. */
  private readonly heldElsewhere = new Map<string, number>();
  private wake: () => void = () => undefined;
  private isWoken = false;
  private listener: Listener | undefined;
  private running: Promise<void> | undefined;
  private nextSweepAt = 0;

  constructor(
    @Inject(PIPELINE_SETTINGS) private readonly settings: PipelineSettings,
    private readonly leases: Leases,
    private readonly batches: BatchStore,
    private readonly staging: StagingStore,
    private readonly preparation: Preparation,
    private readonly abandoned: AbandonedUploads,
  ) {}

  onApplicationBootstrap(): void {
    this.listener = new Listener({
      url: this.settings.databaseUrl,
      service: 'import',
      channels: [BATCH_CHANNEL],
      onNotify: () => this.wakeUp(),
      onListening: () => this.wakeUp(),
    });
    this.listener.start();
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.wakeUp();
    await this.running;
    await Promise.all([...this.working.values()].map(({ done }) => done));
    await this.listener?.close();
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.sweepNowAndThen();
        const waiting = this.withoutHeldElsewhere(await this.batches.findToPrepare());
        for (const batch of chooseBatches(waiting, this.working, this.settings.places)) this.take(batch);
      } catch (error) {
        if (!this.stopping.signal.aborted) this.logger.error(`Batches could not be looked for: ${describe(error)}`);
      }
      await this.sleep();
    }
  }

  private withoutHeldElsewhere(waiting: readonly WaitingBatch[]): WaitingBatch[] {
    const now = performance.now();
    for (const [id, until] of this.heldElsewhere) if (until <= now) this.heldElsewhere.delete(id);
    return waiting.filter(({ id }) => !this.heldElsewhere.has(id));
  }

  private take(batch: WaitingBatch): void {
    const done = this.prepare(batch.id).finally(() => {
      this.working.delete(batch.id);
      this.wakeUp();
    });
    this.working.set(batch.id, { ...batch, done });
  }

  /** Never rejects. */
  private async prepare(batchId: string): Promise<void> {
    const owner = `${hostname()}:${process.pid}`;
    const ttlMs = this.settings.leaseSeconds * 1_000;
    try {
      const held = await this.leases.hold(`batch:${batchId}`, { owner, ttlMs }, async (_, lost) => {
        await this.preparation.prepare(batchId, AbortSignal.any([lost, this.stopping.signal]));
        return true;
      });
      // Another replica has it: no place is taken by waiting for that.
      if (held) this.heldElsewhere.delete(batchId);
      else this.heldElsewhere.set(batchId, performance.now() + ttlMs / 3);
    } catch (error) {
      if (!this.stopping.signal.aborted) await this.fail(batchId, error);
    }
  }

  /** An engine that is away, and whatever else may pass, is tried again until the batch's attempts are used up. */
  private async fail(batchId: string, error: unknown): Promise<void> {
    this.logger.error(`Batch ${batchId} could not be prepared: ${describe(error)}`);
    if (isMissingFile(error)) {
      await this.preparation.giveUp(batchId, 'a file of it is not there any more').catch(() => undefined);
    }
    const waitMs = isEngineUnavailable(error) ? IDLE_TICK_MS : RETRY_MS;
    await delay(waitMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }

  private async sweepNowAndThen(): Promise<void> {
    if (performance.now() < this.nextSweepAt) return;
    this.nextSweepAt = performance.now() + SWEEP_EVERY_MS;
    await this.staging.sweep();
    const removed = await this.abandoned.sweep();
    if (removed > 0) this.logger.log(`Removed ${removed} uploads that never became a batch`);
  }

  private wakeUp(): void {
    this.isWoken = true;
    this.wake();
  }

  /** Until woken, also by a call that came while we were at work. */
  private async sleep(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    if (!this.isWoken) {
      const woken = new AbortController();
      this.wake = () => woken.abort();
      await delay(IDLE_TICK_MS, undefined, { signal: woken.signal }).catch(() => undefined);
    }
    this.isWoken = false;
  }
}

function isMissingFile(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
