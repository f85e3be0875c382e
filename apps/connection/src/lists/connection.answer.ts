import { IsCalendarDate, IsInstant } from '@lockstep/contracts';
import { IsArray, IsIn, IsInt, IsObject, IsOptional, IsString } from 'class-validator';
import type { ConnectionDocument } from '../documents/connection-document.js';
import { EXCEPTION_REASONS } from '../documents/connection-document.js';
import { exceptionReasonsOf } from '../documents/to-connection-document.js';

/** A row of a list of connections. */
export class ConnectionInfo {
  @IsOptional()
  @IsInt()
  tcsPersonId!: number | null;

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
  @IsString()
  programmeName!: string | null;

  @IsOptional()
  @IsString()
  programmeMembershipType!: string | null;

  /** GMC's. */
  @IsOptional()
  @IsString()
  designatedBody!: string | null;

  /** Of the programme's owner. */
  @IsOptional()
  @IsString()
  tcsDesignatedBody!: string | null;

  @IsOptional()
  @IsString()
  programmeOwner!: string | null;

  @IsIn(['Yes', 'No'])
  connectionStatus!: 'Yes' | 'No';

  @IsOptional()
  @IsCalendarDate()
  programmeMembershipStartDate!: string | null;

  @IsOptional()
  @IsCalendarDate()
  programmeMembershipEndDate!: string | null;

  /** `TCS` for a doctor in the trainee records, `GMC` for one whom only GMC knows. */
  @IsIn(['TCS', 'GMC'])
  dataSource!: 'TCS' | 'GMC';

  /** Why the doctor is an exception, in words; null for one who is none. */
  @IsOptional()
  @IsString()
  exceptionReason!: string | null;

  /** Who changed the connection last; null while no change is recorded. */
  @IsOptional()
  @IsString()
  updatedBy!: string | null;

  @IsOptional()
  @IsInstant()
  lastConnectionDateTime!: string | null;

  /** For whom the doctor's discrepancy is hidden. */
  @IsArray()
  @IsObject({ each: true })
  hiddenDiscrepancies!: object[];
}

/** What both indexes hold of a doctor. */
type ListedDoctor = Omit<ConnectionDocument, 'isException' | 'exceptionReasons' | 'nextTransitionDate'>;

/** The row of a doctor on the day `today`, whichever index it was found in. */
export function toConnectionInfo(doctor: ListedDoctor, today: string): ConnectionInfo {
  const reasons = exceptionReasonsOf(doctor, today).map((reason) => EXCEPTION_REASONS[reason]);
  return {
    tcsPersonId: doctor.tcsPersonId,
    gmcReferenceNumber: doctor.gmcReferenceNumber,
    doctorFirstName: doctor.doctorFirstName,
    doctorLastName: doctor.doctorLastName,
    submissionDate: doctor.submissionDate,
    programmeName: doctor.programmeName,
    programmeMembershipType: doctor.membershipType,
    designatedBody: doctor.designatedBody,
    tcsDesignatedBody: doctor.tcsDesignatedBody,
    programmeOwner: doctor.programmeOwner,
    connectionStatus: doctor.connectionStatus,
    programmeMembershipStartDate: doctor.membershipStartDate,
    programmeMembershipEndDate: doctor.membershipEndDate,
    dataSource: doctor.tcsPersonId === null ? 'GMC' : 'TCS',
    exceptionReason: reasons.length > 0 ? reasons.join('; ') : null,
    updatedBy: null,
    lastConnectionDateTime: null,
    hiddenDiscrepancies: [],
  };
}
