import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

/** Something about a row that its owner should look at: an `error` could not be stored, a `warning` was left out or is ambiguous. */
export interface RunIssue {
  severity: 'error' | 'warning';
  source: string;
  key: string;
  code: string;
  message: string;
  row?: unknown;
}

/** Issues of a run, each once: reporting one again changes nothing. */
@Injectable()
export class IssueStore {
  constructor(private readonly dataSource: DataSource) {}

  async add(manager: EntityManager, runId: string, issues: readonly RunIssue[]): Promise<void> {
    if (issues.length === 0) return;
    await manager.query(
      `INSERT INTO sync_issue (run_id, severity, source, key, code, message, row)
       SELECT $1, severity, source, key, code, message, row
       FROM json_to_recordset($2::json) AS issue (severity text, source text, key text, code text, message text, row json)
       ON CONFLICT (run_id, source, key, code) DO NOTHING`,
      [runId, JSON.stringify(issues)],
    );
  }

  /** What the stored parts themselves tell: people left out, numbers that several claim. Set-based, from the final state. */
  async addWarningsOfParts(manager: EntityManager, runId: string): Promise<void> {
    await manager.query(
      `INSERT INTO sync_issue (run_id, severity, source, key, code, message, row)
       SELECT $1::uuid, 'warning', 'tcs', person_id::text, exclusion, 'Left out of the master index: ' || exclusion,
              json_build_object('personId', person_id, 'gmcNumber', entered_gmc_number)
       FROM tis_part WHERE exclusion IS NOT NULL AND NOT deleted
       UNION ALL
       SELECT $1::uuid, 'warning', 'tcs', gmc_number, 'GMC_NUMBER_SHARED',
              'Claimed by people ' || array_to_string(shared_by, ', ') || ': none of their programmes is shown',
              json_build_object('gmcNumber', gmc_number, 'personIds', shared_by)
       FROM master_doctor WHERE shared_by <> '{}'
       ON CONFLICT (run_id, source, key, code) DO NOTHING`,
      [runId],
    );
  }

  async list(
    runId: string,
    severity: string | null,
    limit: number,
    offset: number,
  ): Promise<{ items: RunIssue[]; total: number }> {
    const items: RunIssue[] = await this.dataSource.query(
      `SELECT severity, source, key, code, message, row FROM sync_issue
       WHERE run_id = $1 AND ($2::text IS NULL OR severity = $2) ORDER BY severity, id LIMIT $3 OFFSET $4`,
      [runId, severity, limit, offset],
    );
    const [count]: { total: number }[] = await this.dataSource.query(
      'SELECT count(*)::int AS total FROM sync_issue WHERE run_id = $1 AND ($2::text IS NULL OR severity = $2)',
      [runId, severity],
    );
    return { items, total: count?.total ?? 0 };
  }
}
