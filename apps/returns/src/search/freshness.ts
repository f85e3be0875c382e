import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RETURN_JOB } from '../windows/job.js';
import { LagStore } from '../windows/lag.store.js';

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
  readonly pendingChanges: number;
  /** Nobody has completed a window for so long that somebody should look. */
  readonly stale: boolean;
}

/** Three windows of 15 minutes. */
const STALE_AFTER_SECONDS = 2_700;
/** A search is not to cost a count each time. */
const REMEMBERED_MS = 1_000;
/** Says with each answer how old it may be. Remembers what it has read for a second. */
@Injectable()
export class Freshness {
  private readAt = Number.NEGATIVE_INFINITY;
  private state: Promise<SyncState> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly lag: LagStore,
  ) {}

  read(): Promise<SyncState> {
    if (this.state && performance.now() - this.readAt < REMEMBERED_MS) return this.state;
    this.readAt = performance.now();
    this.state = this.load();
    return this.state;
  }

  private async load(): Promise<SyncState> {
    const { seconds: lagSeconds, pending: pendingChanges } = await this.lag.read();
    const [row]: Pick<SyncState, 'lastCompletedAt' | 'dateRangeEnd' | 'status'>[] = await this.dataSource.query(SQL, [
      RETURN_JOB,
    ]);
    return {
      ...(row ?? { lastCompletedAt: null, dateRangeEnd: null, status: null }),
      lagSeconds,
      pendingChanges,
      stale: lagSeconds === null || lagSeconds > STALE_AFTER_SECONDS,
    };
  }
}

const instant = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const LAST = `(SELECT max(r.ended_at) FROM return_sync_run r WHERE r.job_id = j.id AND r.state LIKE 'COMPLETED%')`;
const SQL = `
  SELECT ${instant(LAST)} AS "lastCompletedAt", ${instant('j.date_range_end')} AS "dateRangeEnd", j.status
  FROM order_return_algolia_sync j WHERE j.job_type = $1 ORDER BY j.created_at DESC LIMIT 1`;
