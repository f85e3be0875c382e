import { IsInstant } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsNumber, IsOptional, IsString, ValidateNested } from 'class-validator';
import { SummaryCount } from '../items/summary.answer.js';
import { QUEUED } from '../queue/indexed-status.js';
import type { Status } from '../queue/statuses.js';
import { GRAPH_RANGES, type GraphRange, NAMED_RANGES, type NamedRange } from './graph-range.js';

export class GraphQuery {
  /** Up to now; 24h by default. */
  @IsOptional()
  @IsIn([...NAMED_RANGES])
  range?: NamedRange;

  /** With `to`, or without it up to now: any time of at most 100 days. */
  @IsOptional()
  @IsInstant()
  from?: string;

  @IsOptional()
  @IsInstant()
  to?: string;
}

/** What every graph has: bars of one width, of which the last is still filling where the graph ends now. */
export class GraphAnswer {
  @IsIn([...NAMED_RANGES, 'custom'])
  range!: NamedRange | 'custom';

  @IsInstant()
  from!: string;

  @IsInstant()
  to!: string;

  @IsInt()
  barSeconds!: number;

  /** Beginnings of the bars; every series has one value for each. */
  @IsArray()
  @IsString({ each: true })
  bars!: string[];
}

export class KpiPoint {
  @IsInt()
  seconds!: number;

  /** Of all that were queued in the time, superseded and cancelled ones aside. */
  @IsNumber()
  percent!: number;
}

/** How soon what was queued in a time was known to the shop. */
export class KpiWindow {
  @IsIn([...GRAPH_RANGES])
  range!: GraphRange;

  /** A whole hour. */
  @IsInstant()
  from!: string;

  /** Those that count: synced and unfinished ones. */
  @IsInt()
  queued!: number;

  @IsInt()
  synced!: number;

  @IsInt()
  unfinished!: number;

  @IsInt()
  superseded!: number;

  @IsInt()
  cancelled!: number;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => KpiPoint)
  points!: KpiPoint[];

  /** In at most so many seconds half of them; null when fewer are synced. */
  @IsOptional()
  @IsNumber()
  p50Seconds!: number | null;

  @IsOptional()
  @IsNumber()
  p95Seconds!: number | null;

  @IsOptional()
  @IsNumber()
  p99Seconds!: number | null;
}

export class SyncKpiAnswer extends GraphAnswer {
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => KpiWindow)
  windows!: KpiWindow[];

  /** Requests sent, a bar each. */
  @IsArray()
  @IsInt({ each: true })
  sentRequests!: number[];
}

export class TopicSeries {
  @IsString()
  topic!: string;

  @IsString()
  label!: string;

  @IsInt()
  total!: number;

  @IsArray()
  @IsInt({ each: true })
  items!: number[];
}

/** Items of one topic and status that had not ended at the last look in each bar; none of what there never was. */
export class UnfinishedSeries {
  @IsString()
  topic!: string;

  @IsString()
  label!: string;

  /** What is on its way to the shop is `pending`. */
  @IsIn([...QUEUED])
  status!: Status;

  @IsString()
  statusLabel!: string;

  /** Null when nobody looked, because no service ran. */
  @IsArray()
  @IsOptional({ each: true })
  @IsInt({ each: true })
  items!: (number | null)[];
}

export class WaitingNow extends SummaryCount {
  @IsString()
  state!: string;
}

/** What was sent, and what waits. A graph of what was sent is silent exactly when nothing goes: hence the second. */
export class QueueSizeAnswer extends GraphAnswer {
  @IsString()
  message!: string;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => TopicSeries)
  series!: TopicSeries[];

  /**
   * For each bar, how long the oldest item that was still to be sent or answered had waited, at most: 0 when none was; null when
   * nobody looked, because no service ran. What is blocked or has failed waits for somebody, and is not meant.
   */
  @IsArray()
  @IsOptional({ each: true })
  @IsNumber({}, { each: true })
  oldestAgeSeconds!: (number | null)[];

  /** Stacked over the topics, with or without some of the statuses: how the queue grew and shrank. */
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => UnfinishedSeries)
  unfinished!: UnfinishedSeries[];

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => WaitingNow)
  waiting!: WaitingNow[];
}

export class ReasonCount {
  @IsString()
  reason!: string;

  @IsInt()
  calls!: number;
}

export class MethodCalls {
  @IsString()
  method!: string;

  @IsInt()
  calls!: number;

  @IsInt()
  failures!: number;

  @IsArray()
  @IsInt({ each: true })
  success!: number[];

  @IsArray()
  @IsInt({ each: true })
  failure!: number[];

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ReasonCount)
  reasons!: ReasonCount[];
}

/** Calls that have ended. A call fails when it is not accepted, not answered, or the shop refuses some item of it. */
export class ApiCallsAnswer extends GraphAnswer {
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => MethodCalls)
  methods!: MethodCalls[];
}

/** Times of one kind. */
export class TimeSeries {
  @IsIn(['response', 'ack', 'callback'])
  kind!: string;

  @IsInt()
  calls!: number;

  @IsOptional()
  @IsNumber()
  meanMs!: number | null;

  /** At most so long took 95 of 100. */
  @IsOptional()
  @IsNumber()
  p95Ms!: number | null;

  /** A bar each; null where nothing was answered. */
  @IsArray()
  meanMsByBar!: (number | null)[];

  @IsArray()
  p95MsByBar!: (number | null)[];
}

export class MethodTimes {
  @IsString()
  method!: string;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => TimeSeries)
  series!: TimeSeries[];
}

export class ResponseTimeAnswer extends GraphAnswer {
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => MethodTimes)
  methods!: MethodTimes[];
}
