import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsNotEmpty, IsOptional, IsString, Min, ValidateNested } from 'class-validator';
import { IsCalendarDate } from '../schema/instant.js';

/** Whether GMC expects a recommendation. */
export const UNDER_NOTICE = ['YES', 'NO', 'ON_HOLD'] as const;
export type UnderNotice = (typeof UNDER_NOTICE)[number];

/** Where a doctor's recommendation stands. */
export const RECOMMENDATION_STATUSES = [
  'NOT_STARTED',
  'STARTED',
  'READY_TO_REVIEW',
  'READY_TO_SUBMIT',
  'SUBMITTED_TO_GMC',
  'COMPLETED',
  'DRAFT',
] as const;
export type RecommendationStatus = (typeof RECOMMENDATION_STATUSES)[number];

/** What GMC answered to a recommendation, as its label. */
export const GMC_OUTCOMES = ['Approved', 'Rejected', 'Under Review'] as const;
export type GmcOutcome = (typeof GMC_OUTCOMES)[number];

/** What GMC and our own records of recommendations know of a doctor: the GMC part of the master document. */
export class GmcDoctorV1 {
  @IsString()
  @IsNotEmpty()
  gmcReferenceNumber!: string;

  @IsOptional()
  @IsString()
  doctorFirstName!: string | null;

  @IsOptional()
  @IsString()
  doctorLastName!: string | null;

  @IsOptional()
  @IsCalendarDate()
  submissionDate!: string | null;

  @IsOptional()
  @IsCalendarDate()
  dateAdded!: string | null;

  /** Day of the last change in our own records. */
  @IsOptional()
  @IsCalendarDate()
  lastUpdatedDate!: string | null;

  /** Null: not connected to a designated body. */
  @IsOptional()
  @IsString()
  designatedBody!: string | null;

  @IsOptional()
  @IsIn([...UNDER_NOTICE])
  underNotice!: UnderNotice | null;

  @IsOptional()
  @IsString()
  sanction!: string | null;

  @IsBoolean()
  existsInGmc!: boolean;

  /** Outcome of the recommendation that counts, as its label; null where there is none. */
  @IsOptional()
  @IsIn([...GMC_OUTCOMES])
  gmcStatus!: GmcOutcome | null;

  @IsOptional()
  @IsIn([...RECOMMENDATION_STATUSES])
  tisStatus!: RecommendationStatus | null;

  @IsOptional()
  @IsString()
  admin!: string | null;
}

/** One GMC doctor as `recommendation` sends it, in a rebuild and live. */
export class GmcDoctorItemV1 {
  /** Trimmed GMC number. */
  @IsString()
  @IsNotEmpty()
  key!: string;

  /** Raised with any change to the doctor or its recommendations; an older one is ignored. */
  @IsInt()
  @Min(1)
  version!: number;

  @IsBoolean()
  deleted!: boolean;

  /** Null when deleted. */
  @IsOptional()
  @ValidateNested()
  @Type(() => GmcDoctorV1)
  doctor!: GmcDoctorV1 | null;
}
