import { returnSyncProcessing } from '@lockstep/contracts';
import { Outbox } from '@lockstep/messaging';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { PageEnd } from './decide-page.js';
import { type Job, RETURN_JOB } from './job.js';
import type { Held } from './job.store.js';

/** A page in hand. */
export interface ClaimedPage extends Held {
  readonly pageNo: number;
  /** What is to be written; of a page of a verification that was not compared yet, nothing. */
  readonly ids: readonly number[];
  /** Of a page of a verification: to be compared first. */
  readonly bucket: number | null;
  readonly attempt: number;
}

/** `fenced`: its message is of a run that was taken over or has ended. `paused`: it is sent again when the run goes on. */
export type PageClaim =
  | { readonly kind: 'claimed'; readonly page: ClaimedPage }
  | { readonly kind: 'fenced' | 'paused' | 'done' | 'inHand' };

/** Messages of a window's pages on their way at the same time: a full load must not fill the queue. */
const WINDOW_PAGES_SENT = 64;
/** Of any other run: a window's pages wait behind these at most. */
const BACKGROUND_PAGES_SENT = 2;

/** Pages of runs: what each is to write, who has it in hand, what came of it. */
@Injectable()
export class PageStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
  ) {}

  /** Takes a page in hand when it is not done and nobody else has it. Lets the run live on for another lease. */
  async claim(held: Held, pageNo: number, owner: string, leaseMs: number): Promise<PageClaim> {
    const { runId, leaseToken } = held;
    const [row]: PageRow[] = await this.dataSource.query(CLAIM_SQL, [runId, leaseToken, pageNo, owner, leaseMs]);
    if (!row?.isHeld) return { kind: 'fenced' };
    if (row.isPaused) return { kind: 'paused' };
    if (row.attempt === null) return { kind: row.isDone ? 'done' : 'inHand' };
    return {
      kind: 'claimed',
      page: { runId, leaseToken, pageNo, ids: row.ids ?? [], bucket: row.bucket, attempt: row.attempt },
    };
  }

  /** Stores what came of a page; false when it is no longer in this hand. */
  async settle(manager: EntityManager, page: ClaimedPage, end: PageEnd): Promise<boolean> {
    const { counts, left } = end;
    const rows: unknown[] = await manager.query(
      `WITH page AS (
         UPDATE return_sync_page SET state = CASE WHEN cardinality($4::bigint[]) = 0 THEN 2 ELSE 0 END,
           left_ids = CASE WHEN cardinality($4::bigint[]) = 0 THEN NULL ELSE $4::bigint[] END, claimed_until = NULL,
           outcome = jsonb_build_object(
             'indexed', coalesce((outcome->>'indexed')::int, 0) + $5, 'noop', coalesce((outcome->>'noop')::int, 0) + $6,
             'tombstoned', coalesce((outcome->>'tombstoned')::int, 0) + $7,
             'failed', coalesce((outcome->>'failed')::int, 0) + $8)
         WHERE run_id = $1 AND page_no = $2 AND token = $3 AND state = 1 RETURNING run_id),
       run AS (
         UPDATE return_sync_run SET indexed = indexed + $5, noop = noop + $6, tombstoned = tombstoned + $7,
           failed = failed + $8 WHERE id IN (SELECT run_id FROM page))
       SELECT FROM page`,
      [page.runId, page.pageNo, page.leaseToken, left, counts.indexed, counts.noop, counts.tombstoned, counts.failed],
    );
    if (rows.length === 0) return false;
    await this.park(manager, page, end);
    return true;
  }

  /** Gives a page back that nothing was done for; an attempt counts unless an engine was away. */
  async letGo({ runId, leaseToken, pageNo }: ClaimedPage, countsAsAttempt: boolean): Promise<void> {
    await this.dataSource.query(
      `UPDATE return_sync_page SET state = 0, claimed_until = NULL, attempt = attempt - CASE WHEN $4 THEN 0 ELSE 1 END
       WHERE run_id = $1 AND page_no = $2 AND token = $3 AND state = 1`,
      [runId, pageNo, leaseToken, countsAsAttempt],
    );
  }

  /** Freezes what a page of a verification is to write, once its bucket was compared. */
  async freeze(manager: EntityManager, page: ClaimedPage, ids: readonly number[]): Promise<boolean> {
    const rows: unknown[] = await manager.query(
      `WITH page AS (
         UPDATE return_sync_page SET ids = $4, bucket = NULL
         WHERE run_id = $1 AND page_no = $2 AND token = $3 AND state = 1 RETURNING run_id),
       run AS (
         UPDATE return_sync_run SET selected = selected + cardinality($4::bigint[])
         WHERE id IN (SELECT run_id FROM page))
       SELECT FROM page`,
      [page.runId, page.pageNo, page.leaseToken, ids],
    );
    return rows.length > 0;
  }

  /** Sends the next pages, as many as may be on their way at the same time. */
  async sendNext(manager: EntityManager, job: Pick<Job, 'jobType' | 'runId' | 'leaseToken'>): Promise<void> {
    const atOnce = job.jobType === RETURN_JOB ? WINDOW_PAGES_SENT : BACKGROUND_PAGES_SENT;
    const pages: { pageNo: number }[] = await manager.query(SEND_SQL, [job.runId, atOnce]);
    const { runId, leaseToken } = job as Held;
    await this.outbox.addAll(
      manager,
      returnSyncProcessing,
      pages.map(({ pageNo }) => ({ payload: { runId, leaseToken, pageNo } })),
    );
  }

  /** Forgets who had open pages in hand and which were sent: the messages on their way have an old token. */
  async reopen(manager: EntityManager, runId: string): Promise<{ open: number; total: number }> {
    await manager.query(
      `UPDATE return_sync_page SET state = 0, is_sent = false, claimed_until = NULL WHERE run_id = $1 AND state < 2`,
      [runId],
    );
    const [row]: { open: number; total: number }[] = await manager.query(
      `SELECT count(*) FILTER (WHERE state < 2)::int AS open, count(*)::int AS total
       FROM return_sync_page WHERE run_id = $1`,
      [runId],
    );
    return row ?? { open: 0, total: 0 };
  }

  private async park(manager: EntityManager, { runId, attempt }: ClaimedPage, { dead, good }: PageEnd): Promise<void> {
    await manager.query('DELETE FROM return_sync_dead_item WHERE return_id = ANY ($1::bigint[])', [good]);
    if (dead.length === 0) return;
    await manager.query(
      `INSERT INTO return_sync_dead_item AS d (return_id, run_id, reason, attempts)
       SELECT s.id, $1, s.reason, $2 FROM unnest($3::bigint[], $4::text[]) AS s (id, reason) ORDER BY s.id
       ON CONFLICT (return_id) DO UPDATE SET run_id = excluded.run_id, reason = excluded.reason,
         attempts = d.attempts + excluded.attempts, at = clock_timestamp()`,
      [runId, attempt, dead.map(({ returnId }) => returnId), dead.map(({ reason }) => reason)],
    );
  }
}

interface PageRow {
  isHeld: boolean;
  isPaused: boolean;
  isDone: boolean;
  ids: number[] | null;
  bucket: number | null;
  attempt: number | null;
}

// What a page was before is read from the statement's snapshot, beside what the update made of it.
const CLAIM_SQL = `
  WITH job AS (
    UPDATE order_return_algolia_sync j SET heartbeat_at = clock_timestamp(), lease_owner = $4,
      lease_expires_at = clock_timestamp() + $5 * interval '1 millisecond'
    FROM return_sync_run r
    WHERE j.run_id = $1 AND j.lease_token = $2 AND j.status = 2 AND r.id = j.run_id
    RETURNING r.is_paused
  ), unsent AS (
    UPDATE return_sync_page SET is_sent = false
    WHERE run_id = $1 AND page_no = $3 AND state = 0 AND (SELECT is_paused FROM job)
  ), page AS (
    UPDATE return_sync_page
    SET state = 1, token = $2, attempt = attempt + 1,
      claimed_until = clock_timestamp() + $5 * interval '1 millisecond'
    WHERE run_id = $1 AND page_no = $3 AND (SELECT NOT is_paused FROM job)
      AND (state = 0 OR (state = 1 AND (token <> $2 OR claimed_until < clock_timestamp())))
    RETURNING to_json(coalesce(left_ids, ids)) AS ids, bucket, attempt
  )
  SELECT EXISTS (SELECT FROM job) AS "isHeld", coalesce((SELECT is_paused FROM job), false) AS "isPaused",
    EXISTS (SELECT FROM return_sync_page WHERE run_id = $1 AND page_no = $3 AND state = 2) AS "isDone",
    (SELECT ids FROM page) AS ids, (SELECT bucket FROM page) AS bucket, (SELECT attempt FROM page) AS attempt`;

const SEND_SQL = `
  WITH sent AS (
    UPDATE return_sync_page SET is_sent = true
    WHERE run_id = $1 AND page_no IN (
      SELECT page_no FROM return_sync_page WHERE run_id = $1 AND state < 2 AND NOT is_sent ORDER BY page_no
      LIMIT greatest(0, $2 - (SELECT count(*) FROM return_sync_page WHERE run_id = $1 AND state < 2 AND is_sent)))
    RETURNING page_no
  )
  SELECT page_no AS "pageNo" FROM sent ORDER BY page_no`;
