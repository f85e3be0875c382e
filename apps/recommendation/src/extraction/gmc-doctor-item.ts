import type { GmcDoctorItemV1, RecommendationStatus, UnderNotice } from '@lockstep/contracts';
import { gmcOutcomeOf, type RecommendationFacts } from '../recommendations/recommendation-rules.js';

/** A doctor with everything that an item is made of, as the database reads it. */
export interface GmcDoctorRow {
  gmcNumber: string;
  version: number;
  deleted: boolean;
  firstName: string | null;
  lastName: string | null;
  submissionDate: string | null;
  dateAdded: string | null;
  lastUpdatedDate: string | null;
  designatedBodyCode: string | null;
  underNotice: UnderNotice | null;
  sanction: string | null;
  existsInGmc: boolean;
  doctorStatus: RecommendationStatus | null;
  admin: string | null;
  recommendations: RecommendationFacts[];
}

/** The item of a doctor as of a day. Tombstones travel too, so that what was sent before is emptied. */
export function toGmcDoctorItem(row: GmcDoctorRow, asOf: string): GmcDoctorItemV1 {
  const head = { key: row.gmcNumber, version: row.version };
  if (row.deleted) return { ...head, deleted: true, doctor: null };
  return {
    ...head,
    deleted: false,
    doctor: {
      gmcReferenceNumber: row.gmcNumber,
      doctorFirstName: row.firstName,
      doctorLastName: row.lastName,
      submissionDate: row.submissionDate,
      dateAdded: row.dateAdded,
      lastUpdatedDate: row.lastUpdatedDate,
      designatedBody: row.designatedBodyCode,
      underNotice: row.underNotice,
      sanction: row.sanction,
      existsInGmc: row.existsInGmc,
      gmcStatus: gmcOutcomeOf(row.recommendations, row, asOf),
      tisStatus: row.doctorStatus,
      admin: row.admin,
    },
  };
}
