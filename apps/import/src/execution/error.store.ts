import { Injectable } from '@nestjs/common';
import { EXECUTION_ERROR_CODES, type ItemError } from './decide-answers.js';
import type { LockedBatch } from './locked-batch.js';

export interface FailedItem {
  readonly no: number;
  readonly errors: readonly ItemError[];
}

/** What the list of a batch's errors shows of its execution. Expects the batch to be locked. */
@Injectable()
export class ErrorStore {
  /** Adds every error of these objects or links, with the first place that speaks of the object. Resolves with their number. */
  async add(batch: LockedBatch, kind: 'object' | 'link', failed: readonly FailedItem[]): Promise<number> {
    const errors = failed.flatMap((item) => item.errors.map((error) => ({ no: item.no, ...error })));
    if (errors.length === 0) return 0;
    await batch.manager.query(
      `INSERT INTO import_error (batch_id, severity, code, message, field, obj_no, link_no, file_no, row_no)
       SELECT $1, 'error', error.code, error.message, error.field,
         ${kind === 'object' ? 'error.no, NULL' : 'NULL, error.no'}, places[1], places[2]
       FROM unnest($2::int[], $3::text[], $4::text[], $5::text[]) AS error (no, code, message, field)
       LEFT JOIN pending_object ON ${kind === 'object'} AND batch_id = $1 AND obj_no = error.no`,
      [
        batch.id,
        errors.map(({ no }) => no),
        errors.map(({ code }) => code),
        errors.map(({ message }) => message),
        errors.map(({ field }) => field),
      ],
    );
    return errors.length;
  }

  /** Warns that an owner said something else later. Once an item, however often the answer comes. */
  async warnOfConflicts(batch: LockedBatch, kind: 'object' | 'link', nos: readonly number[]): Promise<void> {
    if (nos.length === 0) return;
    const column = kind === 'object' ? 'obj_no' : 'link_no';
    await batch.manager.query(
      `WITH added AS (
         INSERT INTO import_error (batch_id, severity, code, message, ${column})
         SELECT $1, 'warning', 'CONFLICTING_RESULT', 'The owner answered again, and otherwise; the first answer stands.', no
         FROM (SELECT DISTINCT no FROM unnest($2::int[]) AS given (no)) AS late
         WHERE NOT EXISTS (
           SELECT FROM import_error WHERE batch_id = $1 AND code = 'CONFLICTING_RESULT' AND ${column} = no)
         RETURNING 1)
       UPDATE import_batch SET warnings = warnings + (SELECT count(*) FROM added) WHERE id = $1`,
      [batch.id, nos],
    );
  }

  /** Before a retry: what execution had found is to be found again, or is mended. */
  async forget(batch: LockedBatch): Promise<void> {
    await batch.manager.query('DELETE FROM import_error WHERE batch_id = $1 AND code = ANY ($2)', [
      batch.id,
      [...EXECUTION_ERROR_CODES],
    ]);
    await batch.manager.query(
      `UPDATE import_batch SET errors = (
         SELECT count(*) FROM import_error WHERE batch_id = $1 AND severity = 'error') WHERE id = $1`,
      [batch.id],
    );
  }
}
