import type { EntityManager } from 'typeorm';

/** A membership that an import adds to what a person has. */
export interface NewMembership {
  personId: number;
  programmeId: number;
  type: string | null;
  startDate: string | null;
  endDate: string | null;
}

/** Those that are there, locked so that whoever renames one sees the people who are joining it. */
export async function findProgrammeIds(manager: EntityManager, ids: readonly number[]): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const rows: { id: number }[] = await manager.query(
    'SELECT id FROM programme WHERE id = ANY ($1::bigint[]) ORDER BY number FOR SHARE',
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/**
 * Adds those that a person does not have already, exactly so; answers whom that has changed. People and programmes are
 * locked by the caller. What was put last says no more what there is, so its hash goes.
 */
export async function addMemberships(manager: EntityManager, memberships: readonly NewMembership[]): Promise<number[]> {
  if (memberships.length === 0) return [];
  const rows: { personId: number }[] = await manager.query(
    `INSERT INTO programme_membership (person_id, programme_id, type, start_date, end_date)
     SELECT DISTINCT ON (person_id, programme_id, type, start_date, end_date) s.person_id, s.programme_id, s.type, s.start_date, s.end_date
     FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::date[], $5::date[])
       AS s (person_id, programme_id, type, start_date, end_date)
     WHERE NOT EXISTS (
       SELECT FROM programme_membership m
       WHERE m.person_id = s.person_id AND m.programme_id = s.programme_id
         AND (m.type, m.start_date, m.end_date) IS NOT DISTINCT FROM (s.type, s.start_date, s.end_date))
     RETURNING person_id AS "personId"`,
    [
      memberships.map(({ personId }) => personId),
      memberships.map(({ programmeId }) => programmeId),
      memberships.map(({ type }) => type),
      memberships.map(({ startDate }) => startDate),
      memberships.map(({ endDate }) => endDate),
    ],
  );
  const changed = [...new Set(rows.map(({ personId }) => personId))];
  await manager.query('UPDATE person SET content_hash = NULL WHERE id = ANY ($1::bigint[])', [changed]);
  return changed;
}
