import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Leases } from '@lockstep/database';
import { WokenLoop } from '@lockstep/messaging';
import { isEngineUnavailable } from '@lockstep/service';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BATCH_CHANNEL, BatchStore } from './batch.store.js';
import { chooseBatches, type WaitingBatch } from './choose-batches.js';
import { Preparation } from './preparation.js';

/** What the pipeline is told by the configuration of the service. */
export interface PipelineSettings {
  /** Batches that one replica prepares at the same time. */
  readonly places: number;
  /** How long a replica that died keeps a batch from being prepared by another. */
  readonly leaseSeconds: number;
}

/** Injection token of {@link PipelineSettings}. */
export const PIPELINE_SETTINGS = Symbol('PIPELINE_SETTINGS');

/** Without a wake-up call: how long until a batch that another replica left behind is noticed. */
const IDLE_TICK_MS = 2_000;
const RETRY_MS = 1_000;
const BACKOFF = { firstMs: RETRY_MS, maxMs: IDLE_TICK_MS };

/**
 * Prepares batches, several side by side, each in the one replica that holds its lease. It keeps nothing of its own: a batch
 * whose replica died is begun again by another, or by the same one restarted.
 */
@Injectable()
export class Pipeline implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Pipeline.name);
  private readonly working = new Map<string, WaitingBatch & { readonly done: Promise<void> }>();
  /** Batches that another replica held when we asked, and when to ask again. */
  private readonly heldElsewhere = new Map<string, number>();
  private readonly loop: WokenLoop;

  constructor(
    @Inject(PIPELINE_SETTINGS) private readonly settings: PipelineSettings,
    dataSource: DataSource,
    private readonly leases: Leases,
    private readonly batches: BatchStore,
    private readonly preparation: Preparation,
  ) {
    this.loop = new WokenLoop({
      dataSource,
      channel: BATCH_CHANNEL,
      turn: (stopping) => this.look(stopping),
      onFailed: (error) => this.logger.error(`Batches could not be looked for: ${describe(error)}`),
      backoff: BACKOFF,
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    await Promise.all([...this.working.values()].map(({ done }) => done));
  }

  private async look(stopping: AbortSignal): Promise<number> {
    const waiting = this.withoutHeldElsewhere(await this.batches.findToPrepare());
    for (const batch of chooseBatches(waiting, this.working, this.settings.places)) this.take(batch, stopping);
    return IDLE_TICK_MS;
  }

  private withoutHeldElsewhere(waiting: readonly WaitingBatch[]): WaitingBatch[] {
    const now = performance.now();
    for (const [id, until] of this.heldElsewhere) if (until <= now) this.heldElsewhere.delete(id);
    return waiting.filter(({ id }) => !this.heldElsewhere.has(id));
  }

  private take(batch: WaitingBatch, stopping: AbortSignal): void {
    const done = this.prepare(batch.id, stopping).finally(() => {
      this.working.delete(batch.id);
      this.loop.wake();
    });
    this.working.set(batch.id, { ...batch, done });
  }

  /** Never rejects. */
  private async prepare(batchId: string, stopping: AbortSignal): Promise<void> {
    const owner = `${hostname()}:${process.pid}`;
    const ttlMs = this.settings.leaseSeconds * 1_000;
    try {
      const held = await this.leases.hold(`batch:${batchId}`, { owner, ttlMs }, async (_, lost) => {
        await this.preparation.prepare(batchId, AbortSignal.any([lost, stopping]));
        return true;
      });
      // Another replica has it: no place is taken by waiting for that.
      if (held) this.heldElsewhere.delete(batchId);
      else this.heldElsewhere.set(batchId, performance.now() + ttlMs / 3);
    } catch (error) {
      if (!stopping.aborted) await this.fail(batchId, error, stopping);
    }
  }

  /** An engine that is away, and whatever else may pass, is tried again until the batch's attempts are used up. */
  private async fail(batchId: string, error: unknown, stopping: AbortSignal): Promise<void> {
    this.logger.error(`Batch ${batchId} could not be prepared: ${describe(error)}`);
    if (isMissingFile(error)) {
      await this.preparation.giveUp(batchId, 'a file of it is not there any more').catch(() => undefined);
    }
    const waitMs = isEngineUnavailable(error) ? IDLE_TICK_MS : RETRY_MS;
    await delay(waitMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}

function isMissingFile(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
