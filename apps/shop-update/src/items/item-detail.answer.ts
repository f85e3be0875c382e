import { IsInstant } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import { IsArray, IsInt, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import { ItemView } from './item-view.js';

/** A stay in a status. */
export class TimelineView {
  @IsInstant()
  at!: string;

  @IsOptional()
  @IsString()
  from!: string | null;

  @IsString()
  to!: string;

  @IsString()
  toLabel!: string;

  @IsOptional()
  @IsString()
  reason!: string | null;

  /** Number of the row in the table of transitions, and what it says happened. */
  @IsString()
  cause!: string;

  @IsOptional()
  @IsString()
  event!: string | null;

  @IsOptional()
  @IsString()
  requestId!: string | null;

  /** How long it stayed; of the last stay of an unfinished item until now. */
  @IsInt()
  dwellMs!: number;
}

/** What an operator did with the item. */
export class ActionView {
  @IsInstant()
  at!: string;

  /** retry, release, cancel, done, skip. */
  @IsString()
  action!: string;

  @IsString()
  by!: string;

  @IsOptional()
  @IsString()
  reason!: string | null;
}

export class CallbackOfAttempt {
  @IsInstant()
  receivedAt!: string;

  @IsString()
  verdict!: string;

  @IsOptional()
  body!: unknown;
}

/** What the shop said at once, as the log has it. */
export class ResponseOfAttempt {
  @IsInstant()
  at!: string;

  /** Ack or RawResponse. */
  @IsString()
  direction!: string;

  @IsString()
  text!: string;
}

/** A call that carried the item. */
export class AttemptView {
  @IsString()
  requestId!: string;

  @IsString()
  flow!: string;

  @IsString()
  method!: string;

  @IsObject()
  headers!: Record<string, string>;

  /** What it said about this item. */
  @IsOptional()
  request!: unknown;

  @IsInt()
  itemsOfCall!: number;

  @IsInstant()
  sentAt!: string;

  @IsOptional()
  @IsInstant()
  acknowledgedAt!: string | null;

  @IsOptional()
  @IsInstant()
  respondedAt!: string | null;

  @IsOptional()
  @IsInt()
  ackMs!: number | null;

  /** Until the answer; until the acknowledgment while there is none. */
  @IsOptional()
  @IsInt()
  durationMs!: number | null;

  @IsOptional()
  @IsInt()
  httpStatus!: number | null;

  @IsString()
  outcome!: string;

  @IsOptional()
  @IsString()
  errorReason!: string | null;

  @IsOptional()
  @IsString()
  error!: string | null;

  /** What came of it: synced, refused, bad_response, src_id_conflict; none before the answer. */
  @IsOptional()
  @IsString()
  itemOutcome!: string | null;

  /** For whoever may read the log, as long as it is kept; null also while the search engine is away. */
  @IsOptional()
  @ValidateNested()
  @Type(() => ResponseOfAttempt)
  response!: ResponseOfAttempt | null;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => CallbackOfAttempt)
  callbacks!: CallbackOfAttempt[];
}

export class PlannedRetryView {
  @IsInt()
  retryNo!: number;

  @IsInstant()
  at!: string;
}

export class LaneView {
  /** Unfinished items of the product set, this one included, in their order; those around it. */
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ItemView)
  items!: ItemView[];

  /** The one that leaves next. */
  @IsOptional()
  @IsInt()
  readyItemId!: number | null;

  @IsInt()
  before!: number;

  @IsInt()
  behind!: number;
}

export class PayloadChangeView {
  @IsString()
  path!: string;

  @IsOptional()
  before?: unknown;

  @IsOptional()
  after?: unknown;
}

export class PayloadDiffView {
  /** The item whose values the shop has; none: it has none. */
  @IsOptional()
  @IsInt()
  lastSyncedItemId!: number | null;

  @IsOptional()
  @IsInstant()
  lastSyncedAt!: string | null;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => PayloadChangeView)
  changes!: PayloadChangeView[];
}

export class LogsLinkView {
  @IsString()
  q!: string;

  @IsString()
  url!: string;
}

/** All that is known of an item. */
export class ItemDetailAnswer {
  @ValidateNested()
  @Type(() => ItemView)
  item!: ItemView;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => TimelineView)
  timeline!: TimelineView[];

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ActionView)
  actions!: ActionView[];

  /** The latest first. */
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => AttemptView)
  attempts!: AttemptView[];

  /** When it would be tried, were every attempt to fail at once. */
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => PlannedRetryView)
  retryPlan!: PlannedRetryView[];

  @ValidateNested()
  @Type(() => LaneView)
  lane!: LaneView;

  /** What was last said about it, beside what the shop has; none before the first attempt. */
  @IsOptional()
  @ValidateNested()
  @Type(() => PayloadDiffView)
  diff!: PayloadDiffView | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => LogsLinkView)
  logs!: LogsLinkView | null;
}
