import { PageQuery } from '@lockstep/service';
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

export class LogsQuery extends PageQuery {
  /** In the language of the log search; empty: everything. */
  @IsOptional()
  @IsString()
  @MaxLength(MAX_QUERY_LENGTH)
  q: string = '';

  /** RFC 3339, or relative: `now-15m` (s, m, h, d, w). */
  @IsOptional()
  @IsString()
  @MaxLength(40)
  from: string = 'now-24h';

  @IsOptional()
  @IsString()
  @MaxLength(40)
  to: string = 'now';

  /** A comma list, for whoever shows the list; the answer holds every field. */
  @IsOptional()
  @IsString()
  @MaxLength(400)
  columns?: string;
}

/** The body of a link. */
export class LogLinkBody {
  @IsOptional()
  @IsString()
  @MaxLength(MAX_QUERY_LENGTH)
  q: string = '';

  @IsOptional()
  @IsString()
  @MaxLength(40)
  from: string = 'now-24h';

  @IsOptional()
  @IsString()
  @MaxLength(40)
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
