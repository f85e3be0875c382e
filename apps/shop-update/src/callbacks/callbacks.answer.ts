import { IsInstant } from '@lockstep/contracts';
import { PageQuery } from '@lockstep/service';
import { Allow, IsIn, IsInt, IsOptional, IsString, MaxLength } from 'class-validator';
import { VERDICTS, type Verdict } from './decide-verdict.js';

export class CallbacksQuery extends PageQuery {
  @IsOptional()
  @IsIn([...VERDICTS])
  verdict?: Verdict;

  @IsOptional()
  @IsString()
  @MaxLength(64)
  requestId?: string;
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
