import type pg from 'pg';
import { recomputeDocuments } from '../revalidation/recompute.js';
import type { IndexedDocument } from '../stage/master-index.js';
import type { Stage } from '../stage/stage.js';

/**
 * What the master must hold of both sources, computed a second time from their tables: people as the recomputation of the
 * trainee source has them, GMC's doctors by the SQL below, and the ownership of fields applied here. It shares no line with
 * the services. Recommendations must have been loaded after their doctors, as loading a doctor again tells another status.
 */

/** Days are written as they travel. */
const day = (column: string): string => `to_char(${column}, 'YYYY-MM-DD')`;

/** An approval more than a month old, of a doctor under notice, belongs to the cycle before. */
const PAST = `r.outcome = 'APPROVED' AND d.under_notice = 'YES' AND r.actual_submission_date < $1::date - interval '1 month'`;

const DOCTORS = `
  WITH ranked AS (
    SELECT r.*, coalesce(${PAST}, false) AS past,
      row_number() OVER (PARTITION BY r.gmc_number ORDER BY r.actual_submission_date DESC NULLS LAST,
        r.gmc_submission_date DESC NULLS LAST, r.id COLLATE "C" DESC) AS by_sending,
      row_number() OVER (PARTITION BY r.gmc_number ORDER BY r.gmc_submission_date DESC NULLS LAST,
        r.actual_submission_date DESC NULLS LAST, r.id COLLATE "C" DESC) AS by_due_date
    FROM recommendation.recommendation r JOIN recommendation.doctors_for_db d USING (gmc_number)),
  waiting AS (
    SELECT DISTINCT ON (gmc_number) gmc_number, type, outcome FROM ranked
    WHERE status = 'READY_TO_REVIEW' AND (outcome IS NULL OR outcome = 'UNDER_REVIEW')
    ORDER BY gmc_number, by_sending),
  latest AS (
    SELECT gmc_number, type, outcome FROM waiting
    UNION ALL
    SELECT gmc_number, type, outcome FROM ranked
    WHERE by_sending = 1 AND NOT past AND gmc_number NOT IN (SELECT gmc_number FROM waiting)),
  answered AS (
    SELECT gmc_number,
      CASE outcome WHEN 'APPROVED' THEN 'Approved' WHEN 'REJECTED' THEN 'Rejected' ELSE 'Under Review' END AS label
    FROM ranked WHERE by_due_date = 1 AND NOT past AND outcome IS NOT NULL AND actual_submission_date IS NOT NULL)
  SELECT json_build_object(
    'gmcReferenceNumber', d.gmc_number, 'doctorFirstName', d.first_name, 'doctorLastName', d.last_name,
    'submissionDate', ${day('d.submission_date')}, 'dateAdded', ${day('d.date_added')},
    'lastUpdatedDate', ${day('d.last_updated_date')}, 'designatedBody', d.designated_body_code,
    'underNotice', d.under_notice, 'sanction', d.sanction, 'existsInGmc', d.exists_in_gmc, 'admin', d.admin,
    'gmcStatus', answered.label,
    'tisStatus', CASE
      WHEN latest.gmc_number IS NULL OR (latest.type IS NULL AND latest.outcome IS NULL) THEN 'NOT_STARTED'
      WHEN latest.outcome IN ('APPROVED', 'REJECTED') THEN 'COMPLETED'
      WHEN latest.outcome = 'UNDER_REVIEW' THEN 'SUBMITTED_TO_GMC'
      ELSE 'DRAFT' END) AS document
  FROM recommendation.doctors_for_db d
  LEFT JOIN latest USING (gmc_number)
  LEFT JOIN answered USING (gmc_number)
  WHERE NOT d.deleted
  ORDER BY d.gmc_number COLLATE "C"`;

/** A doctor without anything from TIS. */
const NO_TIS = {
  tcsPersonId: null,
  programmeName: null,
  membershipType: null,
  tcsDesignatedBody: null,
  programmeOwner: null,
  placementGrades: [],
  curriculumEndDate: null,
  membershipStartDate: null,
  membershipEndDate: null,
  programmes: [],
};

/** All documents that must exist on a day, ordered by GMC number by bytes. Held in memory: 100,000 are about 200 MB. */
export async function recomputeMaster(stage: Stage, asOf: string): Promise<IndexedDocument[]> {
  const [trainees, doctors] = await stage.withDatabase(async (client) => {
    const people = new Map<string, IndexedDocument>();
    for await (const document of recomputeDocuments(client, asOf)) people.set(numberOf(document), document);
    return [people, await readDoctors(client, asOf)];
  });
  const known = new Set(doctors.map(numberOf));
  const documents = [
    ...doctors.map((doctor) => merged(doctor, trainees.get(numberOf(doctor)))),
    ...[...trainees.values()].filter((trainee) => !known.has(numberOf(trainee))),
  ];
  return documents.sort((a, b) => Buffer.compare(Buffer.from(numberOf(a)), Buffer.from(numberOf(b))));
}

async function readDoctors(client: pg.Client, asOf: string): Promise<IndexedDocument[]> {
  const { rows } = await client.query<{ document: IndexedDocument }>(DOCTORS, [asOf]);
  return rows.map(({ document }) => document);
}

/** GMC's fields are GMC's, the programme is TIS's, and two bodies that are not the same are a discrepancy. */
function merged(doctor: IndexedDocument, trainee: IndexedDocument | undefined): IndexedDocument {
  return {
    ...NO_TIS,
    ...trainee,
    ...doctor,
    connectionStatus: doctor['designatedBody'] === null ? 'No' : 'Yes',
    isDiscrepancy: doctor['designatedBody'] !== (trainee?.['tcsDesignatedBody'] ?? null),
  };
}

function numberOf(document: IndexedDocument): string {
  return String(document['gmcReferenceNumber']);
}
