import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { FLOWS } from '../queue/topics.js';
import { StuckView } from './item-view.js';

/** Items in one state, and how long the oldest of them has been queued. */
export class SummaryCount {
  @IsInt()
  items!: number;

  @IsOptional()
  @IsInt()
  oldestAgeSeconds!: number | null;
}

export class StuckCount extends StuckView {
  /** Exact up to 10,000. */
  @IsInt()
  items!: number;

  @IsBoolean()
  isLowerBound!: boolean;
}

/** How far the shop is from knowing everything. A high `blocked` only means products that are not created yet. */
export class SummaryAnswer {
  @IsString()
  message!: string;

  @IsIn([...FLOWS])
  flow!: string;

  @ValidateNested()
  @Type(() => SummaryCount)
  toSend!: SummaryCount;

  @ValidateNested()
  @Type(() => SummaryCount)
  inFlight!: SummaryCount;

  @ValidateNested()
  @Type(() => SummaryCount)
  waitingForCallback!: SummaryCount;

  @ValidateNested()
  @Type(() => SummaryCount)
  held!: SummaryCount;

  @ValidateNested()
  @Type(() => SummaryCount)
  delayed!: SummaryCount;

  @ValidateNested()
  @Type(() => SummaryCount)
  blocked!: SummaryCount;

  @ValidateNested()
  @Type(() => SummaryCount)
  failed!: SummaryCount;

  /** Items that failed so often that somebody should look. */
  @IsInt()
  attention!: number;

  /** Calls that still go by the former flow. */
  @IsInt()
  draining!: number;

  @ValidateNested({ each: true })
  @Type(() => StuckCount)
  stuck!: StuckCount[];
}
