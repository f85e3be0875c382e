import { Injectable } from '@nestjs/common';
import { OBJECT_STATUSES } from '../statuses.js';
import type { StatusCounts, StoredBatch } from './batch.js';
import { BlockerStore } from './blocker.store.js';
import { type PendingLinkAnswer, type PendingObjectAnswer, toLinkAnswer, toObjectAnswer } from './item.answer.js';
import { ItemStore, type LinkFilter, type ObjectFilter } from './item.store.js';
import type { ItemNames } from './item-names.js';

const PROCESSING = OBJECT_STATUSES.indexOf('processing');
const BLOCKED = OBJECT_STATUSES.indexOf('blocked');

/** Pages of objects and links with what they wait for, and what blocks them. */
@Injectable()
export class ItemLists {
  constructor(
    private readonly items: ItemStore,
    private readonly blockers: BlockerStore,
  ) {}

  async objects(
    batch: StoredBatch,
    names: ItemNames,
    filter: ObjectFilter,
    limit: number,
    offset: number,
  ): Promise<{ items: PendingObjectAnswer[]; total: number }> {
    const items = await this.items.objects(batch.id, filter, limit, offset);
    // Counters are kept: only what they do not tell is counted over what may be millions of rows.
    const isKept = filter.objectType === null && filter.reference === null;
    const status = filter.status === null ? null : (OBJECT_STATUSES[filter.status] as string);
    const total = isKept ? countOf(batch.objects, status) : await this.items.countObjects(batch.id, filter);
    const having = (status: number) => items.filter((each) => each.status === status).map(({ objNo }) => objNo);
    const waitingFor = await this.blockers.waitingFor(batch.id, having(PROCESSING));
    const blockedBy = await this.blockers.blockedBy(batch.id, having(BLOCKED));
    const context = { batchId: batch.id, names, files: batch.files, waitingFor, blockedBy };
    return { items: items.map((row) => toObjectAnswer(row, context)), total };
  }

  async links(
    batch: StoredBatch,
    names: ItemNames,
    filter: LinkFilter,
    limit: number,
    offset: number,
  ): Promise<{ items: PendingLinkAnswer[]; total: number }> {
    const items = await this.items.links(batch.id, filter, limit, offset);
    const total =
      filter.tag === null ? countOf(batch.links, filter.status) : await this.items.countLinks(batch.id, filter);
    const ends = await this.blockers.name(batch.id, [
      ...new Set(items.flatMap(({ childNo, parentNo }) => [childNo, parentNo])),
    ]);
    const blocked = [...ends.values()].filter(({ status }) => status === BLOCKED).map(({ objNo }) => objNo);
    const blockedBy = await this.blockers.blockedBy(batch.id, blocked);
    const context = { batchId: batch.id, names, files: batch.files, waitingFor: new Map(), blockedBy };
    return { items: items.map((row) => toLinkAnswer(row, ends, context)), total };
  }
}

/** All of them, or those of one status. */
function countOf(counts: StatusCounts, status: string | null): number {
  if (status !== null) return counts[status] ?? 0;
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
