import type { CurrentProgrammeV1 } from './trainee-item.v1.js';

/**
 * A doctor as the master index holds it, one document a GMC number. Who owns a field: GMC the identity, dates of
 * revalidation and designated body; TIS the programme part; Lockstep what is derived.
 */
export interface MasterDoctorDocument {
  /** The document's id: trimmed GMC number. */
  gmcReferenceNumber: string;
  /** GMC's names; TIS names only where GMC does not know the doctor. */
  doctorFirstName: string | null;
  doctorLastName: string | null;
  /** GMC. Calendar dates are `yyyy-MM-dd`. */
  submissionDate: string | null;
  dateAdded: string | null;
  lastUpdatedDate: string | null;
  designatedBody: string | null;
  underNotice: string | null;
  sanction: string | null;
  /** False for a doctor only TIS knows. */
  existsInGmc: boolean;
  /** Outcome of the latest recommendation, as its label (`Approved`). */
  gmcStatus: string | null;
  tisStatus: string | null;
  admin: string | null;
  /** TIS. */
  tcsPersonId: number | null;
  programmeName: string | null;
  membershipType: string | null;
  tcsDesignatedBody: string | null;
  programmeOwner: string | null;
  placementGrades: string[];
  curriculumEndDate: string | null;
  membershipStartDate: string | null;
  membershipEndDate: string | null;
  programmes: CurrentProgrammeV1[];
  /** Derived: `Yes` with a designated body at GMC, else `No`. */
  connectionStatus: 'Yes' | 'No';
  /** Derived: GMC's and TIS's designated bodies differ (one missing differs, both missing do not). */
  isDiscrepancy: boolean;
}
