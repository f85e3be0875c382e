import { inTransaction, plannedEachTime } from '@lockstep/database';
import { WokenLoop } from '@lockstep/messaging';
import { failpoint } from '@lockstep/service';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { QueueTime } from '../queue/queue-time.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { ofKindSql, toConditions } from './item-conditions.js';
import { ItemLists } from './item-lists.js';
import { moveItems } from './item-moves.js';
import type { ItemFilter } from './items.query.js';
import { type ClaimedRun, REQUEUE_CHANNEL, RequeueRunStore } from './requeue-run.store.js';

/** Items of one transaction. */
const PART_SIZE = 100;
/** A lost notification is not noticed for so long. */
const IDLE_MS = 30_000;

/** What an operator's retry is not refused for. */
const RETRIABLE_SQL = `(i.indexed_status = 'failed' OR (i.indexed_status = 'delayed' AND i.reason NOT IN ('stock_hold', 'paused'))
  OR (i.indexed_status = 'blocked' AND i.reason IN ('bad_response', 'src_id_conflict')))`;

/**
 * Tries many items again, some at a time: items and the progress of the run leave in one transaction, so that a run goes on
 * after a crash where it was, and takes no item twice.
 */
@Injectable()
export class BulkRequeue implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(BulkRequeue.name);
  private loop: WokenLoop | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly runs: RequeueRunStore,
    private readonly lists: ItemLists,
    private readonly settings: ShopSettings,
    private readonly time: QueueTime,
  ) {}

  onApplicationBootstrap(): void {
    this.loop = new WokenLoop({
      dataSource: this.dataSource,
      channel: REQUEUE_CHANNEL,
      turn: () => this.turn(),
      onFailed: (error) => this.logger.warn(`Items could not be requeued: ${String(error)}`),
      backoff: { firstMs: 500, maxMs: 30_000 },
    });
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop?.stop();
  }

  /** Items that the filter chooses and that can be tried again, counted up to the cap. */
  async countMatching(filter: ItemFilter, cap: number): Promise<number> {
    const { manager } = this.dataSource;
    const { chosen, values } = await this.conditions(manager, filter);
    const [row]: { count: number }[] = await manager.query(
      plannedEachTime(`SELECT count(*)::int AS count FROM (SELECT FROM ${chosen} LIMIT ${cap}) AS chosen`),
      [...values],
    );
    return row?.count ?? 0;
  }

  private async turn(): Promise<number> {
    const hasWorked = await inTransaction(this.dataSource, async (manager) => {
      const run = await this.runs.claim(manager);
      if (!run) return false;
      await this.requeuePart(manager, run);
      failpoint('shop-update.requeue.part');
      return true;
    });
    if (hasWorked) failpoint('shop-update.requeue.parted');
    return hasWorked ? 0 : Math.min(IDLE_MS, (await this.runs.nextDueMs()) ?? IDLE_MS);
  }

  private async requeuePart(manager: EntityManager, run: ClaimedRun): Promise<void> {
    const size = Math.min(PART_SIZE, run.ratePerSecond, run.cap - run.done);
    const { chosen, values } = await this.conditions(manager, run.filter);
    const rows: { id: number }[] = await manager.query(
      plannedEachTime(
        `SELECT i.id FROM ${chosen}
           AND i.id > $${values.length + 1} AND i.id <= $${values.length + 2} ORDER BY i.id LIMIT ${size}`,
      ),
      [...values, run.afterId, run.lastId],
    );
    const ids = rows.map(({ id }) => id);
    const settings = await this.settings.current(manager);
    const moves = await moveItems(manager, 'retry', ids, { settings, now: await this.time.now(manager) });
    const requeued = moves.filter(({ decision }) => decision.kind !== 'refused').length;
    await this.runs.advance(manager, run, {
      afterId: ids.at(-1) ?? run.lastId,
      requeued,
      skipped: ids.length - requeued,
      waitMs: (ids.length * 1_000) / run.ratePerSecond,
      isLast: ids.length < size || run.done + ids.length >= run.cap,
    });
  }

  private async conditions(
    manager: EntityManager,
    filter: ItemFilter,
  ): Promise<{ readonly chosen: string; readonly values: readonly unknown[] }> {
    const settings = await this.settings.current(manager);
    const conditions = toConditions(filter, this.lists.factsOf(settings));
    const { source, moments, where, values } = conditions;
    const all = [ofKindSql(conditions), 'i.finished_at IS NULL', RETRIABLE_SQL, ...moments, ...where];
    return { chosen: `${source} i WHERE ${all.join(' AND ')}`, values };
  }
}
