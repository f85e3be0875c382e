import { IsInstant } from '@lockstep/contracts';
import type { SearchItem } from '@lockstep/search';
import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';

/** A line of the log. */
export class LogEntryView {
  @IsString()
  id!: string;

  @IsInstant()
  at!: string;

  @IsString()
  venture!: string;

  @IsString()
  source!: string;

  @IsString()
  direction!: string;

  @IsString()
  message!: string;

  @IsOptional()
  @IsString()
  requestId!: string | null;

  @IsArray()
  @IsString({ each: true })
  itemIds!: string[];

  @IsOptional()
  @IsString()
  method!: string | null;

  @IsOptional()
  @IsString()
  topic!: string | null;

  @IsOptional()
  @IsString()
  flow!: string | null;

  @IsArray()
  @IsString({ each: true })
  sellerSkus!: string[];

  @IsArray()
  @IsString({ each: true })
  shopSkus!: string[];

  @IsArray()
  @IsString({ each: true })
  productSetIds!: string[];

  @IsOptional()
  @IsInt()
  httpStatus!: number | null;

  @IsOptional()
  @IsInt()
  durationMs!: number | null;

  @IsOptional()
  @IsInt()
  requeueCount!: number | null;

  @IsOptional()
  @IsString()
  errorReason!: string | null;
}

/** A page of the log, and the range that was searched. */
export class LogsAnswer {
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => LogEntryView)
  items!: LogEntryView[];

  @IsInt()
  total!: number;

  @IsInt()
  page!: number;

  @IsInt()
  pageSize!: number;

  @IsOptional()
  @IsString()
  cursor!: string | null;

  @IsInstant()
  from!: string;

  @IsInstant()
  to!: string;

  /** Part of the range, or all of it, is older than what is kept. */
  @IsBoolean()
  isPartlyExpired!: boolean;
}

export class LogBarView {
  @IsInstant()
  at!: string;

  @IsInt()
  count!: number;
}

export class LogHistogramAnswer {
  @IsInstant()
  from!: string;

  @IsInstant()
  to!: string;

  @IsIn(['minute', 'tenMinutes', 'hour', 'day'])
  unit!: string;

  @IsInt()
  total!: number;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => LogBarView)
  bars!: LogBarView[];
}

export class LogLinkAnswer {
  @IsString()
  id!: string;

  @IsString()
  url!: string;

  @IsInstant()
  from!: string;

  @IsInstant()
  to!: string;
}

export function toLogEntry({ id, document }: SearchItem): LogEntryView {
  const text = (field: string): string | null => (document[field] as string | null | undefined) ?? null;
  const number = (field: string): number | null => (document[field] as number | null | undefined) ?? null;
  const list = (field: string): string[] => [(document[field] as string | string[] | null) ?? []].flat();
  return {
    id,
    at: text('at')!,
    venture: text('venture')!,
    source: text('source')!,
    direction: text('direction')!,
    message: text('message')!,
    requestId: text('requestId'),
    itemIds: list('itemId'),
    method: text('method'),
    topic: text('topic'),
    flow: text('flow'),
    sellerSkus: list('sellerSku'),
    shopSkus: list('shopSku'),
    productSetIds: list('setId'),
    httpStatus: number('httpStatus'),
    durationMs: number('durationMs'),
    requeueCount: number('requeueCount'),
    errorReason: text('errorReason'),
  };
}
