import { returnSync } from '@lockstep/contracts';
import { Outbox } from '@lockstep/messaging';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Job, type JobType, jobColumns, RETURN_JOB, type RunTrigger } from './job.js';
import { RunHistory } from './run-history.js';

/** Who claims, and what for. */
export interface Claim {
  readonly runId: string;
  readonly trigger: RunTrigger;
  readonly owner: string;
  readonly leaseMs: number;
  readonly requestedBy: string | null;
  /** Only once in each period of so many seconds, by the database's clock. @default whenever asked */
  readonly everySeconds?: number;
}

/** A job that ends with its run. */
export interface OwnJob {
  readonly jobType: Exclude<JobType, typeof RETURN_JOB>;
  readonly request: object;
  readonly syncIdentifier?: string | null;
}

/** Claims of jobs. Each writes the job's row, its run and the message that starts it in the caller's transaction. */
@Injectable()
export class ClaimStore {
  constructor(
    private readonly outbox: Outbox,
    private readonly history: RunHistory,
  ) {}

  /** Makes the job's row when there is none; it has no base before its first full load. */
  async ensureJob(manager: EntityManager): Promise<void> {
    await manager.query(
      `INSERT INTO order_return_algolia_sync (job_type) VALUES ($1)
       ON CONFLICT (job_type) WHERE job_type = '${RETURN_JOB}' DO NOTHING`,
      [RETURN_JOB],
    );
  }

  /** 0 to 1, for one of however many ask at once. */
  async claim(manager: EntityManager, claim: Claim): Promise<Job | undefined> {
    const [job]: Job[] = await manager.query(CLAIM_SQL, [
      RETURN_JOB,
      claim.runId,
      claim.owner,
      claim.leaseMs,
      claim.everySeconds ?? null,
      claim.trigger,
      claim.requestedBy,
    ]);
    if (job) await this.announce(manager, job, `claimed by ${claim.owner}`);
    return job;
  }

  /** A job of its own, claimed from its beginning. */
  async create(manager: EntityManager, { jobType, request, syncIdentifier }: OwnJob, claim: Claim): Promise<Job> {
    const [job]: Job[] = await manager.query(CREATE_SQL, [
      jobType,
      claim.runId,
      claim.owner,
      claim.leaseMs,
      claim.trigger,
      claim.requestedBy,
      JSON.stringify(request),
      syncIdentifier ?? null,
    ]);
    await this.announce(manager, job as Job, `claimed by ${claim.owner}`);
    return job as Job;
  }

  /** Sends the message that has the claimed job planned. */
  async announce(manager: EntityManager, job: Job, text: string): Promise<void> {
    await this.outbox.add(manager, returnSync, {
      id: job.id,
      jobType: job.jobType,
      status: job.status,
      startDate: job.dateRangeStart?.toISOString() ?? null,
      endDate: job.dateRangeEnd?.toISOString() ?? null,
      isHistoricSync: job.isHistoric,
      syncIdentifier: job.syncIdentifier,
      createdAt: job.createdAt.toISOString(),
      runId: job.runId as string,
      leaseToken: job.leaseToken,
    });
    await this.history.append(manager, job.runId as string, text);
  }
}

/** The beginning of the period that is now, in seconds since 1970. */
const PERIOD = 'floor(extract(epoch FROM clock_timestamp()) / $5::int)::bigint * $5::int';

const CLAIM_SQL = `
  WITH claimed AS (
    UPDATE order_return_algolia_sync j
    SET status = 1, run_id = $2, lease_token = j.lease_token + 1, lease_owner = $3,
      lease_expires_at = clock_timestamp() + $4 * interval '1 millisecond', heartbeat_at = clock_timestamp(),
      attempt = 1, last_tick = CASE WHEN $5::int IS NULL THEN j.last_tick ELSE ${PERIOD} END,
      updated_at = clock_timestamp()
    WHERE j.id = (
        SELECT n.id FROM order_return_algolia_sync n WHERE n.job_type = $1
        ORDER BY n.created_at DESC, n.id DESC LIMIT 1 FOR UPDATE)
      AND j.status = 0 AND j.enabled AND ($5::int IS NULL OR j.last_tick IS NULL OR j.last_tick < ${PERIOD})
    RETURNING j.*
  ), run AS (
    INSERT INTO return_sync_run (id, job_id, job_type, trigger, state, requested_by)
    SELECT run_id, id, job_type, $6, 'QUEUED', $7 FROM claimed
  )
  SELECT ${jobColumns('claimed')} FROM claimed`;

const CREATE_SQL = `
  WITH claimed AS (
    INSERT INTO order_return_algolia_sync (job_type, status, run_id, lease_token, lease_owner, lease_expires_at,
      heartbeat_at, attempt, is_historic, sync_identifier)
    VALUES ($1, 1, $2, 1, $3, clock_timestamp() + $4 * interval '1 millisecond', clock_timestamp(), 1,
      $1 = 'RETURN_HISTORIC_JOB', $8)
    RETURNING *
  ), run AS (
    INSERT INTO return_sync_run (id, job_id, job_type, trigger, state, requested_by, request)
    SELECT run_id, id, job_type, $5, 'QUEUED', $6, $7::jsonb FROM claimed
  )
  SELECT ${jobColumns('claimed')} FROM claimed`;
