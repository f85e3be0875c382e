import type { RetentionRule } from '@lockstep/database';

/** At a thousand changes a second an hour's are millions: more at a time than of any other table. */
const BATCH_SIZE = 10_000;

/** Changes that a completed window has brought, so many days later. One that waits stays, however long. */
export function changesRetention(days: number): RetentionRule {
  return {
    table: 'return_change',
    batchSize: BATCH_SIZE,
    outdated: () => `at < clock_timestamp() - interval '${days} days' AND pg_visible_in_snapshot(xid, (
      SELECT j.snapshot_end FROM order_return_algolia_sync j WHERE j.job_type = 'RETURN_JOB'))`,
  };
}
