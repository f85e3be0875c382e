import { IsCalendarDate, IsInstant, RECOMMENDATION_STATUSES, type RecommendationStatus } from '@lockstep/contracts';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString } from 'class-validator';
import { GmcDoctorBody } from './gmc-doctor-body.js';

/** A doctor as `GET` and `PUT` answer: the body as it is stored, and what is ours. */
export class GmcDoctorView extends GmcDoctorBody {
  @IsString()
  gmcNumber!: string;

  /** Grows with every change of the doctor or of a recommendation of the doctor. */
  @IsInt()
  version!: number;

  @IsInstant()
  updatedAt!: string;

  @IsOptional()
  @IsIn([...RECOMMENDATION_STATUSES])
  doctorStatus!: RecommendationStatus | null;

  @IsOptional()
  @IsCalendarDate()
  lastUpdatedDate!: string | null;

  @IsOptional()
  @IsString()
  admin!: string | null;

  @IsBoolean()
  existsInGmc!: boolean;
}
