import { PageQuery } from '@lockstep/service';
import { applyDecorators } from '@nestjs/common';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { MAX_QUERY_LENGTH } from './log-query.js';

/** Fields of an entry that a list can be narrowed to. */
const LOG_COLUMNS = [
  'at',
  'venture',
  'source',
  'direction',
  'message',
  'requestId',
  'itemIds',
  'method',
  'topic',
  'flow',
  'sellerSkus',
  'shopSkus',
  'productSetIds',
  'httpStatus',
  'durationMs',
  'requeueCount',
  'errorReason',
] as const;

/** In the language of the log search; empty: everything. */
const IsLogQuery = () => applyDecorators(IsOptional(), IsString(), MaxLength(MAX_QUERY_LENGTH));

/** RFC 3339, or relative: `now-15m` (s, m, h, d, w). */
const IsMoment = () => applyDecorators(IsOptional(), IsString(), MaxLength(40));

export class LogsQuery extends PageQuery {
  @IsLogQuery()
  q: string = '';

  @IsMoment()
  from: string = 'now-24h';

  @IsMoment()
  to: string = 'now';

  /** A comma list, for whoever shows the list; the answer holds every field. */
  @IsOptional()
  @IsString()
  @MaxLength(400)
  columns?: string;
}

/** The body of a link. */
export class LogLinkBody {
  @IsLogQuery()
  q: string = '';

  @IsMoment()
  from: string = 'now-24h';

  @IsMoment()
  to: string = 'now';

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(LOG_COLUMNS.length)
  @IsIn([...LOG_COLUMNS], { each: true })
  columns: string[] = [];

  /** Keeps the moments that relative ends mean now. */
  @IsOptional()
  @IsBoolean()
  freeze: boolean = true;
}
