import { Injectable } from '@nestjs/common';
import { ImportConfig } from '../import.config.js';
import { decideEnd } from './decide-batch.js';
import { DispatchStore } from './dispatch.store.js';
import { ExecutionBatchStore } from './execution-batch.store.js';
import { LinkStore } from './link.store.js';
import type { LockedBatch } from './locked-batch.js';
import { ObjectStore, type Waves } from './object.store.js';
import type { ReadyItems } from './plan-chunks.js';

/** Levels followed in one transaction: a chain of existing or blocked objects may have a hundred thousand. */
const LEVELS_PER_TRANSACTION = 2_000;

/** Objects that have just come to their end, and how many errors that brought. */
export interface EndedObjects {
  readonly completed: readonly number[];
  readonly failed: readonly number[];
  readonly newErrors: number;
}

export const NOTHING_ENDED: EndedObjects = { completed: [], failed: [], newErrors: 0 };

/**
 * Carries a batch on from what has just happened in it: children are released or blocked, links that can be made are asked
 * for, and the batch ends when nothing is left. Within the transaction that changed something; nothing is kept in memory.
 */
@Injectable()
export class Wavefront {
  constructor(
    private readonly config: ImportConfig,
    private readonly batches: ExecutionBatchStore,
    private readonly dispatches: DispatchStore,
    private readonly objects: ObjectStore,
    private readonly links: LinkStore,
  ) {}

  /** `alsoSaved`: nothing has ended now; go on with what an earlier transaction left to be told. */
  async advance(batch: LockedBatch, ended: EndedObjects, alsoSaved: boolean): Promise<void> {
    if (batch.state === 'cancelling') {
      await this.countInline(batch, ended.completed, ended.failed, []);
    } else {
      await this.carryOn(batch, ended, alsoSaved);
    }
    await this.finish(batch, ended.newErrors);
  }

  /** Saves the counters, and ends the batch when nothing is left. */
  async finish(batch: LockedBatch, newErrors: number): Promise<void> {
    const { objects, links } = batch;
    await this.batches.saveProgress(batch, newErrors);
    const end = decideEnd({
      state: batch.state,
      open: objects.open + links.open,
      hasFailures: objects.hasFailures || links.hasFailures,
      isStopped: batch.failure !== null,
    });
    if (!end) return this.dispatches.sendRestWhenIdle(batch);
    await this.objects.forgetWaves(batch);
    await this.batches.end(batch, end);
  }

  private async carryOn(batch: LockedBatch, ended: EndedObjects, alsoSaved: boolean): Promise<void> {
    const { completed, blocked } = await this.release(batch, ended, alsoSaved);
    if (batch.release === 'barrier') return this.releaseLinksBehindBarrier(batch);
    const allCompleted = [...ended.completed, ...completed];
    await this.countInline(batch, allCompleted, ended.failed, blocked);
    const all = [...allCompleted, ...ended.failed, ...blocked];
    if (all.length > 0) await this.settleLinks(batch, all);
  }

  /** Tells children, level by level, as far as one transaction goes; the rest is left to the next. */
  private async release(
    batch: LockedBatch,
    ended: EndedObjects,
    alsoSaved: boolean,
  ): Promise<{ completed: readonly number[]; blocked: readonly number[] }> {
    const told = alsoSaved ? await this.objects.takeWave(batch) : toWaves(ended);
    if (!told) return { completed: [], blocked: [] };
    const limits = { links: this.config.linksPerTransaction, levels: LEVELS_PER_TRANSACTION };
    const { rest, ready, checking, completed, blocked } = await this.objects.follow(batch, told, limits);
    const byType = new Map<number, number[]>();
    for (const { no, type } of ready) pushTo(byType, type, no);
    batch.objects.take(ready.length - checking, ['processing'], 'creating');
    batch.objects.take(checking, ['processing'], 'checking');
    batch.objects.take(completed.length, ['processing'], 'complete');
    batch.objects.take(blocked.length, ['processing'], 'blocked');
    await this.objects.saveWaves(batch, rest);
    await this.objects.remember(batch, completed);
    await this.enqueue(batch, 'object', byType);
    return { completed, blocked };
  }

  /** Streaming: links of these objects, of all objects for null, that can be made or never can. */
  async settleLinks(batch: LockedBatch, nos: readonly number[] | null): Promise<void> {
    const { ready, blocked } = await this.links.settle(batch, nos);
    const byTag = new Map<number, number[]>();
    for (const { no, tag } of ready) pushTo(byTag, tag, no);
    batch.links.take(ready.length, ['processing'], 'creating');
    batch.links.take(blocked, ['processing'], 'blocked');
    await this.enqueue(batch, 'link', byTag);
  }

  private async releaseLinksBehindBarrier(batch: LockedBatch): Promise<void> {
    if (batch.linksReleased || batch.objects.open > 0) return;
    const asked = await this.links.dispatchAll(batch, this.config.linksPerMessage);
    const { objects, links } = batch;
    // A million rows are not looked at in vain.
    const mayBeBlocked = objects.of('error') + objects.of('blocked') + objects.of('cancelled') > 0;
    if (mayBeBlocked) await this.links.blockRest(batch);
    await this.batches.recount(batch);
    links.take(asked, ['processing'], 'creating');
    await this.batches.setLinksReleased(batch);
  }

  private async countInline(
    batch: LockedBatch,
    completed: readonly number[],
    failed: readonly number[],
    blocked: readonly number[],
  ): Promise<void> {
    batch.links.take(await this.links.countInline(batch, completed), ['processing'], 'complete');
    batch.links.take(await this.links.countInline(batch, failed), ['processing'], 'error');
    batch.links.take(await this.links.countInline(batch, blocked), ['processing'], 'blocked');
  }

  private async enqueue(
    batch: LockedBatch,
    kind: 'object' | 'link',
    byType: ReadonlyMap<number, number[]>,
  ): Promise<void> {
    const { objectTypes, linkTags } = batch.types;
    const ready = [...byType].map(([type, items]): ReadyItems => {
      const owner = kind === 'object' ? objectTypes[type] : linkTags[type];
      return { kind, service: owner?.service ?? '', type, items };
    });
    await this.dispatches.enqueue(batch, ready, {
      sizes: { object: this.config.objectsPerMessage, link: this.config.linksPerMessage },
      fillWaitMs: this.config.fillWaitMs,
    });
  }
}

function toWaves({ failed, completed }: EndedObjects): Waves | null {
  if (failed.length + completed.length === 0) return null;
  return { failed: { parents: failed, afterLink: 0 }, complete: { parents: completed, afterLink: 0 } };
}

function pushTo(groups: Map<number, number[]>, key: number, value: number): void {
  const group = groups.get(key);
  if (group) group.push(value);
  else groups.set(key, [value]);
}
