import { IsCalendarDate } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import type { RecommendationDocument } from './recommendation-document.js';

/** A row of the list of doctors. */
export class TraineeInfo {
  @IsString()
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

  @IsOptional()
  @IsString()
  underNotice!: string | null;

  @IsOptional()
  @IsString()
  sanction!: string | null;

  /** Where the recommendation stands; filtered by `tisStatus`. */
  @IsOptional()
  @IsString()
  doctorStatus!: string | null;

  /** What GMC answered; filtered by `gmcStatus`. */
  @IsOptional()
  @IsString()
  gmcOutcome!: string | null;

  @IsOptional()
  @IsString()
  admin!: string | null;

  @IsOptional()
  @IsCalendarDate()
  lastUpdatedDate!: string | null;

  @IsOptional()
  @IsString()
  designatedBody!: string | null;

  @IsIn(['Yes', 'No'])
  connectionStatus!: 'Yes' | 'No';

  @IsOptional()
  @IsString()
  programmeName!: string | null;

  @IsOptional()
  @IsString()
  programmeMembershipType!: string | null;

  @IsOptional()
  @IsCalendarDate()
  curriculumEndDate!: string | null;
}

/** A page of the list, and how many doctors there are at all. */
export class DoctorsAnswer {
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => TraineeInfo)
  items!: TraineeInfo[];

  /** Doctors that meet the conditions. */
  @IsInt()
  total!: number;

  @IsInt()
  page!: number;

  @IsInt()
  pageSize!: number;

  @IsOptional()
  @IsString()
  cursor!: string | null;

  /** All doctors that exist in GMC, whatever is asked for. */
  @IsInt()
  countTotal!: number;

  /** Those of them who are under notice. */
  @IsInt()
  countUnderNotice!: number;
}

/** The row of a doctor. */
export function toTraineeInfo(doctor: RecommendationDocument): TraineeInfo {
  return {
    gmcReferenceNumber: doctor.gmcReferenceNumber,
    doctorFirstName: doctor.doctorFirstName,
    doctorLastName: doctor.doctorLastName,
    submissionDate: doctor.submissionDate,
    dateAdded: doctor.dateAdded,
    underNotice: doctor.underNotice,
    sanction: doctor.sanction,
    doctorStatus: doctor.tisStatus,
    gmcOutcome: doctor.gmcStatus,
    admin: doctor.admin,
    lastUpdatedDate: doctor.lastUpdatedDate,
    designatedBody: doctor.designatedBody,
    connectionStatus: doctor.connectionStatus,
    programmeName: doctor.programmeName,
    programmeMembershipType: doctor.membershipType,
    curriculumEndDate: doctor.curriculumEndDate,
  };
}
