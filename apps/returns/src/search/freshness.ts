import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** How far the index is behind the database. */
export interface SyncState {
  /** When the last window was completed. */
  readonly lastCompletedAt: string | null;
  /** Where it ended. */
  readonly dateRangeEnd: string | null;
  /** 0 idle, 1 claimed, 2 being processed; null before the first window. */
  readonly status: number | null;
  /** Since the end of the last completed window. */
  readonly lagSeconds: number | null;
  /** Returns that changed since; at most 10,000 are counted. */
  readonly pendingChanges: number | null;
  /** Nobody has completed a window for so long that somebody should look. */
  readonly stale: boolean;
}

/** Three windows of 15 minutes. */
const STALE_AFTER_SECONDS = 2_700;
/** A search is not to cost a count each time. */
const REMEMBERED_MS = 1_000;
const UNKNOWN: SyncState = {
  lastCompletedAt: null,
  dateRangeEnd: null,
  status: null,
  lagSeconds: null,
  pendingChanges: null,
  stale: true,
};

/** Says with each answer how old it may be. Remembers what it has read for a second. */
@Injectable()
export class Freshness {
  private readAt = Number.NEGATIVE_INFINITY;
  private state: Promise<SyncState> = Promise.resolve(UNKNOWN);

  constructor(private readonly dataSource: DataSource) {}

  read(): Promise<SyncState> {
    if (performance.now() - this.readAt < REMEMBERED_MS) return this.state;
    this.readAt = performance.now();
    this.state = this.load();
    return this.state;
  }

  private async load(): Promise<SyncState> {
    const [row]: Omit<SyncState, 'stale'>[] = await this.dataSource.query(SQL);
    if (!row) return UNKNOWN;
    const { lagSeconds } = row;
    return { ...row, stale: lagSeconds === null || lagSeconds > STALE_AFTER_SECONDS };
  }
}

const instant = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const SQL = `
  SELECT ${instant("(SELECT max(r.ended_at) FROM return_sync_run r WHERE r.job_id = j.id AND r.state LIKE 'COMPLETED%')")}
           AS "lastCompletedAt",
         ${instant('j.date_range_end')} AS "dateRangeEnd", j.status,
         extract(epoch FROM clock_timestamp() - j.date_range_end)::float8 AS "lagSeconds",
         (SELECT count(DISTINCT pending.return_id)::int FROM (
            SELECT c.return_id FROM return_change c
            WHERE c.xid >= pg_snapshot_xmin(j.snapshot_end) AND NOT pg_visible_in_snapshot(c.xid, j.snapshot_end)
            LIMIT 10000) pending) AS "pendingChanges"
  FROM order_return_algolia_sync j WHERE j.job_type = 'RETURN_JOB' ORDER BY j.created_at DESC LIMIT 1`;
