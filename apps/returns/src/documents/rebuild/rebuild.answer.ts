import { IsInstant } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { REBUILD_STATES, type RebuildState } from './rebuild.store.js';

/** A rebuild of the index. */
export class RebuildAnswer {
  @IsString()
  runId!: string;

  @IsIn([...REBUILD_STATES])
  state!: RebuildState;

  /** A person, or why it began by itself. */
  @IsString()
  requestedBy!: string;

  @IsOptional()
  @IsInt()
  expected!: number | null;

  @IsInt()
  read!: number;

  @IsInt()
  written!: number;

  @IsInt()
  rejected!: number;

  @IsOptional()
  @IsString()
  generation!: string | null;

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
  finishedAt!: string | null;
}

/** What there is of the index. */
export class ReturnIndexAnswer {
  /** The generation that readers see. */
  @IsOptional()
  @IsString()
  active!: string | null;

  /** Gets every change, for the way back. */
  @IsOptional()
  @IsString()
  previous!: string | null;

  @IsOptional()
  @IsString()
  building!: string | null;

  /** `otherSchema` or `afterLoss`: readers should be given another generation, which begins by itself. */
  @IsOptional()
  @IsString()
  rebuildReason!: string | null;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => RebuildAnswer)
  rebuilds!: RebuildAnswer[];
}
