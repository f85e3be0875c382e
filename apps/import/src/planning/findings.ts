import type { EntityManager } from 'typeorm';
import type { ImportErrorCode } from '../feeds/feed-item.js';

/** Columns that the query of a finding may answer; `message` it must. */
const FINDING = 'message, file_no, row_no, line, column_name, obj_no';

/**
 * Writes what planning finds to `import_error`, set by set, counting all and keeping as many as are allowed: a feed of
 * millions of rows with the same fault everywhere must not become millions of errors.
 */
export class Findings {
  errors = 0;
  warnings = 0;

  constructor(
    private readonly manager: EntityManager,
    private readonly batchId: string,
    private readonly maxKept: number,
  ) {}

  /** `sql` answers the columns of {@link FINDING}; its parameters begin at $5. Answers how many were found. */
  async error(code: ImportErrorCode, sql: string, parameters: readonly unknown[] = []): Promise<number> {
    const found = await this.add('error', code, this.maxKept + 1 - this.errors, sql, parameters);
    this.errors += found;
    return found;
  }

  async warning(code: ImportErrorCode, sql: string, parameters: readonly unknown[] = []): Promise<number> {
    const found = await this.add('warning', code, this.maxKept, sql, parameters);
    this.warnings += found;
    return found;
  }

  private async add(
    severity: 'error' | 'warning',
    code: string,
    limit: number,
    sql: string,
    parameters: readonly unknown[],
  ): Promise<number> {
    const [row]: { found: number }[] = await this.manager.query(
      `WITH found AS MATERIALIZED (${sql}), kept AS (
         INSERT INTO import_error (batch_id, severity, code, ${FINDING})
         SELECT $1::uuid, $2::text, $3::text, ${FINDING} FROM found ORDER BY file_no, row_no LIMIT $4)
       SELECT count(*)::int AS found FROM found`,
      [this.batchId, severity, code, Math.max(0, limit), ...parameters],
    );
    return row?.found ?? 0;
  }
}
