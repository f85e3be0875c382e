import { IsInstant } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, IsUUID, ValidateNested } from 'class-validator';
import { JOB_TYPES, type Job, RUN_STATES, RUN_TRIGGERS } from './job.js';
import type { DeadReturn, SyncRun } from './run.store.js';

/** What asking for a run answers. */
export class TickAnswer {
  @IsUUID()
  runId!: string;

  /** Absent when a run was started. */
  @IsOptional()
  @IsIn(['already_running'])
  result?: 'already_running';
}

/** A run of its own that was started. */
export class StartedAnswer {
  @IsUUID()
  runId!: string;
}

/** The job's row. */
export class JobAnswer {
  @IsInt()
  id!: number;

  @IsIn([...JOB_TYPES])
  jobType!: string;

  /** 0 idle, 1 claimed, 2 being processed. */
  @IsIn([0, 1, 2])
  status!: number;

  @IsBoolean()
  enabled!: boolean;

  @IsOptional()
  @IsInstant()
  dateRangeStart!: string | null;

  /** Everything committed before is indexed; null before the first full load. */
  @IsOptional()
  @IsInstant()
  dateRangeEnd!: string | null;

  @IsOptional()
  @IsString()
  snapshotEnd!: string | null;

  @IsOptional()
  @IsUUID()
  runId!: string | null;

  /** What `unlock` expects. */
  @IsInt()
  leaseToken!: number;

  @IsOptional()
  @IsString()
  leaseOwner!: string | null;

  @IsOptional()
  @IsInstant()
  leaseExpiresAt!: string | null;

  @IsOptional()
  @IsInstant()
  heartbeatAt!: string | null;

  @IsInt()
  attempt!: number;

  /** Seconds since the end of the last completed window; null before the first. */
  @IsOptional()
  @IsInt()
  lagSeconds!: number | null;

  /** Returns whose changes wait for the next window, counted up to 10,000. */
  @IsInt()
  pendingChanges!: number;

  @IsOptional()
  @IsString()
  lastError!: string | null;

  @IsInstant()
  createdAt!: string;

  @IsInstant()
  updatedAt!: string;
}

export class HistoryAnswer {
  @IsInstant()
  at!: string;

  @IsString()
  text!: string;
}

/** Returns of a run by what became of them. */
export class RunCountsAnswer {
  @IsInt()
  selected!: number;

  @IsInt()
  indexed!: number;

  /** The index had a newer version. */
  @IsInt()
  noop!: number;

  @IsInt()
  tombstoned!: number;

  @IsInt()
  failed!: number;
}

export class SyncRunAnswer {
  @IsUUID()
  runId!: string;

  @IsIn([...JOB_TYPES])
  jobType!: string;

  @IsIn([...RUN_TRIGGERS])
  trigger!: string;

  @IsIn([...RUN_STATES])
  state!: string;

  @IsBoolean()
  isPaused!: boolean;

  @IsOptional()
  @IsString()
  requestedBy!: string | null;

  @IsOptional()
  @IsInstant()
  dateRangeStart!: string | null;

  @IsOptional()
  @IsInstant()
  dateRangeEnd!: string | null;

  @IsOptional()
  @IsString()
  snapshotStart!: string | null;

  @IsOptional()
  @IsString()
  snapshotEnd!: string | null;

  @ValidateNested()
  @Type(() => RunCountsAnswer)
  counts!: RunCountsAnswer;

  @IsInt()
  pages!: number;

  @IsInt()
  pagesDone!: number;

  /** Seconds until the last page, at the pace so far; null while nothing is known of it. */
  @IsOptional()
  @IsInt()
  etaSeconds!: number | null;

  /** What happened to it, the oldest first. */
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => HistoryAnswer)
  history!: HistoryAnswer[];

  @IsOptional()
  @IsString()
  error!: string | null;

  @IsInstant()
  createdAt!: string;

  @IsOptional()
  @IsInstant()
  startedAt!: string | null;

  @IsOptional()
  @IsInstant()
  endedAt!: string | null;
}

/** A return that could not be written; its next change, or a resync, tries it again. */
export class DeadReturnAnswer {
  @IsInt()
  returnId!: number;

  @IsUUID()
  runId!: string;

  @IsString()
  reason!: string;

  @IsInt()
  attempts!: number;

  @IsInstant()
  at!: string;
}

/** A job's row in the words of the contract. */
export function toJobAnswer(job: Job, lag: { seconds: number | null; pending: number }): JobAnswer {
  return {
    id: job.id,
    jobType: job.jobType,
    status: job.status,
    enabled: job.enabled,
    dateRangeStart: iso(job.dateRangeStart),
    dateRangeEnd: iso(job.dateRangeEnd),
    snapshotEnd: job.snapshotEnd,
    runId: job.runId,
    leaseToken: job.leaseToken,
    leaseOwner: job.leaseOwner,
    leaseExpiresAt: iso(job.leaseExpiresAt),
    heartbeatAt: iso(job.heartbeatAt),
    attempt: job.attempt,
    lagSeconds: lag.seconds,
    pendingChanges: lag.pending,
    lastError: job.lastError,
    createdAt: job.createdAt.toISOString(),
    updatedAt: job.updatedAt.toISOString(),
  };
}

export function toRunAnswer(run: SyncRun): SyncRunAnswer {
  const { selected, indexed, noop, tombstoned, failed } = run;
  return {
    runId: run.runId,
    jobType: run.jobType,
    trigger: run.trigger,
    state: run.state,
    isPaused: run.isPaused,
    requestedBy: run.requestedBy,
    dateRangeStart: iso(run.dateRangeStart),
    dateRangeEnd: iso(run.dateRangeEnd),
    snapshotStart: run.snapshotStart,
    snapshotEnd: run.snapshotEnd,
    counts: { selected, indexed, noop, tombstoned, failed },
    pages: run.pages,
    pagesDone: run.pagesDone,
    etaSeconds: etaOf(run),
    history: [...run.history],
    error: run.error,
    createdAt: run.createdAt.toISOString(),
    startedAt: iso(run.startedAt),
    endedAt: iso(run.endedAt),
  };
}

export function toDeadReturnAnswer({ at, ...item }: DeadReturn): DeadReturnAnswer {
  return { ...item, at: at.toISOString() };
}

function etaOf({ endedAt, isPaused, startedAt, readAt, pages, pagesDone }: SyncRun): number | null {
  if (endedAt || isPaused || !startedAt || pagesDone === 0) return null;
  const elapsedMs = readAt.getTime() - startedAt.getTime();
  return Math.ceil((elapsedMs / pagesDone) * (pages - pagesDone) * 0.001);
}

function iso(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
