import { IsInstant } from '@lockstep/contracts';
import { PageQuery } from '@lockstep/service';
import { Type } from 'class-transformer';
import { Allow, IsArray, IsIn, IsInt, IsOptional, IsString, Matches, MaxLength, ValidateNested } from 'class-validator';
import { CountedPart } from '../counted-part.answer.js';
import { VERDICTS, type Verdict } from './decide-verdict.js';

export class CallbacksQuery extends PageQuery {
  @IsOptional()
  @IsIn([...VERDICTS])
  verdict?: Verdict;

  @IsOptional()
  @IsString()
  @MaxLength(64)
  requestId?: string;

  /** The `cursor` of the part before, where a list goes deeper than pages reach. */
  @IsOptional()
  @Matches(/^\d{1,15}$/)
  cursor?: string;
}

/** A callback as it came, and what became of it. */
export class CallbackRow {
  @IsInt()
  id!: number;

  @IsOptional()
  @IsString()
  requestId!: string | null;

  @IsIn([...VERDICTS])
  verdict!: Verdict;

  @IsOptional()
  @IsString()
  detail!: string | null;

  @IsOptional()
  @IsString()
  remoteAddress!: string | null;

  @IsInstant()
  receivedAt!: string;

  @IsOptional()
  @IsInstant()
  handledAt!: string | null;

  /** The parameters of the call; `result` is what an answer would have carried. */
  @Allow()
  body!: unknown;
}

/** One part of the inbox, the latest first. */
export class CallbacksAnswer extends CountedPart {
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => CallbackRow)
  items!: CallbackRow[];
}
