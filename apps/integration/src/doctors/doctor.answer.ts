import { CurrentProgrammeV1, IsCalendarDate, type MasterDoctorDocument } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';

/** A record that the doctor was merged from. */
export class DoctorSourceAnswer {
  @IsIn(['tcs', 'recommendation'])
  source!: 'tcs' | 'recommendation';

  /** Person id at tcs, GMC number at recommendation. */
  @IsString()
  key!: string;

  @IsInt()
  version!: number;
}

/** The merged doctor as served. */
export class DoctorAnswer implements MasterDoctorDocument {
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
  @IsCalendarDate()
  lastUpdatedDate!: string | null;

  @IsOptional()
  @IsString()
  designatedBody!: string | null;

  @IsOptional()
  @IsString()
  underNotice!: string | null;

  @IsOptional()
  @IsString()
  sanction!: string | null;

  @IsBoolean()
  existsInGmc!: boolean;

  @IsOptional()
  @IsString()
  gmcStatus!: string | null;

  @IsOptional()
  @IsString()
  tisStatus!: string | null;

  @IsOptional()
  @IsString()
  admin!: string | null;

  @IsOptional()
  @IsInt()
  tcsPersonId!: number | null;

  @IsOptional()
  @IsString()
  programmeName!: string | null;

  @IsOptional()
  @IsString()
  membershipType!: string | null;

  @IsOptional()
  @IsString()
  tcsDesignatedBody!: string | null;

  @IsOptional()
  @IsString()
  programmeOwner!: string | null;

  @IsArray()
  @IsString({ each: true })
  placementGrades!: string[];

  @IsOptional()
  @IsCalendarDate()
  curriculumEndDate!: string | null;

  @IsOptional()
  @IsCalendarDate()
  membershipStartDate!: string | null;

  @IsOptional()
  @IsCalendarDate()
  membershipEndDate!: string | null;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => CurrentProgrammeV1)
  programmes!: CurrentProgrammeV1[];

  @IsIn(['Yes', 'No'])
  connectionStatus!: 'Yes' | 'No';

  @IsBoolean()
  isDiscrepancy!: boolean;

  /** Of the merged doctor; grows with each change. */
  @IsInt()
  version!: number;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => DoctorSourceAnswer)
  sources!: DoctorSourceAnswer[];
}
