import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

export interface BatchErrorRow {
  readonly id: number;
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly fileNo: number | null;
  readonly file: string | null;
  readonly row: number | null;
  readonly line: number | null;
  readonly column: string | null;
  readonly field: string | null;
  readonly objNo: number | null;
  readonly objectType: number | null;
  readonly reference: string | null;
  readonly linkNo: number | null;
}

const SELECT = `
  SELECT error.id, severity, code, message, error.file_no AS "fileNo", file.name AS file, row_no AS row, line,
    column_name AS "column", field, error.obj_no AS "objNo", object_type AS "objectType", reference, link_no AS "linkNo"
  FROM import_error error
  LEFT JOIN import_file file ON file.batch_id = $1 AND file.file_no = error.file_no
  LEFT JOIN pending_object object ON object.batch_id = $1 AND object.obj_no = error.obj_no
  WHERE error.batch_id = $1`;

/** What is wrong with a batch, in the order of its files. */
@Injectable()
export class BatchErrorStore {
  constructor(private readonly dataSource: DataSource) {}

  async list(
    batchId: string,
    filter: { readonly severity: string | null; readonly code: string | null },
    limit: number,
    offset: number,
  ): Promise<{ items: BatchErrorRow[]; total: number }> {
    const parameters = [batchId, filter.severity, filter.code];
    const where = '($2::text IS NULL OR severity = $2) AND ($3::text IS NULL OR code = $3)';
    const items: BatchErrorRow[] = await this.dataSource.query(
      `${SELECT} AND ${where} ORDER BY severity, error.file_no, row_no, error.id LIMIT $4 OFFSET $5`,
      [...parameters, limit, offset],
    );
    const [count]: { total: number }[] = await this.dataSource.query(
      `SELECT count(*)::int AS total FROM import_error WHERE batch_id = $1 AND ${where}`,
      parameters,
    );
    return { items, total: count?.total ?? 0 };
  }

  /** Errors that belong to no object, behind `after`. */
  async ofRecordsAfter(batchId: string, after: number, limit: number): Promise<BatchErrorRow[]> {
    return this.dataSource.query(
      `${SELECT} AND severity = 'error' AND error.obj_no IS NULL AND error.id > $2 ORDER BY error.id LIMIT $3`,
      [batchId, after, limit],
    );
  }
}
