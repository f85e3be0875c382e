/** The job that keeps the index in step; the only one with a base, which the next window begins at. */
export const RETURN_JOB = 'RETURN_JOB';
export const JOB_TYPES = [RETURN_JOB, 'RETURN_HISTORIC_JOB', 'RETURN_RESYNC', 'RETURN_VERIFY'] as const;
export type JobType = (typeof JOB_TYPES)[number];

export const RUN_TRIGGERS = ['cron', 'manual', 'historic', 'resync', 'verify', 'reconcile'] as const;
export type RunTrigger = (typeof RUN_TRIGGERS)[number];

export const RUN_STATES = [
  'QUEUED',
  'PLANNING',
  'PROCESSING',
  'COMPLETED',
  'COMPLETED_WITH_ERRORS',
  'FAILED',
  'CANCELLED',
] as const;
export type RunState = (typeof RUN_STATES)[number];

/** `order_return_algolia_sync.status`, where it is not 0, idle. */
export const CLAIMED = 1;
export const PROCESSING = 2;

/** A row of `order_return_algolia_sync`. */
export interface Job {
  readonly id: number;
  readonly jobType: JobType;
  readonly status: number;
  readonly enabled: boolean;
  readonly dateRangeStart: Date | null;
  readonly dateRangeEnd: Date | null;
  readonly snapshotEnd: string | null;
  readonly systemIdentifier: string | null;
  readonly timeline: string | null;
  readonly runId: string | null;
  readonly leaseToken: number;
  readonly leaseOwner: string | null;
  readonly leaseExpiresAt: Date | null;
  readonly heartbeatAt: Date | null;
  readonly attempt: number;
  readonly isHistoric: boolean;
  readonly syncIdentifier: string | null;
  readonly lastError: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The columns of a {@link Job}, from a table or subquery `alias`. */
export function jobColumns(alias: string): string {
  return JOB_COLUMNS.map(([column, name]) => `${alias}.${column} AS "${name}"`).join(', ');
}

const JOB_COLUMNS: readonly (readonly [column: string, name: keyof Job])[] = [
  ['id', 'id'],
  ['job_type', 'jobType'],
  ['status', 'status'],
  ['enabled', 'enabled'],
  ['date_range_start', 'dateRangeStart'],
  ['date_range_end', 'dateRangeEnd'],
  ['snapshot_end::text', 'snapshotEnd'],
  ['system_identifier', 'systemIdentifier'],
  ['timeline', 'timeline'],
  ['run_id', 'runId'],
  ['lease_token', 'leaseToken'],
  ['lease_owner', 'leaseOwner'],
  ['lease_expires_at', 'leaseExpiresAt'],
  ['heartbeat_at', 'heartbeatAt'],
  ['attempt', 'attempt'],
  ['is_historic', 'isHistoric'],
  ['sync_identifier', 'syncIdentifier'],
  ['last_error', 'lastError'],
  ['created_at', 'createdAt'],
  ['updated_at', 'updatedAt'],
];
