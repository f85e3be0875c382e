import { inTransaction } from '@lockstep/database';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { LiveUpdates } from '../live-updates/live-updates.js';
import { clearParts, writePeople } from './people-write.store.js';
import { contentHash, type PersonRecord, type ProgrammeRecord, statedProgrammes } from './person-record.js';
import type { TraineeView } from './trainee-view.js';

/** What a save did to each person given, by id. */
export interface SaveOutcome {
  created: Set<number>;
  updated: Set<number>;
  unchanged: Set<number>;
}

/**
 * People and their parts. Every change raises the versions of all people it shows in, and leaves live messages about them,
 * in its own transaction; a save that changes nothing does neither. Writes go statement by statement over the whole set
 * given, never person by person.
 */
@Injectable()
export class PeopleStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly live: LiveUpdates,
  ) {}

  /** Creates or replaces people; each id at most once. A few hundred at a time keep statements and locks short. */
  async save(people: readonly PersonRecord[]): Promise<SaveOutcome> {
    return inTransaction(this.dataSource, async (manager) => {
      const { outcome, changed } = await savePeople(manager, people);
      await this.live.tell(manager, changed);
      return outcome;
    });
  }

  /** Leaves a tombstone without personal data; false when there is nobody, or only a tombstone. */
  async remove(personId: number): Promise<boolean> {
    return inTransaction(this.dataSource, async (manager) => {
      const gone: unknown[] = await manager.query(
        `WITH gone AS (
           UPDATE person
           SET deleted = true, version = version + 1, updated_at = now(),
               forenames = NULL, surname = NULL, role = NULL, content_hash = NULL
           WHERE id = $1 AND NOT deleted
           RETURNING id
         )
         SELECT id FROM gone`,
        [personId],
      );
      if (gone.length === 0) return false;
      await clearParts(manager, [personId]);
      await this.live.tell(manager, [personId]);
      return true;
    });
  }

  /** One statement, so that what it shows is of one moment. */
  async find(personId: number): Promise<TraineeView | null> {
    const [trainee] = await readTrainees(this.dataSource.manager, [personId]);
    return trainee ?? null;
  }
}

/** People as they are shown, in no order; those that are not there, or only as a tombstone, are left out. */
export async function readTrainees(manager: EntityManager, personIds: readonly number[]): Promise<TraineeView[]> {
  const rows: { trainee: TraineeView }[] = await manager.query(FIND_SQL, [personIds]);
  return rows.map(({ trainee }) => trainee);
}

/**
 * Programmes are always touched before people, and both in the order of their keys, so that two saves rarely deadlock
 * (and then one of them runs again).
 */
export async function savePeople(
  manager: EntityManager,
  people: readonly PersonRecord[],
): Promise<{ outcome: SaveOutcome; changed: number[] }> {
  const hashes = new Map(people.map((person) => [person.id, contentHash(person)]));
  const stated = statedProgrammes(people);
  const restated = await stateProgrammes(manager, stated);
  const programmeIds = await holdProgrammes(manager, stated);
  const known = await lockPeople(manager, [...hashes.keys()]);
  const changed = people.filter(({ id }) => known.get(id)?.contentHash !== hashes.get(id));
  const touched = await raiseMembers(manager, restated, changed);
  await writePeople(manager, { people: changed, hashes, programmeIds });
  // Also those who were not given: everybody on a programme whose name or owner was restated.
  const ids = [...new Set([...changed.map(({ id }) => id), ...touched])];
  return { outcome: classify({ people, known, changed, touched }), changed: ids };
}

interface KnownPerson {
  id: number;
  deleted: boolean;
  contentHash: string | null;
}

function classify(facts: {
  people: readonly PersonRecord[];
  known: ReadonlyMap<number, KnownPerson>;
  changed: readonly PersonRecord[];
  touched: ReadonlySet<number>;
}): SaveOutcome {
  const rewritten = new Set(facts.changed.map(({ id }) => id));
  const outcome: SaveOutcome = { created: new Set(), updated: new Set(), unchanged: new Set() };
  for (const { id } of facts.people) {
    const before = facts.known.get(id);
    if (!before || before.deleted) outcome.created.add(id);
    else if (rewritten.has(id) || facts.touched.has(id)) outcome.updated.add(id);
    else outcome.unchanged.add(id);
  }
  return outcome;
}

/** Writes what differs, locking nothing else; answers the ids of new programmes and of those whose name or owner changed. */
async function stateProgrammes(manager: EntityManager, stated: readonly ProgrammeRecord[]): Promise<number[]> {
  if (stated.length === 0) return [];
  const rows: { id: number }[] = await manager.query(
    `INSERT INTO programme (number, name, owner)
     SELECT s.number, s.name, s.owner
     FROM unnest($1::text[], $2::text[], $3::text[]) AS s (number, name, owner)
     WHERE NOT EXISTS (
       SELECT FROM programme p
       WHERE p.number = s.number AND (p.name, p.owner) IS NOT DISTINCT FROM (s.name, s.owner)
     )
     ORDER BY s.number
     ON CONFLICT (number) DO UPDATE SET name = excluded.name, owner = excluded.owner
     WHERE (programme.name, programme.owner) IS DISTINCT FROM (excluded.name, excluded.owner)
     RETURNING id`,
    [stated.map(({ number }) => number), stated.map(({ name }) => name), stated.map(({ owner }) => owner)],
  );
  return rows.map(({ id }) => id);
}

/**
 * Ids by number, locked in share mode until the end of the transaction: somebody who renames a programme meanwhile waits
 * for our memberships and so sees, and raises, the people we are adding to it.
 */
async function holdProgrammes(
  manager: EntityManager,
  stated: readonly ProgrammeRecord[],
): Promise<Map<string, number>> {
  if (stated.length === 0) return new Map();
  const rows: { id: number; number: string }[] = await manager.query(
    'SELECT id, number FROM programme WHERE number = ANY ($1) ORDER BY number FOR SHARE',
    [stated.map(({ number }) => number)],
  );
  return new Map(rows.map(({ id, number }) => [number, id]));
}

async function lockPeople(manager: EntityManager, ids: number[]): Promise<Map<number, KnownPerson>> {
  const rows: KnownPerson[] = await manager.query(
    'SELECT id, deleted, content_hash AS "contentHash" FROM person WHERE id = ANY ($1) ORDER BY id FOR UPDATE',
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** A programme's name shows in everybody who is on it. Those about to be written are raised there, once. */
export async function raiseMembers(
  manager: EntityManager,
  programmeIds: number[],
  except: readonly PersonRecord[],
): Promise<Set<number>> {
  if (programmeIds.length === 0) return new Set();
  const rows: { id: number }[] = await manager.query(
    `WITH raised AS (
       UPDATE person SET version = version + 1, updated_at = now()
       WHERE id IN (SELECT person_id FROM programme_membership WHERE programme_id = ANY ($1)) AND id <> ALL ($2)
       RETURNING id
     )
     SELECT id FROM raised`,
    [programmeIds, except.map(({ id }) => id)],
  );
  return new Set(rows.map(({ id }) => id));
}

const FIND_SQL = `
  SELECT json_build_object(
    'personId', p.id, 'version', p.version, 'updatedAt', to_char(p.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'forenames', p.forenames, 'surname', p.surname, 'role', p.role,
    'gmcNumber', (SELECT g.gmc_number FROM gmc_details g WHERE g.person_id = p.id),
    'programmeMemberships', (
      SELECT coalesce(json_agg(json_build_object(
        'programmeNumber', r.number, 'programmeName', r.name, 'owner', r.owner, 'type', m.type,
        'startDate', m.start_date, 'endDate', m.end_date,
        'curricula', (
          SELECT coalesce(json_agg(json_build_object('name', c.name, 'endDate', cm.end_date) ORDER BY cm.position), '[]')
          FROM curriculum_membership cm JOIN curriculum c ON c.id = cm.curriculum_id
          WHERE cm.programme_membership_id = m.id
        )) ORDER BY m.id), '[]')
      FROM programme_membership m JOIN programme r ON r.id = m.programme_id
      WHERE m.person_id = p.id
    ),
    'placements', (
      SELECT coalesce(json_agg(json_build_object(
        'gradeId', l.grade_id, 'grade', l.grade, 'dateFrom', l.date_from, 'dateTo', l.date_to) ORDER BY l.position), '[]')
      FROM placement l WHERE l.person_id = p.id
    )
  ) AS trainee
  FROM person p
  WHERE p.id = ANY ($1::bigint[]) AND NOT p.deleted`;
