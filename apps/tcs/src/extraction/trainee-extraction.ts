import { type TraineeItemV1, traineeSyncData, traineeSyncEnd } from '@lockstep/contracts';
import type { ExtractionSource } from '@lockstep/extraction';
import { type PersonRow, toTraineeItem } from './trainee-item.js';

/** All people, for the `trainees` phase of a run. */
export const traineeExtraction: ExtractionSource<TraineeItemV1> = {
  service: 'tcs',
  phase: 'trainees',
  syncData: traineeSyncData,
  syncEnd: traineeSyncEnd,
  keysSql: 'SELECT id::text AS key, id AS position FROM person',
  readItems: async (manager, personIds, asOf) => {
    const rows: { person: PersonRow }[] = await manager.query(PEOPLE_SQL, [personIds]);
    return rows.map(({ person }) => toTraineeItem(person, asOf));
  },
};

/** One statement for a group, each person as one JSON value: no joins multiply rows, and no person costs a round trip. */
const PEOPLE_SQL = `
  SELECT json_build_object(
    'id', p.id, 'version', p.version, 'deleted', p.deleted,
    'forenames', p.forenames, 'surname', p.surname, 'role', p.role,
    'gmcNumber', (SELECT g.gmc_number FROM gmc_details g WHERE g.person_id = p.id),
    'memberships', (
      SELECT coalesce(json_agg(json_build_object(
        'id', m.id, 'programmeNumber', r.number, 'programmeName', r.name, 'owner', r.owner, 'type', m.type,
        'startDate', m.start_date, 'endDate', m.end_date,
        'curriculumEndDate', (
          SELECT max(c.end_date) FROM curriculum_membership c WHERE c.programme_membership_id = m.id
        ))), '[]')
      FROM programme_membership m JOIN programme r ON r.id = m.programme_id
      WHERE m.person_id = p.id
    ),
    'placements', (
      SELECT coalesce(json_agg(json_build_object(
        'gradeId', l.grade_id, 'dateFrom', l.date_from, 'dateTo', l.date_to)), '[]')
      FROM placement l WHERE l.person_id = p.id
    )
  ) AS person
  FROM person p
  WHERE p.id = ANY ($1::bigint[])`;
