import { IsCalendarDate } from '@lockstep/contracts';
import { CommaList, SearchPageQuery } from '@lockstep/service';
import { ArrayMaxSize, IsArray, IsOptional, IsString, MaxLength } from 'class-validator';

const MAX_BODIES = 200;
const MAX_CODE_LENGTH = 100;

/** What a list of connections can be asked for. All conditions hold together; dates include both ends. */
export class ConnectionsQuery extends SearchPageQuery {
  /** Words of names or the GMC number; each is the beginning of a word. At most 256 characters. */
  @IsOptional()
  @IsString()
  search?: string;

  /** Whole codes, as in `1-25U-830`. */
  @IsOptional()
  @CommaList()
  @IsArray()
  @ArrayMaxSize(MAX_BODIES)
  @MaxLength(MAX_CODE_LENGTH, { each: true })
  designatedBodies?: string[];

  @IsOptional()
  @CommaList()
  @IsArray()
  @ArrayMaxSize(MAX_BODIES)
  @MaxLength(MAX_CODE_LENGTH, { each: true })
  tisDesignatedBodies?: string[];

  /** Words that stand in the programme's name one after the other. */
  @IsOptional()
  @IsString()
  programmeName?: string;

  @IsOptional()
  @IsCalendarDate()
  membershipEndDateFrom?: string;

  @IsOptional()
  @IsCalendarDate()
  membershipEndDateTo?: string;

  @IsOptional()
  @IsCalendarDate()
  submissionDateFrom?: string;

  @IsOptional()
  @IsCalendarDate()
  submissionDateTo?: string;
}
