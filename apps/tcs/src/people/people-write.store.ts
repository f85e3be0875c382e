import { allocateIds } from '@lockstep/ownership';
import type { EntityManager } from 'typeorm';
import type { PersonRecord } from './person-record.js';

/** People to write, with what the caller already knows of them. */
export interface PeopleToWrite {
  people: readonly PersonRecord[];
  /** Content hash by person id. */
  hashes: ReadonlyMap<number, string>;
  /** Id by programme number, of every programme the people state. */
  programmeIds: ReadonlyMap<string, number>;
}

/**
 * Writes people whole: rows of `person` are created or raised by one version, all their parts replaced. Rows travel as
 * arrays of columns, a statement a table.
 */
export async function writePeople(
  manager: EntityManager,
  { people, hashes, programmeIds }: PeopleToWrite,
): Promise<void> {
  if (people.length === 0) return;
  await upsertPeople(manager, people, hashes);
  await clearParts(
    manager,
    people.map(({ id }) => id),
  );
  await insertGmcDetails(manager, people);
  await insertMemberships(manager, people, programmeIds);
  await insertPlacements(manager, people);
}

/** A tombstone comes back to life with the next version of its own. */
async function upsertPeople(
  manager: EntityManager,
  people: readonly PersonRecord[],
  hashes: ReadonlyMap<number, string>,
): Promise<void> {
  await manager.query(
    `INSERT INTO person AS p (id, forenames, surname, role, content_hash, version)
     SELECT s.id, s.forenames, s.surname, s.role, s.hash, 1
     FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[]) AS s (id, forenames, surname, role, hash)
     ORDER BY s.id
     ON CONFLICT (id) DO UPDATE SET
       forenames = excluded.forenames, surname = excluded.surname, role = excluded.role,
       content_hash = excluded.content_hash, version = p.version + 1, deleted = false, updated_at = now()`,
    [
      people.map(({ id }) => id),
      people.map(({ forenames }) => forenames),
      people.map(({ surname }) => surname),
      people.map(({ role }) => role),
      people.map(({ id }) => hashes.get(id)),
    ],
  );
}

/** Removes everything people are made of. Also for new ones: somebody else may have created the same person meanwhile. */
export async function clearParts(manager: EntityManager, personIds: number[]): Promise<void> {
  await manager.query(
    `WITH memberships AS (DELETE FROM programme_membership WHERE person_id = ANY ($1) RETURNING id),
          curricula AS (
            DELETE FROM curriculum_membership
            WHERE programme_membership_id IN (SELECT id FROM programme_membership WHERE person_id = ANY ($1))
          ),
          placements AS (DELETE FROM placement WHERE person_id = ANY ($1)),
          numbers AS (DELETE FROM gmc_details WHERE person_id = ANY ($1))
     SELECT count(*) FROM memberships`,
    [personIds],
  );
}

async function insertGmcDetails(manager: EntityManager, people: readonly PersonRecord[]): Promise<void> {
  const rows = people.filter(({ gmcNumber }) => gmcNumber !== null);
  if (rows.length === 0) return;
  await manager.query(
    'INSERT INTO gmc_details (person_id, gmc_number) SELECT * FROM unnest($1::bigint[], $2::text[])',
    [rows.map(({ id }) => id), rows.map(({ gmcNumber }) => gmcNumber)],
  );
}

async function insertMemberships(
  manager: EntityManager,
  people: readonly PersonRecord[],
  programmeIds: ReadonlyMap<string, number>,
): Promise<void> {
  const rows = people.flatMap(({ id, memberships }) =>
    memberships.map((membership) => ({ personId: id, ...membership })),
  );
  if (rows.length === 0) return;
  // Ascending, so that a person's memberships keep the order in which they were put.
  const ids = await allocateIds(manager, 'programme_membership_id_seq', rows.length);
  await manager.query(
    `INSERT INTO programme_membership (id, person_id, programme_id, type, start_date, end_date)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::date[], $6::date[])`,
    [
      ids,
      rows.map(({ personId }) => personId),
      rows.map(({ programme }) => programmeIds.get(programme.number)),
      rows.map(({ type }) => type),
      rows.map(({ startDate }) => startDate),
      rows.map(({ endDate }) => endDate),
    ],
  );
  const curricula = rows.flatMap((row, index) =>
    row.curricula.map((curriculum, position) => ({ membershipId: ids[index] as number, position, ...curriculum })),
  );
  await insertCurricula(manager, curricula);
}

async function insertCurricula(
  manager: EntityManager,
  rows: readonly { membershipId: number; position: number; name: string; endDate: string | null }[],
): Promise<void> {
  if (rows.length === 0) return;
  await manager.query(
    `INSERT INTO curriculum (name)
     SELECT s.name FROM unnest($1::text[]) AS s (name)
     WHERE NOT EXISTS (SELECT FROM curriculum c WHERE c.name = s.name)
     ORDER BY s.name
     ON CONFLICT (name) DO NOTHING`,
    [[...new Set(rows.map(({ name }) => name))]],
  );
  await manager.query(
    `INSERT INTO curriculum_membership (programme_membership_id, position, curriculum_id, end_date)
     SELECT s.membership_id, s.position, c.id, s.end_date
     FROM unnest($1::bigint[], $2::int[], $3::text[], $4::date[]) AS s (membership_id, position, name, end_date)
     JOIN curriculum c ON c.name = s.name`,
    [
      rows.map(({ membershipId }) => membershipId),
      rows.map(({ position }) => position),
      rows.map(({ name }) => name),
      rows.map(({ endDate }) => endDate),
    ],
  );
}

async function insertPlacements(manager: EntityManager, people: readonly PersonRecord[]): Promise<void> {
  const rows = people.flatMap(({ id, placements }) =>
    placements.map((placement, position) => ({ personId: id, position, ...placement })),
  );
  if (rows.length === 0) return;
  await manager.query(
    `INSERT INTO placement (person_id, position, grade_id, grade, date_from, date_to)
     SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::date[], $6::date[])`,
    [
      rows.map(({ personId }) => personId),
      rows.map(({ position }) => position),
      rows.map(({ gradeId }) => gradeId),
      rows.map(({ grade }) => grade),
      rows.map(({ dateFrom }) => dateFrom),
      rows.map(({ dateTo }) => dateTo),
    ],
  );
}
