import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type Job, jobColumns, RETURN_JOB, type RunState } from './job.js';

/** A run at work under a token. */
export interface Held {
  readonly runId: string;
  readonly leaseToken: number;
}

/** Rows of jobs after their claim: each method is one statement whose conditions say who may. */
@Injectable()
export class JobStore {
  constructor(private readonly dataSource: DataSource) {}

  /** The newest of its type. */
  async newest(jobType: string = RETURN_JOB): Promise<Job | undefined> {
    const [job]: Job[] = await this.dataSource.query(
      `SELECT ${jobColumns('j')} FROM order_return_algolia_sync j WHERE j.job_type = $1
       ORDER BY j.created_at DESC, j.id DESC LIMIT 1`,
      [jobType],
    );
    return job;
  }

  async ofRun(manager: EntityManager, runId: string): Promise<Job | undefined> {
    const [job]: Job[] = await manager.query(
      `SELECT ${jobColumns('j')} FROM order_return_algolia_sync j WHERE j.run_id = $1`,
      [runId],
    );
    return job;
  }

  /** Holds the row until the transaction ends; undefined when the token has lost it, or its run has ended. */
  async hold(manager: EntityManager, { runId, leaseToken }: Held): Promise<Job | undefined> {
    const [job]: Job[] = await manager.query(
      `SELECT ${jobColumns('j')} FROM order_return_algolia_sync j
       WHERE j.run_id = $1 AND j.lease_token = $2 AND j.status > 0 FOR NO KEY UPDATE`,
      [runId, leaseToken],
    );
    return job;
  }

  /** As {@link hold}, when the run has got further: it counts as begun anew, and has its whole lease before it. */
  async progress(manager: EntityManager, { runId, leaseToken }: Held, leaseMs: number): Promise<Job | undefined> {
    const [job]: Job[] = await manager.query(
      `WITH held AS (
         UPDATE order_return_algolia_sync SET attempt = 1, heartbeat_at = clock_timestamp(),
           lease_expires_at = clock_timestamp() + $3 * interval '1 millisecond', updated_at = clock_timestamp()
         WHERE run_id = $1 AND lease_token = $2 AND status = 2 RETURNING *)
       SELECT ${jobColumns('held')} FROM held`,
      [runId, leaseToken, leaseMs],
    );
    return job;
  }

  async isPaused(manager: EntityManager, runId: string): Promise<boolean> {
    return hasRow(await manager.query('SELECT FROM return_sync_run WHERE id = $1 AND is_paused', [runId]));
  }

  /** 1 to 2. */
  async setProcessing(manager: EntityManager, { runId, leaseToken }: Held, leaseMs: number): Promise<boolean> {
    return hasRow(
      await manager.query(
        `WITH planned AS (
           UPDATE order_return_algolia_sync SET status = 2, heartbeat_at = clock_timestamp(),
             lease_expires_at = clock_timestamp() + $3 * interval '1 millisecond', updated_at = clock_timestamp()
           WHERE run_id = $1 AND lease_token = $2 AND status = 1 RETURNING run_id),
         run AS (
           UPDATE return_sync_run SET state = 'PROCESSING' WHERE id IN (SELECT run_id FROM planned))
         SELECT FROM planned`,
        [runId, leaseToken, leaseMs],
      ),
    );
  }

  /** 2 to 0 once every page is done; the window becomes the base of the next one. False while a page is open. */
  async finish(manager: EntityManager, { runId, leaseToken }: Held): Promise<boolean> {
    return hasRow(await manager.query(FINISH_SQL, [runId, leaseToken]));
  }

  /** Runs whose worker is gone, the longest gone first. */
  async findExpired(limit: number): Promise<Job[]> {
    return this.dataSource.query(
      `SELECT ${jobColumns('j')} FROM order_return_algolia_sync j JOIN return_sync_run r ON r.id = j.run_id
       WHERE j.status > 0 AND j.lease_expires_at < clock_timestamp() AND NOT r.is_paused
       ORDER BY j.lease_expires_at LIMIT $1`,
      [limit],
    );
  }

  /** Takes over a run whose lease has run out; its former holder's token is worth nothing from here. */
  async takeOver(
    manager: EntityManager,
    { id, leaseToken }: Job,
    owner: string,
    leaseMs: number,
  ): Promise<Job | undefined> {
    const [job]: Job[] = await manager.query(
      `WITH taken AS (
         UPDATE order_return_algolia_sync SET lease_token = lease_token + 1, attempt = attempt + 1, lease_owner = $3,
           lease_expires_at = clock_timestamp() + $4 * interval '1 millisecond', heartbeat_at = clock_timestamp(),
           updated_at = clock_timestamp()
         WHERE id = $1 AND lease_token = $2 AND status > 0 AND lease_expires_at < clock_timestamp() RETURNING *)
       SELECT ${jobColumns('taken')} FROM taken`,
      [id, leaseToken, owner, leaseMs],
    );
    return job;
  }

  /** Any state to 0 without a new base: given up, unlocked or cancelled. False when the token has lost the job. */
  async release(manager: EntityManager, { runId, leaseToken }: Held, state: RunState, error: string): Promise<boolean> {
    return hasRow(
      await manager.query(
        `WITH released AS (
           UPDATE order_return_algolia_sync SET status = 0, lease_token = lease_token + 1, lease_owner = NULL,
             lease_expires_at = NULL, attempt = 0, last_error = $4, updated_at = clock_timestamp()
           WHERE run_id = $1 AND lease_token = $2 AND status > 0 RETURNING run_id),
         run AS (
           UPDATE return_sync_run SET state = $3, error = $4, is_paused = false, ended_at = clock_timestamp()
           WHERE id IN (SELECT run_id FROM released))
         SELECT FROM released`,
        [runId, leaseToken, state, error],
      ),
    );
  }
}

function hasRow(rows: readonly unknown[]): boolean {
  return rows.length > 0;
}

// A run without a snapshot of its own (historic, resync, verify) leaves the base alone.
const FINISH_SQL = `
  WITH finished AS (
    UPDATE order_return_algolia_sync j
    SET status = 0, lease_owner = NULL, lease_expires_at = NULL, attempt = 0, last_error = NULL,
      updated_at = clock_timestamp(),
      date_range_start = CASE WHEN r.snapshot_end IS NULL THEN j.date_range_start ELSE r.date_range_start END,
      date_range_end = coalesce(r.date_range_end, j.date_range_end),
      snapshot_start = CASE WHEN r.snapshot_end IS NULL THEN j.snapshot_start ELSE r.snapshot_start END,
      snapshot_end = coalesce(r.snapshot_end, j.snapshot_end),
      system_identifier = coalesce(r.system_identifier, j.system_identifier),
      timeline = coalesce(r.timeline, j.timeline)
    FROM return_sync_run r
    WHERE j.run_id = $1 AND j.lease_token = $2 AND j.status = 2 AND r.id = j.run_id
      AND NOT EXISTS (SELECT FROM return_sync_page p WHERE p.run_id = $1 AND p.state < 2)
    RETURNING j.run_id
  ), run AS (
    UPDATE return_sync_run SET ended_at = clock_timestamp(),
      state = CASE WHEN failed > 0 THEN 'COMPLETED_WITH_ERRORS' ELSE 'COMPLETED' END
    WHERE id IN (SELECT run_id FROM finished)
  )
  SELECT FROM finished`;
