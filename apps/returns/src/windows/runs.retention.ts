import { type RetentionRule, tooOld } from '@lockstep/database';

const isOver = (run: string) => `${run}.ended_at IS NOT NULL`;

/**
 * Runs that ended long ago, with their pages, and the rows of jobs that ended with them. A window each second makes many runs
 * in which nothing happened: of those only an hour's are kept. The newest stays.
 */
export const runsRetention: readonly RetentionRule[] = [
  {
    table: 'return_sync_run',
    batchSize: 100,
    outdated: (limits) => `${isOver('return_sync_run')}
      AND id NOT IN (SELECT j.run_id FROM order_return_algolia_sync j WHERE j.run_id IS NOT NULL AND j.job_type = 'RETURN_JOB')
      AND (ended_at < ${tooOld(limits)}
        OR (selected = 0 AND state = 'COMPLETED' AND ended_at < clock_timestamp() - interval '1 hour')
        OR created_at < (SELECT min(n.created_at) FROM (
          SELECT created_at FROM return_sync_run WHERE selected > 0 OR state <> 'COMPLETED'
          ORDER BY created_at DESC LIMIT ${limits.runs}) n))`,
  },
  {
    table: 'order_return_algolia_sync',
    outdated: () => `job_type <> 'RETURN_JOB' AND status = 0
      AND NOT EXISTS (SELECT FROM return_sync_run r WHERE r.job_id = order_return_algolia_sync.id)`,
  },
];
