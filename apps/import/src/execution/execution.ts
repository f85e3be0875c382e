import type { ImportResultV1 } from '@lockstep/contracts';
import { failpoint } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ImportConfig } from '../import.config.js';
import { AnswerBook } from './answer-book.js';
import { type BatchCommand, decideCommand } from './decide-batch.js';
import { DispatchStore } from './dispatch.store.js';
import { ErrorStore } from './error.store.js';
import { ExecutionBatchStore } from './execution-batch.store.js';
import { LinkStore } from './link.store.js';
import type { LockedBatch } from './locked-batch.js';
import { ObjectStore } from './object.store.js';
import { NOTHING_ENDED, Wavefront } from './wavefront.js';

/** From so many objects and links on, statistics from before the batch mislead the planner into comparing all with all. */
const LARGE = 5_000;

/**
 * What happens to a batch from its start to its end. Each method is a part of the caller's transaction and locks the batch
 * first, so that of everything that wants to change a batch one is at work at a time, and other batches run beside it.
 */
@Injectable()
export class Execution {
  constructor(
    private readonly config: ImportConfig,
    private readonly batches: ExecutionBatchStore,
    private readonly dispatches: DispatchStore,
    private readonly objects: ObjectStore,
    private readonly links: LinkStore,
    private readonly errors: ErrorStore,
    private readonly wavefront: Wavefront,
    private readonly answers: AnswerBook,
  ) {}

  /**
   * Hands a planned batch over: its first requests are made, what exists and waits for nothing is complete, and one with
   * nothing to do ends at once. No answer can come before the caller's commit.
   * @throws Error when there is no such batch
   */
  async start(manager: EntityManager, batchId: string): Promise<void> {
    await this.launch(manager, batchId, false);
  }

  /** Ends a batch that planning refused, and says so to everybody who waits for it. */
  async refuse(manager: EntityManager, batchId: string): Promise<void> {
    const batch = await this.batches.lock(manager, batchId);
    if (!batch) throw new Error(`no import batch ${batchId}`);
    await this.batches.recount(batch);
    await this.batches.saveProgress(batch, 0);
    await this.batches.end(batch, { state: 'error', processingError: false });
  }

  /**
   * Applies what owners answered, messages of one batch in one transaction. For each result null, or why it is none of ours.
   * What was applied before changes nothing.
   */
  async applyResults(
    manager: EntityManager,
    batchId: string,
    results: readonly ImportResultV1[],
  ): Promise<readonly (string | null)[]> {
    const batch = await this.batches.lock(manager, batchId);
    if (!batch) return results.map(() => 'UNKNOWN_BATCH: no import has this id');
    const { reasons, ended, hasChanges } = await this.answers.record(batch, results);
    failpoint('import.result.recorded');
    if (hasChanges) await this.goOn(batch, ended);
    failpoint('import.result.applied');
    return reasons;
  }

  /** Goes on with waves that earlier transactions left; false when there are no more. */
  async continueReleases(manager: EntityManager, batchId: string): Promise<boolean> {
    const batch = await this.batches.lock(manager, batchId);
    if (!batch) return false;
    if (batch.state === 'processingObjects' || batch.state === 'paused') {
      await this.wavefront.advance(batch, NOTHING_ENDED, true);
      return true;
    }
    await this.objects.forgetWaves(batch);
    return false;
  }

  /** Requests without an answer in their time: sent once more, or given up. */
  async expire(manager: EntityManager, batchId: string, dispatchIds: readonly string[]): Promise<void> {
    const batch = await this.batches.lock(manager, batchId);
    if (!batch) return;
    const overdue = await this.dispatches.lockOverdue(batch, dispatchIds);
    if (overdue.length === 0) return;
    const ended = await this.answers.expire(batch, overdue);
    await this.goOn(batch, ended);
  }

  /** Does what a person asked for. The state that follows, or null when it is not possible in the state given. */
  async command(
    manager: EntityManager,
    batchId: string,
    command: BatchCommand,
  ): Promise<{ from: string; to: string | null } | null> {
    const batch = await this.batches.lock(manager, batchId);
    if (!batch) return null;
    const { state, startedAt, finishedAt } = batch;
    const to = decideCommand(command, { state, hasStarted: startedAt !== null, hasFinished: finishedAt !== null });
    if (to === null) return { from: batch.state, to };
    if (command === 'retry') await this.retry(batch);
    else if (to === 'cancelled') await this.cancelUnstarted(batch);
    else if (to === 'cancelling') await this.cancel(batch, null);
    else {
      await this.batches.setState(batch, to);
      await this.dispatches.sendRestWhenIdle(batch);
    }
    const after = await this.batches.lock(manager, batchId);
    return { from: batch.state, to: after!.state };
  }

  private async goOn(batch: LockedBatch, ended: Parameters<Wavefront['advance']>[1]): Promise<void> {
    const isRunning = batch.state === 'processingObjects' || batch.state === 'paused';
    if (isRunning && batch.options.stopOnError && ended.newErrors > 0) {
      await this.cancel(batch, 'CREATE_FAILED: stopped at the first error, as asked', ended.newErrors);
    } else {
      await this.wavefront.advance(batch, ended, false);
    }
  }

  private async launch(manager: EntityManager, batchId: string, isRetry: boolean): Promise<void> {
    await this.batches.begin(manager, batchId, isRetry);
    const batch = await this.batches.lock(manager, batchId);
    if (!batch) throw new Error(`no import batch ${batchId}`);
    await this.batches.recount(batch);
    const { objects, links } = batch;
    if (objects.total + links.total > LARGE) await this.batches.analyze(batch);
    const someFailed = objects.of('error') + objects.of('blocked') + objects.of('cancelled') > 0;
    if (isRetry || someFailed) await this.objects.recount(batch);
    const existing = await this.objects.completeExisting(batch);
    objects.take(existing, ['processing'], 'complete');
    for (const [action, count] of await this.dispatches.dispatchReady(batch, this.config.objectsPerMessage)) {
      objects.take(count, ['processing'], action === 'reference' ? 'checking' : 'creating');
    }
    failpoint('import.batch.launching');
    if (batch.release === 'streaming' && links.open > 0) await this.wavefront.settleLinks(batch, null);
    await this.wavefront.advance(batch, NOTHING_ENDED, true);
  }

  private async retry(batch: LockedBatch): Promise<void> {
    await this.objects.reopen(batch);
    await this.links.reopen(batch);
    await this.errors.forget(batch);
    await this.launch(batch.manager, batch.id, true);
  }

  /** Nothing more is asked; what was asked is still recorded. `failure`: why, when nobody wished it. */
  private async cancel(batch: LockedBatch, failure: string | null, newErrors = 0): Promise<void> {
    await this.dispatches.dropQueued(batch);
    await this.objects.cancelUnasked(batch);
    await this.links.cancelUnasked(batch);
    await this.objects.forgetWaves(batch);
    await this.batches.setState(batch, 'cancelling', failure);
    await this.batches.recount(batch);
    batch.objects.take(batch.objects.of('processing'), ['processing'], 'creating');
    await this.wavefront.finish({ ...batch, state: 'cancelling', failure }, newErrors);
  }

  private async cancelUnstarted(batch: LockedBatch): Promise<void> {
    await this.objects.cancelUnasked(batch);
    await this.links.cancelUnasked(batch);
    await this.batches.recount(batch);
    await this.batches.saveProgress(batch, 0);
    await this.batches.end(batch, { state: 'cancelled', processingError: false });
  }
}
