import { PageQuery } from '@lockstep/service';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, MaxLength, Min } from 'class-validator';
import { BATCH_STATES, type BatchState, LINK_STATUSES, OBJECT_STATUSES } from '../statuses.js';

/** Batches come newest first. */
export class BatchesQuery extends PageQuery {
  @IsOptional()
  @IsIn([...BATCH_STATES])
  status?: BatchState;
}

export class ObjectsQuery extends PageQuery {
  @IsOptional()
  @IsIn([...OBJECT_STATUSES])
  status?: (typeof OBJECT_STATUSES)[number];

  @IsOptional()
  @IsString()
  @MaxLength(200)
  objectType?: string;

  @IsOptional()
  @IsString()
  @MaxLength(500)
  reference?: string;
}

export class LinksQuery extends PageQuery {
  @IsOptional()
  @IsIn([...new Set([...LINK_STATUSES, ...OBJECT_STATUSES])])
  status?: string;

  @IsOptional()
  @IsString()
  @MaxLength(200)
  linkTag?: string;
}

export class ErrorsQuery extends PageQuery {
  @IsOptional()
  @IsIn(['error', 'warning'])
  severity?: 'error' | 'warning';

  @IsOptional()
  @IsString()
  @MaxLength(100)
  code?: string;
}

export class ReportQuery {
  /** @default 'csv' */
  @IsOptional()
  @IsIn(['csv', 'jsonl'])
  format?: 'csv' | 'jsonl';
}

export class FailedRowsQuery {
  /** @default 1 */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  fileNo?: number;
}
