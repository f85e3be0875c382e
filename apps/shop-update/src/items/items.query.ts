import { IsInstant } from '@lockstep/contracts';
import { CommaList, PageQuery } from '@lockstep/service';
import { Transform, Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { STATUSES } from '../queue/statuses.js';
import { FLOWS, TOPICS } from '../queue/topics.js';
import { ITEM_REASONS, ITEM_TABS, type ItemTab } from './item-labels.js';

function Flag(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value));
}

/** What items can be chosen by; everything that is stated holds together. */
export class ItemFilter {
  @IsOptional()
  @IsIn(ITEM_TABS)
  tab?: ItemTab;

  /** Beginning of the seller's or the shop's SKU, as it is written. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  sku?: string;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  sellerId?: number;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  productSetId?: number;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  productId?: number;

  @IsOptional()
  @CommaList()
  @IsIn([...TOPICS], { each: true })
  topic?: string[];

  @IsOptional()
  @CommaList()
  @IsIn([...STATUSES], { each: true })
  status?: string[];

  @IsOptional()
  @CommaList()
  @IsIn([...ITEM_REASONS], { each: true })
  reason?: string[];

  /** Of the latest call. */
  @IsOptional()
  @IsIn([...FLOWS])
  flow?: string;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  requeueCountFrom?: number;

  @IsOptional()
  @IsInstant()
  queuedFrom?: string;

  @IsOptional()
  @IsInstant()
  queuedTo?: string;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(1_000_000_000)
  minAgeSeconds?: number;

  /** As `failures` lists it. */
  @IsOptional()
  @IsString()
  @MaxLength(1_000)
  signature?: string;

  @IsOptional()
  @Flag()
  @IsBoolean()
  attention?: boolean;

  /** Only items that are where they should have left long ago, or only the others. */
  @IsOptional()
  @Flag()
  @IsBoolean()
  stuck?: boolean;
}

/** The query of the list. Rows come and go while somebody reads: by cursor each is seen once, by page perhaps not. */
export class ItemsQuery extends ItemFilter {
  /** From 1; with a cursor it does not matter. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  page: number = 1;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  pageSize: number = 20;

  /** The newest first by default; of the tab `synced` by the time at which they were. */
  @IsOptional()
  @IsIn(['queuedAt', '-queuedAt'])
  sort: string = '-queuedAt';

  @IsOptional()
  @Matches(/^[A-Za-z0-9_-]{1,200}$/)
  cursor?: string;
}

export class FailuresQuery extends PageQuery {}
