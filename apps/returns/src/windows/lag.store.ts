import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RETURN_JOB } from './job.js';

/** How far the index is behind. */
export interface Lag {
  /** Since the end of the last completed window; null before the first. */
  readonly seconds: number | null;
  /** Returns with changes that no completed window has brought, counted up to 10,000. */
  readonly pending: number;
}

/** Beyond this a count says nothing more, and costs. */
const PENDING_LIMIT = 10_000;

/** What is still to be indexed. */
@Injectable()
export class LagStore {
  constructor(private readonly dataSource: DataSource) {}

  async read(): Promise<Lag> {
    const [job]: { snapshot: string | null; seconds: number | null }[] = await this.dataSource.query(
      // Unknown must stay so: greatest() passes over NULL, and would say 0 of an index that was never filled.
      `SELECT snapshot_end::text AS snapshot, CASE WHEN date_range_end IS NOT NULL
         THEN greatest(0, extract(epoch FROM clock_timestamp() - date_range_end))::int END AS seconds
       FROM order_return_algolia_sync WHERE job_type = $1`,
      [RETURN_JOB],
    );
    const [row]: { pending: number }[] = await this.dataSource.query(
      `SELECT count(DISTINCT return_id)::int AS pending FROM (
         SELECT return_id FROM return_change
         WHERE $1::text IS NULL OR (xid >= pg_snapshot_xmin($1::pg_snapshot)
           AND NOT pg_visible_in_snapshot(xid, $1::pg_snapshot)) LIMIT ${PENDING_LIMIT}) waiting`,
      [job?.snapshot ?? null],
    );
    return { seconds: job?.seconds ?? null, pending: row?.pending ?? 0 };
  }
}
