import type { RetentionRule } from '@lockstep/database';

/** Beyond the longest time that a verification, or an operator who asks why, looks back. */
const KEPT_DAYS = 7;

/** Changes that a completed window has brought, a week later. One that waits stays, however long. */
export const changesRetention: readonly RetentionRule[] = [
  {
    table: 'return_change',
    outdated: () => `at < clock_timestamp() - interval '${KEPT_DAYS} days' AND pg_visible_in_snapshot(xid, (
      SELECT j.snapshot_end FROM order_return_algolia_sync j WHERE j.job_type = 'RETURN_JOB'))`,
  },
];
