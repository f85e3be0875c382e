import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { DeadItemAnswer, LastChangeAnswer, LastPageAnswer, SideAnswer } from './explain.answer.js';

/** What the database knows of a return and of its way into the index. */
export interface KnownReturn {
  readonly stored: SideAnswer | null;
  readonly lastChange: LastChangeAnswer | null;
  readonly lastPage: LastPageAnswer | null;
  readonly deadItem: DeadItemAnswer | null;
}

/** Runs that are searched for the return, the newest first. */
const RUNS_SEARCHED = 200;

@Injectable()
export class ExplainStore {
  constructor(private readonly dataSource: DataSource) {}

  async read(id: number): Promise<KnownReturn> {
    const [row]: KnownReturn[] = await this.dataSource.query(SQL, [id]);
    return row as KnownReturn;
  }
}

const instant = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const SQL = `
  SELECT
    (SELECT json_build_object('version', s.version, 'deleted', s.deleted) FROM (
      SELECT version, deleted FROM order_return WHERE id = $1
      UNION ALL SELECT version, true FROM return_grave WHERE return_id = $1) s LIMIT 1) AS stored,
    (SELECT json_build_object('source', c.source, 'op', c.op, 'at', ${instant('c.at')}, 'isPending', coalesce(
        NOT pg_visible_in_snapshot(c.xid, (
          SELECT snapshot_end FROM order_return_algolia_sync WHERE job_type = 'RETURN_JOB')), true))
      FROM return_change c WHERE c.return_id = $1 ORDER BY c.at DESC LIMIT 1) AS "lastChange",
    (SELECT json_build_object('runId', r.id, 'jobType', r.job_type, 'runState', r.state, 'pageNo', p.page_no,
        'pageState', p.state, 'attempt', p.attempt, 'outcome', p.outcome, 'runEndedAt', ${instant('r.ended_at')})
      FROM (
        SELECT * FROM return_sync_run WHERE selected > 0 ORDER BY created_at DESC LIMIT ${RUNS_SEARCHED}) r
      JOIN return_sync_page p ON p.run_id = r.id AND p.ids @> ARRAY[$1::bigint]
      ORDER BY r.created_at DESC LIMIT 1) AS "lastPage",
    (SELECT json_build_object('reason', d.reason, 'attempts', d.attempts, 'at', ${instant('d.at')})
      FROM return_sync_dead_item d WHERE d.return_id = $1) AS "deadItem"`;
