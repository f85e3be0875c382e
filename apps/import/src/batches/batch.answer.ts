import { IsInstant } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  ValidateNested,
} from 'class-validator';
import { BATCH_STATES, type BatchState } from '../statuses.js';
import type { StoredBatch } from './batch.js';
import type { LevelProgress } from './level-progress.js';
import { paceOf } from './pace.js';

/** The batch of a submission. */
export class SubmittedAnswer {
  @IsUUID()
  importBatchId!: string;

  @IsIn([...BATCH_STATES])
  importBatchStatus!: string;
}

/** A file of a batch. */
export class BatchFileAnswer {
  @IsInt()
  fileNo!: number;

  @IsString()
  name!: string;

  @IsIn(['csv', 'xml', 'jsonl'])
  importType!: string;

  @IsInt()
  bytes!: number;

  @IsString()
  sha256!: string;
}

/** Objects of one level: those of the next wait for some of them. */
export class LevelAnswer {
  @IsInt()
  level!: number;

  @IsInt()
  objects!: number;

  /** At their end, whichever it is. */
  @IsInt()
  finished!: number;
}

/** A batch as it is served. */
export class BatchAnswer {
  @IsUUID()
  importBatchId!: string;

  @IsIn([...BATCH_STATES])
  importBatchStatus!: BatchState;

  /** Some object or link could not be made. */
  @IsBoolean()
  processingError!: boolean;

  /** Why it ended before its time. */
  @IsOptional()
  @IsString()
  failure!: string | null;

  @IsString()
  userId!: string;

  @IsString()
  submittedByUserId!: string;

  @IsOptional()
  @IsUUID()
  resumeOf!: string | null;

  /** Raised by each retry. */
  @IsInt()
  run!: number;

  @IsObject()
  options!: object;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => BatchFileAnswer)
  files!: BatchFileAnswer[];

  @IsInstant()
  createdAt!: string;

  @IsOptional()
  @IsInstant()
  startTime!: string | null;

  @IsOptional()
  @IsInstant()
  endTime!: string | null;

  /** Records read so far. */
  @IsInt()
  records!: number;

  @IsInt()
  errors!: number;

  @IsInt()
  warnings!: number;

  /** `{objects: {processing: 3, complete: 7}, links: {...}}`; statuses that none has are left out. */
  @IsObject()
  counts!: { objects: Readonly<Record<string, number>>; links: Readonly<Record<string, number>> };

  @IsInt()
  inFlight!: number;

  /** Of objects and links, rounded down. */
  @IsInt()
  percent!: number;

  @IsOptional()
  @IsNumber()
  ratePerSecond!: number | null;

  @IsOptional()
  @IsInt()
  etaSeconds!: number | null;

  /** What will be, or was, done; null until it is planned. */
  @IsOptional()
  @IsObject()
  plan!: object | null;

  /** Only of a batch that is asked for by itself. */
  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => LevelAnswer)
  levels?: LevelAnswer[];
}

export function toBatchAnswer(batch: StoredBatch, now: Date, levels?: readonly LevelProgress[]): BatchAnswer {
  return {
    importBatchId: batch.id,
    importBatchStatus: batch.state,
    processingError: batch.processingError,
    failure: batch.failure,
    userId: batch.userId,
    submittedByUserId: batch.submittedBy,
    resumeOf: batch.resumeOf,
    run: batch.run,
    options: batch.options,
    files: batch.files.map(({ path: _, ...file }) => file),
    createdAt: batch.createdAt.toISOString(),
    startTime: batch.startedAt?.toISOString() ?? null,
    endTime: batch.finishedAt?.toISOString() ?? null,
    records: batch.records,
    errors: batch.errors,
    warnings: batch.warnings,
    counts: { objects: batch.objects, links: batch.links },
    inFlight: batch.inFlight,
    ...paceOf(batch, now),
    plan: batch.plan,
    ...(levels ? { levels: [...levels] } : {}),
  };
}
