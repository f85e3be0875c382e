import { IsInstant } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { ItemFilter } from './items.query.js';

/** What is to be tried again. */
export class BulkRequeueBody {
  /** As the list of items takes it; what cannot be tried again is left out. */
  @ValidateNested()
  @Type(() => ItemFilter)
  filter!: ItemFilter;

  /** Only counts. */
  @IsOptional()
  @IsBoolean()
  dryRun: boolean = false;

  /** Items at most; the oldest are taken. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  cap: number = 10_000;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000)
  ratePerSecond: number = 100;
}

export const REQUEUE_STATES = ['running', 'completed', 'cancelled'] as const;
export type RequeueState = (typeof REQUEUE_STATES)[number];

/** What a requeue would do. */
export class BulkRequeueEstimate {
  @IsBoolean()
  dryRun!: true;

  /** Counted up to the cap. */
  @IsInt()
  matching!: number;

  @IsInt()
  seconds!: number;
}

/** A requeue and how far it is. */
export class RequeueRunView {
  @IsUUID()
  id!: string;

  @IsIn([...REQUEUE_STATES])
  state!: RequeueState;

  @IsObject()
  filter!: object;

  @IsInt()
  matching!: number;

  @IsInt()
  requeued!: number;

  /** They had moved on by themselves when it was their turn. */
  @IsInt()
  skipped!: number;

  @IsInt()
  cap!: number;

  @IsInt()
  ratePerSecond!: number;

  @IsString()
  createdBy!: string;

  @IsInstant()
  createdAt!: string;

  @IsOptional()
  @IsInstant()
  finishedAt!: string | null;
}
