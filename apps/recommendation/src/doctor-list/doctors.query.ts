import { GMC_OUTCOMES, type GmcOutcome, RECOMMENDATION_STATUSES, type RecommendationStatus } from '@lockstep/contracts';
import { CommaList, SearchPageQuery } from '@lockstep/service';
import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';

const NOTICES = ['true', 'false', 'YES', 'NO', 'ON_HOLD'] as const;

/** What the list of doctors can be asked for. All conditions hold together. */
export class DoctorsQuery extends SearchPageQuery {
  /** Words of names or the GMC number; each is the beginning of a word. At most 256 characters. */
  @IsOptional()
  @IsString()
  search?: string;

  /** `true` or `YES`: only doctors under notice; `false`: all; `NO`, `ON_HOLD`: those. */
  @IsOptional()
  @IsIn([...NOTICES])
  underNotice?: (typeof NOTICES)[number];

  /** Whole codes, as in `1-25U-830`. */
  @IsOptional()
  @CommaList()
  @IsArray()
  @ArrayMaxSize(200)
  @MaxLength(100, { each: true })
  designatedBodies?: string[];

  /** Words that stand in the programme's name one after the other. */
  @IsOptional()
  @IsString()
  programmeName?: string;

  @IsOptional()
  @IsIn([...GMC_OUTCOMES])
  gmcStatus?: GmcOutcome;

  @IsOptional()
  @IsIn([...RECOMMENDATION_STATUSES])
  tisStatus?: RecommendationStatus;

  /** The admin's whole address. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  admin?: string;
}
