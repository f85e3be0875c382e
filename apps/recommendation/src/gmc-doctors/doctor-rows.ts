import type { RecommendationFacts } from '../recommendations/recommendation-rules.js';
import type { StoredDoctor } from './gmc-doctor-record.js';

/** A doctor with all recommendations: everything that rules and items are made of. */
export interface DoctorRow extends StoredDoctor {
  recommendations: RecommendationFacts[];
}

/** SQL: the recommendations of the number that `number` stands for, as one JSON array. */
export function recommendationsJson(number: string): string {
  return `(
    SELECT coalesce(json_agg(json_build_object(
      'id', r.id, 'type', r.type, 'status', r.status, 'outcome', r.outcome,
      'gmcSubmissionDate', r.gmc_submission_date, 'actualSubmissionDate', r.actual_submission_date)), '[]')
    FROM recommendation r WHERE r.gmc_number = ${number}
  )`;
}

/** SQL: the row `d` of `doctors_for_db` as the JSON of a {@link DoctorRow}, without joins that would multiply rows. */
export const DOCTOR_JSON = `json_build_object(
  'gmcNumber', d.gmc_number, 'firstName', d.first_name, 'lastName', d.last_name,
  'submissionDate', d.submission_date, 'dateAdded', d.date_added, 'underNotice', d.under_notice,
  'sanction', d.sanction, 'doctorStatus', d.doctor_status, 'lastUpdatedDate', d.last_updated_date,
  'gmcLastUpdatedDateTime',
    to_char(d.gmc_last_updated_date_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  'designatedBodyCode', d.designated_body_code, 'admin', d.admin, 'existsInGmc', d.exists_in_gmc,
  'version', d.version, 'deleted', d.deleted, 'recommendations', ${recommendationsJson('d.gmc_number')})`;
