import type pg from 'pg';
import type { IndexedDocument } from '../stage/master-index.js';

/**
 * What the master index must hold, computed a second time: set-based SQL over the tables of the trainee source, written
 * from the rules alone. It shares no line with the services, so that a rule they both misread would have to be misread
 * twice. There is no GMC data yet: GMC's fields are null and every doctor is known to TIS only.
 */

/** A programme's owner and the code of its designated body. */
const DESIGNATED_BODIES: readonly (readonly [owner: string, code: string])[] = [
  ['Kent, Surrey and Sussex', '1-1RUZV1D'],
  ['London LETBs', '1-1RUZV1D'],
  ['North West London', '1-1RUZV6H'],
  ['North Central and East London', '1-1RUZV4H'],
  ['South London', '1-1RSSQ5L'],
  ['East Midlands', '1-1RSSPZ7'],
  ['East of England', '1-1RSSQ05'],
  ['North East', '1-1RSSQ1B'],
  ['Thames Valley', '1-1RSSQ6R'],
  ['Yorkshire and the Humber', '1-1RSG4X0'],
  ['West Midlands', '1-1RUZUYF'],
  ['South West', '1-1RUZUVB'],
  ['Wessex', '1-1RUZUSF'],
  ['North West', '1-1RSSQ2H'],
  ['Northern Ireland Medical and Dental Training Agency', '1-25U-830'],
];

const BODIES = DESIGNATED_BODIES.map(([owner, code]) => `('${owner}', '${code}')`).join(', ');

/** People with their number trimmed, and why they are left out. The first rule that applies names the reason. */
const PEOPLE = `
  person AS (
    SELECT p.id, p.forenames, p.surname, regexp_replace(g.gmc_number, '^\\s+|\\s+$', '', 'g') AS number,
      CASE
        WHEN p.role ILIKE '%dummy%' OR p.role ILIKE '%placeholder%' THEN 'ROLE_DUMMY'
        WHEN strpos(g.gmc_number, chr(160)) > 0 THEN 'GMC_NUMBER_NON_BREAKING_SPACE'
        WHEN coalesce(g.gmc_number, '') ~ '^\\s*$' THEN 'GMC_NUMBER_MISSING'
        WHEN lower(regexp_replace(g.gmc_number, '^\\s+|\\s+$', '', 'g')) = 'unknown' THEN 'GMC_NUMBER_UNKNOWN'
        WHEN lower(regexp_replace(g.gmc_number, '^\\s+|\\s+$', '', 'g')) IN ('na', 'n/a') THEN 'GMC_NUMBER_NOT_APPLICABLE'
      END AS reason
    FROM tcs.person p LEFT JOIN tcs.gmc_details g ON g.person_id = p.id
    WHERE NOT p.deleted)`;

/** Memberships and grades of the day ($1), both ends inclusive, and the numbers that exactly one person claims. */
const PARTS = `
  body (owner, code) AS (VALUES ${BODIES}),
  membership AS (
    SELECT m.person_id, m.id, r.number, r.name, r.owner, body.code, m.type, m.start_date, m.end_date, curricula.end_date AS curriculum_end
    FROM tcs.programme_membership m
    JOIN tcs.programme r ON r.id = m.programme_id
    LEFT JOIN body ON body.owner = r.owner
    LEFT JOIN (SELECT programme_membership_id, max(end_date) AS end_date FROM tcs.curriculum_membership GROUP BY 1) curricula
      ON curricula.programme_membership_id = m.id
    WHERE $1::date BETWEEN m.start_date AND m.end_date),
  programmes AS (
    SELECT person_id, count(*) AS memberships,
      string_agg(name, ' | ' ORDER BY end_date DESC, start_date DESC, id) AS names,
      min(type) AS type, min(owner) AS owner, min(code) AS code,
      min(start_date) AS start_date, min(end_date) AS end_date, min(curriculum_end) AS curriculum_end,
      json_agg(json_build_object(
        'programmeNumber', number, 'programmeName', name, 'programmeOwner', owner, 'designatedBody', code,
        'membershipType', type, 'startDate', start_date, 'endDate', end_date, 'curriculumEndDate', curriculum_end)
        ORDER BY end_date DESC, start_date DESC, id) AS list
    FROM membership GROUP BY person_id),
  grades AS (
    SELECT person_id, json_agg(grade_id ORDER BY grade_id COLLATE "C") AS list
    FROM (SELECT DISTINCT person_id, grade_id FROM tcs.placement WHERE $1::date BETWEEN date_from AND date_to) current
    GROUP BY person_id),
  claimed AS (
    SELECT number, min(id) AS id, array_agg(id ORDER BY id) AS people FROM person WHERE reason IS NULL GROUP BY number)`;

const DOCUMENTS = `
  WITH ${PEOPLE}, ${PARTS}
  SELECT json_build_object(
    'gmcReferenceNumber', claimed.number, 'doctorFirstName', person.forenames, 'doctorLastName', person.surname,
    'submissionDate', NULL, 'dateAdded', NULL, 'lastUpdatedDate', NULL, 'designatedBody', NULL, 'underNotice', NULL,
    'sanction', NULL, 'existsInGmc', false, 'gmcStatus', NULL, 'tisStatus', NULL, 'admin', NULL,
    'tcsPersonId', person.id,
    'programmeName', programmes.names,
    'membershipType', CASE memberships WHEN 1 THEN type END,
    'tcsDesignatedBody', CASE memberships WHEN 1 THEN code END,
    'programmeOwner', CASE memberships WHEN 1 THEN owner END,
    'placementGrades', coalesce(grades.list, '[]'),
    'curriculumEndDate', CASE memberships WHEN 1 THEN curriculum_end END,
    'membershipStartDate', CASE memberships WHEN 1 THEN start_date END,
    'membershipEndDate', CASE memberships WHEN 1 THEN end_date END,
    'programmes', coalesce(programmes.list, '[]'),
    'connectionStatus', 'No',
    'isDiscrepancy', coalesce(memberships = 1 AND code IS NOT NULL, false)) AS document
  FROM claimed JOIN person ON person.id = claimed.id
  LEFT JOIN programmes ON programmes.person_id = person.id
  LEFT JOIN grades ON grades.person_id = person.id
  WHERE cardinality(claimed.people) = 1
  ORDER BY claimed.number COLLATE "C"`;

const WARNINGS = `
  WITH ${PEOPLE}, ${PARTS}
  SELECT reason AS code, id::text AS key FROM person WHERE reason IS NOT NULL AND $1::date IS NOT NULL
  UNION ALL SELECT 'GMC_NUMBER_SHARED', number FROM claimed WHERE cardinality(people) > 1
  ORDER BY code, key`;

const PAGE = 2_000;

/** Documents that must exist, as of a day, ordered by GMC number by bytes; read by a cursor, a page at a time. */
export async function* recomputeDocuments(client: pg.Client, asOf: string): AsyncGenerator<IndexedDocument> {
  await client.query('BEGIN TRANSACTION READ ONLY');
  try {
    // Everything is read once: joins by hash, however young the tables' statistics are.
    await client.query('SET LOCAL enable_nestloop = off; SET LOCAL jit = off; SET LOCAL cursor_tuple_fraction = 1');
    await client.query(`DECLARE expected NO SCROLL CURSOR FOR ${inlineDay(DOCUMENTS, asOf)}`);
    for (;;) {
      const { rows } = await client.query<{ document: IndexedDocument }>(`FETCH ${PAGE} FROM expected`);
      for (const { document } of rows) yield document;
      if (rows.length < PAGE) return;
    }
  } finally {
    await client.query('ROLLBACK');
  }
}

/** Warnings that a run must list: people left out, and numbers that several people claim. */
export async function recomputeWarnings(client: pg.Client, asOf: string): Promise<{ code: string; key: string }[]> {
  const { rows } = await client.query<{ code: string; key: string }>(inlineDay(WARNINGS, asOf));
  return rows;
}

/** A cursor takes no parameters. */
function inlineDay(sql: string, asOf: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(asOf)) throw new Error(`${asOf} is no day`);
  return sql.replaceAll('$1', `'${asOf}'`);
}
