import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** A file that nobody needs any more. */
export interface OldFile {
  readonly batchId: string;
  readonly fileNo: number;
  readonly path: string;
}

/** What ended batches leave behind. */
@Injectable()
export class LeftoverStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Staged rows of batches that have ended, and stay ended meanwhile or not: a retry does not plan again. */
  async removeStaged(batchIds: readonly string[]): Promise<void> {
    await this.dataSource.query('DELETE FROM staged_object WHERE batch_id = ANY ($1::uuid[])', [batchIds]);
    await this.dataSource.query('DELETE FROM staged_link WHERE batch_id = ANY ($1::uuid[])', [batchIds]);
  }

  /** Files of batches that ended so long ago. */
  async findOldFiles(keepDays: number, limit: number): Promise<OldFile[]> {
    return this.dataSource.query(
      `SELECT batch_id AS "batchId", file_no AS "fileNo", path FROM import_file JOIN import_batch ON id = batch_id
       WHERE path <> '' AND finished_at < clock_timestamp() - $1::int * interval '1 day'
         AND state IN ('complete', 'error', 'cancelled')
       ORDER BY finished_at LIMIT $2`,
      [keepDays, limit],
    );
  }

  /** The file is gone; what it was called, and its size and hash, stay. */
  async forgetFile({ batchId, fileNo }: OldFile): Promise<void> {
    await this.dataSource.query(`UPDATE import_file SET path = '' WHERE batch_id = $1 AND file_no = $2`, [
      batchId,
      fileNo,
    ]);
  }
}
