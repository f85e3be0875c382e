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

  /** Tables in which the rows of a batch were staged: planning drops them itself, unless the batch ended before that. */
  async removeStaged(batchIds: readonly string[]): Promise<void> {
    for (const id of batchIds) {
      const hex = id.replaceAll('-', '').toLowerCase();
      if (/^[0-9a-f]{32}$/.test(hex)) {
        await this.dataSource.query(`DROP TABLE IF EXISTS staged_object_${hex}, staged_link_${hex}`);
      }
    }
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
