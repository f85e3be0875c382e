import { inTransaction } from '@lockstep/database';
import { failpoint } from '@lockstep/service';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { FeedItem } from '../feeds/feed-item.js';
import type { ChunkSizes } from '../planning/count-plan.js';
import { PlanningStore } from '../planning/planning.store.js';
import { TypePositions } from '../planning/type-positions.js';
import type { Staged } from '../staging/staged-buffer.js';
import { BatchLeftError, StagingStore, TooManyErrorsError } from '../staging/staging.store.js';
import { type BatchDefinition, configOf, type StoredBatch } from './batch.js';
import { BatchStore } from './batch.store.js';
import { BatchEventStore } from './batch-event.store.js';
import { BATCH_SOURCES, type BatchSources } from './batch-sources.js';
import { decideAfterPlanning } from './decide-after-planning.js';
import { HAND_OVER, type HandOver } from './hand-over.js';

/** Injection token of the `ChunkSizes` that execution uses. */
export const CHUNK_SIZES = Symbol('CHUNK_SIZES');

/** How often a batch may be begun: one that ends the process each time must not do so for ever. */
const MAX_ATTEMPTS = 10;
const EVENT_EVERY_MS = 1_000;

/**
 * From the files of a batch to its start, its end, or its wait for confirmation. Interrupted anywhere it is done again from
 * the start: until the last transaction nothing of it counts.
 */
@Injectable()
export class Preparation {
  private readonly logger = new Logger(Preparation.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly batches: BatchStore,
    private readonly events: BatchEventStore,
    private readonly staging: StagingStore,
    private readonly planning: PlanningStore,
    @Inject(BATCH_SOURCES) private readonly sources: BatchSources,
    @Inject(HAND_OVER) private readonly handOver: HandOver,
    @Inject(CHUNK_SIZES) private readonly chunks: ChunkSizes,
  ) {}

  /** @throws what reading or the database threw; the batch is then still `parsing` and may be tried again */
  async prepare(batchId: string, signal: AbortSignal): Promise<void> {
    const batch = await this.batches.beginParsing(batchId);
    if (!batch) return;
    if (batch.attempts > MAX_ATTEMPTS) return this.giveUp(batchId, `given up after ${MAX_ATTEMPTS} attempts`);
    const definition = await this.batches.definition(batchId);
    failpoint('import.batch.parsing');
    await this.staging.begin(batchId);
    const watch = setInterval(() => void this.tell(batchId), EVENT_EVERY_MS);
    try {
      const staged = await this.stage(batch, definition, signal);
      failpoint('import.batch.staged');
      this.logger.log(`Batch ${batchId} is read, ${staged?.records ?? 0} records; it is being planned`);
      await this.plan(batch, definition, staged, signal);
      failpoint('import.batch.planned');
      this.logger.log(`Batch ${batchId} is planned`);
    } catch (error) {
      // Stopped from outside, it is not the batch that ends its reading.
      if (signal.aborted) await this.batches.forgetAttempt(batchId).catch(() => undefined);
      if (!(error instanceof BatchLeftError)) throw error;
      this.logger.log(`Batch ${batchId} is not being prepared any more`);
    } finally {
      clearInterval(watch);
    }
    await this.staging.drop(batchId);
  }

  /** Ends a batch that cannot be prepared. */
  async giveUp(batchId: string, reason: string): Promise<void> {
    await inTransaction(this.dataSource, async (manager) => {
      if (!(await this.batches.lockIn(manager, batchId, 'parsing'))) return;
      await this.refuse(manager, batchId, `PREPARATION_FAILED: ${reason}`);
    });
    await this.staging.drop(batchId);
  }

  /** A planned batch that waited. False when it does not wait (any more). */
  async confirm(batchId: string): Promise<boolean> {
    return inTransaction(this.dataSource, async (manager) => {
      if (!(await this.batches.lockIn(manager, batchId, 'validated'))) return false;
      const batch = await this.batches.load(batchId, manager);
      if (!batch || batch.options.dryRun) return false;
      await this.handOver.start(manager, batchId);
      return true;
    });
  }

  private async stage(
    batch: StoredBatch,
    { types, config }: BatchDefinition,
    signal: AbortSignal,
  ): Promise<Staged | null> {
    const sources = this.sources;
    const items = async function* (): AsyncGenerator<readonly FeedItem[]> {
      for (const file of batch.files) yield* sources.read(file, configOf(config, file.fileNo), types);
    };
    const limits = { maxErrors: batch.options.maxErrors, signal };
    try {
      return await this.staging.stage(batch.id, items(), new TypePositions(types), limits);
    } catch (error) {
      if (error instanceof TooManyErrorsError) return null;
      throw error;
    }
  }

  /** `staged` is null when reading was given up for too many errors: what was not read cannot be judged. */
  private async plan(
    batch: StoredBatch,
    { types }: BatchDefinition,
    staged: Staged | null,
    signal: AbortSignal,
  ): Promise<void> {
    await inTransaction(this.dataSource, async (manager) => {
      await this.cancelOn(manager, signal);
      const result = staged && (await this.planning.plan(manager, { ...batch, types }, staged, this.chunks));
      failpoint('import.batch.planning');
      if (!(await this.batches.lockIn(manager, batch.id, 'parsing'))) throw new BatchLeftError(batch.id);
      if (!result) await this.staging.keepErrorsOf(manager, batch.id);
      await this.goOn(manager, batch, result ? result.isRefused : true, result?.errors ?? null);
    });
  }

  /** A statement of planning may take a minute: whoever stops the service, or lost the batch, does not wait for it. */
  private async cancelOn(manager: EntityManager, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const [row]: { pid: number }[] = await manager.query('SELECT pg_backend_pid() AS pid');
    const cancel = (): void => {
      if (!manager.queryRunner?.isTransactionActive) return;
      this.dataSource.query('SELECT pg_cancel_backend($1)', [row?.pid]).catch(() => undefined);
    };
    signal.addEventListener('abort', cancel, { once: true });
  }

  private async goOn(
    manager: EntityManager,
    batch: StoredBatch,
    isRefused: boolean,
    errors: number | null,
  ): Promise<void> {
    const next = decideAfterPlanning(isRefused, batch.options);
    const isTooMany = errors === null || errors > batch.options.maxErrors;
    if (next === 'refuse') {
      const reason = isTooMany ? `TOO_MANY_ERRORS: more than ${batch.options.maxErrors}` : `INVALID: ${errors} errors`;
      return this.refuse(manager, batch.id, reason);
    }
    if (next === 'start') return this.handOver.start(manager, batch.id);
    await this.batches.setValidated(manager, batch.id, next === 'end');
    const validated = await this.batches.load(batch.id, manager);
    if (validated) await this.events.add(validated, next === 'end' ? 'end' : 'progress', manager);
  }

  private async refuse(manager: EntityManager, batchId: string, failure: string): Promise<void> {
    await this.batches.setFailure(manager, batchId, failure);
    await this.handOver.refuse(manager, batchId);
  }

  /** Progress is told while it lasts; a telling that fails is not worth a batch. */
  private async tell(batchId: string): Promise<void> {
    try {
      const batch = await this.batches.load(batchId);
      if (batch?.state === 'parsing') await this.events.add(batch, 'progress');
    } catch (error) {
      this.logger.warn(`Progress of batch ${batchId} could not be written: ${String(error)}`);
    }
  }
}
