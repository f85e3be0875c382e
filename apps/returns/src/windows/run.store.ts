import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { JobType, RunState, RunTrigger } from './job.js';
import type { HistoryEntry } from './run-history.js';

/** A run as it is shown. */
export interface SyncRun {
  readonly runId: string;
  readonly jobType: JobType;
  readonly trigger: RunTrigger;
  readonly state: RunState;
  readonly isPaused: boolean;
  readonly requestedBy: string | null;
  readonly request: object | null;
  readonly dateRangeStart: Date | null;
  readonly dateRangeEnd: Date | null;
  readonly snapshotStart: string | null;
  readonly snapshotEnd: string | null;
  readonly selected: number;
  readonly indexed: number;
  readonly noop: number;
  readonly tombstoned: number;
  readonly failed: number;
  readonly pages: number;
  readonly pagesDone: number;
  readonly history: readonly HistoryEntry[];
  readonly error: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  /** When this was read, by the database's clock. */
  readonly readAt: Date;
}

/** A return that could not be written. */
export interface DeadReturn {
  readonly returnId: number;
  readonly runId: string;
  readonly reason: string;
  readonly attempts: number;
  readonly at: Date;
}

export interface RunFilter {
  readonly jobType?: string;
  readonly state?: string;
}

/** Runs as people look at them. */
@Injectable()
export class RunStore {
  constructor(private readonly dataSource: DataSource) {}

  async find(runId: string): Promise<SyncRun | undefined> {
    const [run]: SyncRun[] = await this.dataSource.query(`${RUN_SQL} WHERE r.id = $1`, [runId]);
    return run;
  }

  /** The newest first. */
  async list(filter: RunFilter, limit: number, offset: number): Promise<{ items: SyncRun[]; total: number }> {
    const where = 'WHERE ($1::text IS NULL OR r.job_type = $1) AND ($2::text IS NULL OR r.state = $2)';
    const parameters = [filter.jobType ?? null, filter.state ?? null];
    const items: SyncRun[] = await this.dataSource.query(
      `${RUN_SQL} ${where} ORDER BY r.created_at DESC, r.id LIMIT $3 OFFSET $4`,
      [...parameters, limit, offset],
    );
    const [count]: { total: number }[] = await this.dataSource.query(
      `SELECT count(*)::int AS total FROM return_sync_run r ${where}`,
      parameters,
    );
    return { items, total: count?.total ?? 0 };
  }

  async listDead(limit: number, offset: number): Promise<{ items: DeadReturn[]; total: number }> {
    const items: DeadReturn[] = await this.dataSource.query(
      `SELECT return_id AS "returnId", run_id AS "runId", reason, attempts, at FROM return_sync_dead_item
       ORDER BY at DESC, return_id LIMIT $1 OFFSET $2`,
      [limit, offset],
    );
    const [count]: { total: number }[] = await this.dataSource.query(
      'SELECT count(*)::int AS total FROM return_sync_dead_item',
    );
    return { items, total: count?.total ?? 0 };
  }

  /** Pauses or goes on with a run that has not ended; false when it already is, or has ended. */
  async setPaused(manager: EntityManager, runId: string, isPaused: boolean): Promise<boolean> {
    const rows: unknown[] = await manager.query(
      `WITH run AS (
         UPDATE return_sync_run SET is_paused = $2 WHERE id = $1 AND is_paused <> $2 AND ended_at IS NULL RETURNING id)
       SELECT FROM run`,
      [runId, isPaused],
    );
    return rows.length > 0;
  }
}

const RUN_SQL = `
  SELECT r.id AS "runId", r.job_type AS "jobType", r.trigger, r.state, r.is_paused AS "isPaused",
    r.requested_by AS "requestedBy", r.request, r.date_range_start AS "dateRangeStart",
    r.date_range_end AS "dateRangeEnd", r.snapshot_start::text AS "snapshotStart", r.snapshot_end::text AS "snapshotEnd",
    r.selected, r.indexed, r.noop, r.tombstoned, r.failed, p.pages, p.done AS "pagesDone", r.history, r.error,
    r.created_at AS "createdAt", r.started_at AS "startedAt", r.ended_at AS "endedAt", clock_timestamp() AS "readAt"
  FROM return_sync_run r
  CROSS JOIN LATERAL (
    SELECT count(*)::int AS pages, (count(*) FILTER (WHERE state = 2))::int AS done
    FROM return_sync_page WHERE run_id = r.id) p`;
