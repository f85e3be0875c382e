import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { ItemFilter } from './items.query.js';
import type { BulkRequeueBody, RequeueRunView } from './requeue-run.answer.js';

/** Notified when there is a new run. */
export const REQUEUE_CHANNEL = 'shop_update.requeue';

/** A run whose turn it is, locked. */
export interface ClaimedRun {
  readonly id: string;
  readonly filter: ItemFilter;
  readonly afterId: number;
  readonly lastId: number;
  readonly cap: number;
  readonly ratePerSecond: number;
  /** Items dealt with so far. */
  readonly done: number;
}

const instant = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const VIEW = `id, state, filter, matching, requeued, skipped, cap, rate_per_second AS "ratePerSecond",
  created_by AS "createdBy", ${instant('created_at')} AS "createdAt", ${instant('finished_at')} AS "finishedAt"`;

/** Requeues of many items. */
@Injectable()
export class RequeueRunStore {
  constructor(private readonly dataSource: DataSource) {}

  async create({ filter, cap, ratePerSecond }: BulkRequeueBody, matching: number, by: string): Promise<RequeueRunView> {
    const [row]: RequeueRunView[] = await this.dataSource.query(
      `WITH made AS (
         INSERT INTO requeue_run (filter, last_id, cap, rate_per_second, matching, created_by)
         SELECT $1, coalesce(max(id), 0), $2, $3, $4, $5 FROM sync_item RETURNING *),
       told AS (SELECT pg_notify('${REQUEUE_CHANNEL}', ''))
       SELECT ${VIEW} FROM made, told`,
      [JSON.stringify(filter), cap, ratePerSecond, matching, by],
    );
    return row!;
  }

  async find(id: string): Promise<RequeueRunView | undefined> {
    const [row]: RequeueRunView[] = await this.dataSource.query(`SELECT ${VIEW} FROM requeue_run WHERE id = $1`, [id]);
    return row;
  }

  async list(limit: number, offset: number): Promise<{ runs: RequeueRunView[]; total: number }> {
    const [runs, [count]] = await Promise.all([
      this.dataSource.query(`SELECT ${VIEW} FROM requeue_run ORDER BY created_at DESC, id LIMIT $1 OFFSET $2`, [
        limit,
        offset,
      ]) as Promise<RequeueRunView[]>,
      this.dataSource.query('SELECT count(*)::int AS total FROM requeue_run') as Promise<{ total: number }[]>,
    ]);
    return { runs, total: count?.total ?? 0 };
  }

  /** False when it has ended already. What was requeued stays so. */
  async cancel(id: string): Promise<boolean> {
    const [, count]: [unknown, number] = await this.dataSource.query(
      `UPDATE requeue_run SET state = 'cancelled', finished_at = clock_timestamp() WHERE id = $1 AND state = 'running'`,
      [id],
    );
    return count > 0;
  }

  /** The run that has waited longest for its next part; none while others hold them or none is due. */
  async claim(manager: EntityManager): Promise<ClaimedRun | undefined> {
    const [row]: ClaimedRun[] = await manager.query(
      `SELECT id, filter, after_id AS "afterId", last_id AS "lastId", cap, rate_per_second AS "ratePerSecond",
         requeued + skipped AS done
       FROM requeue_run WHERE state = 'running' AND next_at <= clock_timestamp()
       ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
    );
    return row;
  }

  /** Milliseconds until a run is due; undefined when none runs. */
  async nextDueMs(): Promise<number | undefined> {
    // Without HAVING, nothing to do would be 0 too: greatest passes over NULL.
    const [row]: { ms: number }[] = await this.dataSource.query(
      `SELECT greatest(0, extract(epoch FROM min(next_at) - clock_timestamp()) * 1000)::float8 AS ms
       FROM requeue_run WHERE state = 'running' HAVING min(next_at) IS NOT NULL`,
    );
    return row?.ms;
  }

  async advance(
    manager: EntityManager,
    run: ClaimedRun,
    part: { afterId: number; requeued: number; skipped: number; waitMs: number; isLast: boolean },
  ): Promise<void> {
    await manager.query(
      `UPDATE requeue_run SET after_id = $2, requeued = requeued + $3, skipped = skipped + $4,
         next_at = clock_timestamp() + $5 * interval '1 millisecond',
         state = CASE WHEN $6 THEN 'completed' ELSE state END,
         finished_at = CASE WHEN $6 THEN clock_timestamp() END
       WHERE id = $1`,
      [run.id, part.afterId, part.requeued, part.skipped, part.waitMs, part.isLast],
    );
  }
}
