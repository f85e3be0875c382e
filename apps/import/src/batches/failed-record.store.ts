import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LINK_KINDS, LINK_STATUSES, OBJECT_STATUSES } from '../statuses.js';
import type { FailedRecord } from './batch-sources.js';

const FIRST_FAILED = OBJECT_STATUSES.indexOf('error');
const FIRST_FAILED_LINK = LINK_STATUSES.indexOf('error');
const DEPENDENT = LINK_KINDS.indexOf('dependent');
const NAMES = `'{${OBJECT_STATUSES.join(',')}}'::text[]`;
const LINK_NAMES = `'{${LINK_STATUSES.join(',')}}'::text[]`;
const ROWS_A_FETCH = 1_000;

/** Every record with something that did not come through: an object, a link of one, or the record itself. */
const FAILED = `
  SELECT (place.pair)[2] AS row, (${NAMES})[object.status + 1] AS status,
    coalesce((SELECT array_agg(fault->>'code' || ': ' || (fault->>'message')) FROM json_array_elements(object.errors) fault),
      '{}') AS errors
  FROM pending_object object CROSS JOIN LATERAL (
    SELECT object.places[at:at + 1] AS pair FROM generate_series(1, cardinality(object.places), 2) at) place
  WHERE object.batch_id = $1 AND object.status >= ${FIRST_FAILED} AND (place.pair)[1] = $2
  UNION ALL
  SELECT child.places[2], (${LINK_NAMES})[link.status + 1],
    coalesce((SELECT array_agg(fault->>'code' || ': ' || (fault->>'message')) FROM json_array_elements(link.errors) fault), '{}')
  FROM pending_link link JOIN pending_object child ON child.batch_id = $1 AND child.obj_no = link.child_no
  WHERE link.batch_id = $1 AND link.status >= ${FIRST_FAILED_LINK} AND link.kind <> ${DEPENDENT} AND child.places[1] = $2
    AND child.status < ${FIRST_FAILED}
  UNION ALL
  SELECT row_no, 'error', ARRAY[code || ': ' || message]
  FROM import_error WHERE batch_id = $1 AND file_no = $2 AND severity = 'error' AND obj_no IS NULL AND link_no IS NULL
  ORDER BY 1`;

/** The failed records of a file in its order. */
@Injectable()
export class FailedRecordStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Sorted once, read by a cursor while it is sent; holds a connection as long as that takes. */
  async *of(batchId: string, fileNo: number): AsyncGenerator<FailedRecord> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await runner.startTransaction();
      await runner.query(`SET LOCAL idle_in_transaction_session_timeout = '10min'`);
      await runner.query(`DECLARE failed NO SCROLL CURSOR FOR ${FAILED}`, [batchId, fileNo]);
      for (;;) {
        const rows: FailedRecord[] = await runner.query(`FETCH ${ROWS_A_FETCH} FROM failed`);
        yield* rows;
        if (rows.length < ROWS_A_FETCH) return;
      }
    } finally {
      await runner.rollbackTransaction().catch(() => undefined);
      await runner.release();
    }
  }
}
