import { UNDER_NOTICE, type UnderNotice } from '@lockstep/contracts';
import { IsIn, IsOptional } from 'class-validator';
import { IsDay, IsGmcNumber, IsMoment, IsText } from './field-checks.js';

/** A doctor as GMC tells of one: what is absent is empty, whatever it was before. */
export class GmcDoctorBody {
  @IsOptional()
  @IsText(200)
  doctorFirstName?: string | null;

  @IsOptional()
  @IsText(200)
  doctorLastName?: string | null;

  /** Day by which GMC expects the next recommendation. */
  @IsOptional()
  @IsDay()
  submissionDate?: string | null;

  /** Absent: stays as it was; today for a doctor not known before. */
  @IsOptional()
  @IsDay()
  dateAdded?: string | null;

  @IsOptional()
  @IsIn([...UNDER_NOTICE])
  underNotice?: UnderNotice | null;

  @IsOptional()
  @IsText(500)
  sanction?: string | null;

  /** Null or empty: not connected. */
  @IsOptional()
  @IsText(50)
  designatedBodyCode?: string | null;

  /** When GMC's data was asked for. Absent: as it was; a later snapshot of the body may take the doctor for stale. */
  @IsOptional()
  @IsMoment()
  gmcLastUpdatedDateTime?: string | null;
}

/** One line of a bulk load, and one doctor of a snapshot. */
export class NumberedGmcDoctorBody extends GmcDoctorBody {
  @IsGmcNumber()
  gmcNumber!: string;
}
