import { PageQuery } from '@lockstep/service';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsInt, IsOptional, IsUUID, Max, Min } from 'class-validator';
import { JOB_TYPES, RUN_STATES } from './job.js';

/** Returns are written again by id, few at a time; a time's worth of them is a historic sync. */
const MAX_RESYNC_IDS = 10_000;

export class ResyncBody {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_RESYNC_IDS)
  @IsInt({ each: true })
  @Min(1, { each: true })
  @Max(Number.MAX_SAFE_INTEGER, { each: true })
  ids!: number[];
}

export class UnlockBody {
  /** `leaseToken` of the job as it was when the operator looked. */
  @IsInt()
  @Min(1)
  expectedToken!: number;

  /** @default the run of the job that keeps the index in step */
  @IsOptional()
  @IsUUID()
  runId?: string;
}

/** A task's body as its message has it; without one, a run is asked for. */
export class TaskBody {
  @IsOptional()
  @IsUUID()
  runId?: string;

  @IsOptional()
  @IsInt()
  @Min(1)
  leaseToken?: number;

  @IsOptional()
  @IsInt()
  @Min(1)
  pageNo?: number;
}

export class SyncRunsQuery extends PageQuery {
  @IsOptional()
  @IsIn([...JOB_TYPES])
  jobType?: string;

  @IsOptional()
  @IsIn([...RUN_STATES])
  state?: string;
}
