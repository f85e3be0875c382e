import { IsInstant } from '@lockstep/contracts';
import { DEAD_LETTER_STATES, type DeadLetterState } from '@lockstep/messaging';
import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsNumber, IsObject, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { PageQuery } from '../requests/page-query.js';

/** Letters sent back in a second where nothing is asked for. */
const DEFAULT_RATE_PER_SECOND = 50;

/** Query of the list: each given field must be equal. */
export class DeadLetterQuery extends PageQuery {
  /** The queue that it died in, without `.dead`. */
  @IsOptional()
  @IsString()
  @Length(1, 255)
  queue?: string;

  @IsOptional()
  @IsIn([...DEAD_LETTER_STATES])
  state?: DeadLetterState;

  /** Type of the message. */
  @IsOptional()
  @IsString()
  @Length(1, 255)
  type?: string;

  @IsOptional()
  @IsString()
  @Length(1, 100)
  runId?: string;

  /** The code that the reason begins with: `ITEM_INVALID`. */
  @IsOptional()
  @IsString()
  @Length(1, 100)
  cause?: string;
}

/** Which letters; at least one field, so that nobody means all by leaving everything out. */
export class DeadLetterSelection {
  @IsOptional()
  @IsString()
  @Length(1, 255)
  queue?: string;

  @IsOptional()
  @IsString()
  @Length(1, 255)
  type?: string;

  @IsOptional()
  @IsString()
  @Length(1, 100)
  runId?: string;

  @IsOptional()
  @IsString()
  @Length(1, 100)
  cause?: string;

  /** Only tell how many there are. */
  @IsOptional()
  @IsBoolean()
  dryRun: boolean = false;
}

/** Body of the replay of many. */
export class ReplaySelection extends DeadLetterSelection {
  /** Letters sent back in a second. */
  @IsOptional()
  @IsNumber()
  @Min(0.1)
  @Max(1_000)
  ratePerSecond: number = DEFAULT_RATE_PER_SECOND;
}

/** What became, or would become, of a selection. */
export class SelectionAnswer {
  /** Letters that match and wait. */
  @IsInt()
  matching!: number;

  /** Letters that were changed; 0 on a dry run. */
  @IsInt()
  changed!: number;

  @IsBoolean()
  dryRun!: boolean;

  /** How long sending them back takes at the rate asked for; null where nothing is sent. */
  @IsOptional()
  @IsNumber()
  seconds!: number | null;
}

/** A letter in a list. */
export class DeadLetterView {
  @IsInt()
  id!: number;

  @IsString()
  queue!: string;

  @IsString()
  messageId!: string;

  @IsOptional()
  @IsString()
  type!: string | null;

  @IsString()
  reason!: string;

  @IsString()
  cause!: string;

  @IsInt()
  attempts!: number;

  /** How often it was sent back. */
  @IsInt()
  replays!: number;

  @IsOptional()
  @IsString()
  runId!: string | null;

  @IsOptional()
  @IsInt()
  sequence!: number | null;

  @IsIn([...DEAD_LETTER_STATES])
  state!: DeadLetterState;

  @IsInstant()
  firstSeenAt!: string;

  @IsInstant()
  parkedAt!: string;

  @IsInstant()
  stateChangedAt!: string;
}

/** A letter as a whole. */
export class DeadLetterDetail extends DeadLetterView {
  @IsString()
  exchange!: string;

  @IsString()
  routingKey!: string;

  @IsObject()
  properties!: object;

  @IsInt()
  bodyBytes!: number;

  /** The message as text; null without the scope `pii:read`, for it may hold personal data. */
  @IsOptional()
  @IsString()
  body!: string | null;
}

/** Letters of one queue and type that died of one cause. */
export class DeadLetterCauseView {
  @IsString()
  queue!: string;

  @IsOptional()
  @IsString()
  type!: string | null;

  @IsString()
  cause!: string;

  @IsIn([...DEAD_LETTER_STATES])
  state!: DeadLetterState;

  @IsInt()
  count!: number;

  /** Of the newest. */
  @IsString()
  reason!: string;

  @IsInt()
  newestId!: number;

  @IsInstant()
  firstSeenAt!: string;

  @IsInstant()
  lastParkedAt!: string;
}

/** The groups, largest first. */
export class DeadLetterCauses {
  @Type(() => DeadLetterCauseView)
  items!: DeadLetterCauseView[];
}
