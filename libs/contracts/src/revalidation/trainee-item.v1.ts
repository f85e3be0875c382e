import { Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsCalendarDate } from '../schema/instant.js';

/** Why the trainee source leaves a person out of the master index. */
export const EXCLUSION_CODES = [
  'GMC_NUMBER_MISSING',
  'GMC_NUMBER_UNKNOWN',
  'GMC_NUMBER_NOT_APPLICABLE',
  'GMC_NUMBER_NON_BREAKING_SPACE',
  'ROLE_DUMMY',
] as const;
export type ExclusionCode = (typeof EXCLUSION_CODES)[number];

/** A programme membership that is current on the run's day. */
export class CurrentProgrammeV1 {
  @IsOptional()
  @IsString()
  programmeNumber!: string | null;

  @IsOptional()
  @IsString()
  programmeName!: string | null;

  @IsOptional()
  @IsString()
  programmeOwner!: string | null;

  /** Designated body of the owner; null when the owner is unknown. */
  @IsOptional()
  @IsString()
  designatedBody!: string | null;

  @IsOptional()
  @IsString()
  membershipType!: string | null;

  @IsOptional()
  @IsCalendarDate()
  startDate!: string | null;

  @IsOptional()
  @IsCalendarDate()
  endDate!: string | null;

  /** Latest end of the membership's curricula. */
  @IsOptional()
  @IsCalendarDate()
  curriculumEndDate!: string | null;
}

/** What the trainee source knows of a doctor: the TIS part of the master document. */
export class TraineeV1 {
  @IsInt()
  @Min(1)
  tcsPersonId!: number;

  /** Trimmed; never one of the filtered values. */
  @IsString()
  @IsNotEmpty()
  gmcReferenceNumber!: string;

  @IsOptional()
  @IsString()
  doctorFirstName!: string | null;

  @IsOptional()
  @IsString()
  doctorLastName!: string | null;

  /** Names of all current programmes, primary first, joined by ` | `. */
  @IsOptional()
  @IsString()
  programmeName!: string | null;

  /** This and the next five are of the only current membership; null when there is none or more than one. */
  @IsOptional()
  @IsString()
  membershipType!: string | null;

  @IsOptional()
  @IsString()
  programmeOwner!: string | null;

  @IsOptional()
  @IsString()
  tcsDesignatedBody!: string | null;

  @IsOptional()
  @IsCalendarDate()
  membershipStartDate!: string | null;

  @IsOptional()
  @IsCalendarDate()
  membershipEndDate!: string | null;

  @IsOptional()
  @IsCalendarDate()
  curriculumEndDate!: string | null;

  /** Grade ids of the placements current on the run's day, ascending, each once. */
  @IsArray()
  @IsString({ each: true })
  placementGrades!: string[];

  /** All current memberships, primary first. */
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => CurrentProgrammeV1)
  programmes!: CurrentProgrammeV1[];
}

/** One person as the trainee source sends it, in a rebuild and live. */
export class TraineeItemV1 {
  /** Person id. */
  @IsString()
  @IsNotEmpty()
  key!: string;

  /** Raised by the source in the transaction that changes anything the record is made of; an older one is ignored. */
  @IsInt()
  @Min(1)
  version!: number;

  @IsBoolean()
  deleted!: boolean;

  /** Set when the filters keep the person out; `trainee` is null then. */
  @IsOptional()
  @IsIn([...EXCLUSION_CODES])
  excluded!: ExclusionCode | null;

  /** The number as it was entered, to explain an exclusion. */
  @IsOptional()
  @IsString()
  enteredGmcNumber!: string | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => TraineeV1)
  trainee!: TraineeV1 | null;
}
