import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { PresentMoment, Selection, Window } from './window.js';

/** A run as its planning needs it. */
export interface PlannedRun {
  readonly id: string;
  readonly request: Readonly<Record<string, unknown>> | null;
  readonly isPaused: boolean;
}

/** What the planning of a run reads and writes. */
@Injectable()
export class PlanningStore {
  /**
   * The moment at which a window ends. Whatever is selected in a later statement of the transaction sees at least what this
   * snapshot sees.
   */
  async presentMoment(manager: EntityManager, baseSnapshot: string | null): Promise<PresentMoment> {
    const [row]: PresentMoment[] = await manager.query(
      `SELECT pg_current_snapshot()::text AS snapshot, clock_timestamp() AS now,
         (SELECT system_identifier::text FROM pg_control_system()) AS "systemIdentifier",
         left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline,
         ${oldestWriterSql} AS "oldestWriterSince",
         coalesce(pg_snapshot_xmax(pg_current_snapshot()) < pg_snapshot_xmax($1::pg_snapshot), false) AS "isBehindBase"`,
      [baseSnapshot],
    );
    return row as PresentMoment;
  }

  async startPlanning(manager: EntityManager, runId: string): Promise<PlannedRun> {
    const [row]: PlannedRun[] = await manager.query(
      `WITH run AS (
         UPDATE return_sync_run SET state = 'PLANNING', started_at = coalesce(started_at, clock_timestamp())
         WHERE id = $1 RETURNING id, request, is_paused)
       SELECT id, request, is_paused AS "isPaused" FROM run`,
      [runId],
    );
    return row as PlannedRun;
  }

  /** What the run becomes the base of, once it is done. */
  async setWindow(
    manager: EntityManager,
    runId: string,
    window: Window,
    from: string | null,
    present: PresentMoment,
  ): Promise<void> {
    await manager.query(
      `UPDATE return_sync_run SET date_range_start = $2, date_range_end = $3, snapshot_start = $4::pg_snapshot,
         snapshot_end = $5::pg_snapshot, system_identifier = $6, timeline = $7,
         trigger = CASE WHEN $8 THEN 'reconcile' ELSE trigger END WHERE id = $1`,
      [
        runId,
        window.dateRangeStart,
        window.dateRangeEnd,
        from,
        present.snapshot,
        present.systemIdentifier,
        present.timeline,
        window.selection.kind === 'all' && window.selection.why === 'otherDatabase',
      ],
    );
  }

  /** Freezes the returns of a window into pages; answers how many returns there are. */
  freezeSelection(manager: EntityManager, runId: string, pageSize: number, selection: Selection): Promise<number> {
    const { sql, parameters } = selectionSql(selection);
    return this.freeze(manager, runId, pageSize, sql, parameters);
  }

  /** Those created in a time, by the source's word; tombstones included. */
  freezeCreated(manager: EntityManager, runId: string, pageSize: number, from: Date, to: Date): Promise<number> {
    const sql = 'SELECT id FROM order_return WHERE created_at >= $3 AND created_at < $4';
    return this.freeze(manager, runId, pageSize, sql, [from, to]);
  }

  freezeIds(manager: EntityManager, runId: string, pageSize: number, ids: readonly number[]): Promise<number> {
    return this.freeze(manager, runId, pageSize, 'SELECT unnest($3::bigint[]) AS id', [ids]);
  }

  /** One page a bucket: what is to be written is known once it was compared. */
  async freezeBuckets(manager: EntityManager, runId: string, buckets: readonly number[]): Promise<void> {
    await manager.query(
      `INSERT INTO return_sync_page (run_id, page_no, ids, bucket)
       SELECT $1, row_number() OVER (ORDER BY b), '{}', b FROM unnest($2::smallint[]) AS b`,
      [runId, buckets],
    );
  }

  private async freeze(
    manager: EntityManager,
    runId: string,
    pageSize: number,
    sql: string,
    parameters: readonly unknown[],
  ): Promise<number> {
    const [row]: { selected: number }[] = await manager.query(
      `WITH numbered AS (
         SELECT id, (row_number() OVER (ORDER BY id) - 1) / $2::int + 1 AS page_no
         FROM (SELECT DISTINCT id FROM (${sql}) chosen (id)) returns
       ), pages AS (
         INSERT INTO return_sync_page (run_id, page_no, ids)
         SELECT $1, page_no, array_agg(id ORDER BY id) FROM numbered GROUP BY page_no RETURNING cardinality(ids) AS size
       ), run AS (
         UPDATE return_sync_run SET selected = (SELECT coalesce(sum(size), 0) FROM pages) WHERE id = $1 RETURNING selected
       )
       SELECT selected FROM run`,
      [runId, pageSize, ...parameters],
    );
    return row?.selected ?? 0;
  }
}

/** When the oldest transaction of this database began that has written, other than this one; prepared ones are nobody's connection. */
export const oldestWriterSql = `(
  SELECT min(since) FROM (
    SELECT xact_start AS since FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database()
    UNION ALL SELECT prepared FROM pg_prepared_xacts WHERE database = current_database()) writers)`;

// Ids that no window selects by themselves: rows that were taken away by hand.
const EVERYTHING = 'SELECT id FROM order_return UNION ALL SELECT return_id FROM return_grave';

/** What was committed between two snapshots is seen by the later and not by the earlier. */
const BETWEEN = `
  SELECT return_id FROM return_change
  WHERE xid >= pg_snapshot_xmin($3::pg_snapshot) AND xid < pg_snapshot_xmax($4::pg_snapshot)
    AND NOT pg_visible_in_snapshot(xid, $3::pg_snapshot) AND pg_visible_in_snapshot(xid, $4::pg_snapshot)`;

const STAMPED = 'SELECT id FROM order_return WHERE updated_at >= $3 AND updated_at < $4';

function selectionSql(selection: Selection): { sql: string; parameters: readonly unknown[] } {
  if (selection.kind === 'all') return { sql: EVERYTHING, parameters: [] };
  const sql = selection.kind === 'between' ? BETWEEN : STAMPED;
  return { sql, parameters: [selection.from, selection.to] };
}
