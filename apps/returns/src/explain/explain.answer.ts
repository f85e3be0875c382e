import { IsInstant } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, IsUUID, ValidateNested } from 'class-validator';
import { ADVICE, type Advice } from './decide-advice.js';

export class SideAnswer {
  @IsInt()
  version!: number;

  @IsBoolean()
  deleted!: boolean;
}

/** The last transaction that changed the return, while the log of changes goes back so far. */
export class LastChangeAnswer {
  /** The table that it changed first. */
  @IsString()
  source!: string;

  /** `U` changed, `D` its row was taken away. */
  @IsIn(['U', 'D'])
  op!: string;

  @IsInstant()
  at!: string;

  /** No completed window has brought it. */
  @IsBoolean()
  isPending!: boolean;
}

/** The newest page that the return is on. */
export class LastPageAnswer {
  @IsUUID()
  runId!: string;

  @IsString()
  jobType!: string;

  @IsString()
  runState!: string;

  @IsInt()
  pageNo!: number;

  /** 0 to be done, 1 in hand, 2 done. */
  @IsInt()
  pageState!: number;

  @IsInt()
  attempt!: number;

  /** Of the whole page. */
  @IsOptional()
  @IsObject()
  outcome!: object | null;

  @IsOptional()
  @IsInstant()
  runEndedAt!: string | null;
}

export class DeadItemAnswer {
  @IsString()
  reason!: string;

  @IsInt()
  attempts!: number;

  @IsInstant()
  at!: string;
}

export class ExplainAnswer {
  @IsInt()
  returnId!: number;

  /** Null when its row is nowhere. */
  @IsOptional()
  @ValidateNested()
  @Type(() => SideAnswer)
  database!: SideAnswer | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => SideAnswer)
  index!: SideAnswer | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => LastChangeAnswer)
  lastChange!: LastChangeAnswer | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => LastPageAnswer)
  lastPage!: LastPageAnswer | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => DeadItemAnswer)
  deadItem!: DeadItemAnswer | null;

  @IsIn([...ADVICE])
  advice!: Advice;

  @IsString()
  reason!: string;
}
