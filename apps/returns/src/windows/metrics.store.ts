import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { JOB_TYPES } from './job.js';
import { oldestWriterSql } from './planning.store.js';

/** The sync as it stands. */
export interface SyncState {
  readonly deadItems: number;
  /** 0 when nothing writes. */
  readonly oldestWriterSeconds: number;
  /** Of runs that have not ended. */
  readonly pages: { readonly open: number; readonly inHand: number; readonly done: number };
  readonly durations: readonly { readonly jobType: string; readonly seconds: number }[];
}

@Injectable()
export class MetricsStore {
  constructor(private readonly dataSource: DataSource) {}

  async read(): Promise<SyncState> {
    const [row]: SyncState[] = await this.dataSource.query(SQL, [[...JOB_TYPES]]);
    return row as SyncState;
  }
}

const SQL = `
  SELECT (SELECT count(*)::int FROM return_sync_dead_item) AS "deadItems",
    coalesce(extract(epoch FROM clock_timestamp() - ${oldestWriterSql}), 0)::float8 AS "oldestWriterSeconds",
    (SELECT json_build_object(
        'open', count(*) FILTER (WHERE p.state = 0), 'inHand', count(*) FILTER (WHERE p.state = 1),
        'done', count(*) FILTER (WHERE p.state = 2))
      FROM order_return_algolia_sync j JOIN return_sync_page p ON p.run_id = j.run_id WHERE j.status > 0) AS pages,
    (SELECT coalesce(json_agg(json_build_object('jobType', t.job_type, 'seconds', r.seconds)), '[]')
      FROM unnest($1::text[]) AS t (job_type) CROSS JOIN LATERAL (
        SELECT extract(epoch FROM ended_at - created_at)::float8 AS seconds FROM return_sync_run
        WHERE job_type = t.job_type AND ended_at IS NOT NULL ORDER BY created_at DESC LIMIT 1) r) AS durations`;
