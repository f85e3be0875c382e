import { londonDate } from '@lockstep/contracts';
import { Clock } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import type { RecommendationFacts } from '../recommendations/recommendation-rules.js';
import { DOCTOR_JSON, type DoctorRow, recommendationsJson } from './doctor-rows.js';
import { DoctorWriteStore } from './doctor-write.store.js';
import {
  type DoctorDecision,
  decidePut,
  type GmcDoctorRecord,
  type KnownDoctor,
  type StoredDoctor,
} from './gmc-doctor-record.js';
import type { GmcDoctorView } from './gmc-doctor-view.js';
import { decideSnapshot, type SnapshotCounts } from './snapshot.js';

/** Numbers of the doctors that a save made new or changed; the others stayed as they were. */
export interface SaveOutcome {
  created: Set<string>;
  updated: Set<string>;
}

/** GMC's snapshot of one designated body. */
export interface BodySnapshot {
  designatedBodyCode: string;
  /** RFC 3339 UTC with milliseconds. */
  requestDateTime: string;
  doctors: readonly GmcDoctorRecord[];
}

/**
 * DoctorsForDB. Every change raises the doctor's version and leaves a live message in its own transaction; a save that
 * says what is known changes nothing. Statements go over the whole set given, never doctor by doctor.
 */
@Injectable()
export class GmcDoctorsStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly writes: DoctorWriteStore,
    private readonly clock: Clock,
  ) {}

  /** Creates or replaces doctors; each number at most once. A few hundred at a time keep the turn short. */
  async save(records: readonly GmcDoctorRecord[]): Promise<SaveOutcome> {
    const asOf = this.today();
    return this.writes.inTurn(async (manager) => {
      const known = await readKnown(
        manager,
        records.map(({ gmcNumber }) => gmcNumber),
      );
      const decisions = records.map((record) => decidePut(record, knownOf(known, record.gmcNumber), asOf));
      await this.carryOut(manager, decisions, { known, asOf });
      return { created: numbersOf(decisions, 'created'), updated: numbersOf(decisions, 'updated') };
    });
  }

  /** Leaves a tombstone without personal data; false when there is nobody, or only a tombstone. */
  async remove(gmcNumber: string): Promise<boolean> {
    const asOf = this.today();
    return this.writes.inTurn(async (manager) => {
      const known = await readKnown(manager, [gmcNumber]);
      const { stored } = knownOf(known, gmcNumber);
      if (!stored || stored.deleted) return false;
      const decision: DoctorDecision = { next: toTombstone(stored, asOf), change: 'updated' };
      await this.carryOut(manager, [decision], { known, asOf });
      return true;
    });
  }

  /** Takes in all doctors that GMC names for a body, and disconnects those of the body that it no longer names. */
  async applySnapshot(snapshot: BodySnapshot): Promise<SnapshotCounts> {
    const asOf = this.today();
    return this.writes.inTurn(async (manager) => {
      const numbers = snapshot.doctors.map(({ gmcNumber }) => gmcNumber);
      const known = await readKnown(manager, numbers);
      const stale = await readStale(manager, snapshot, numbers);
      for (const row of stale) known.set(row.gmcNumber, { stored: row, recommendations: row.recommendations });
      const { decisions, counts } = decideSnapshot(snapshot, { known, stale, asOf });
      await this.carryOut(manager, decisions, { known, asOf });
      return counts;
    });
  }

  async find(gmcNumber: string): Promise<GmcDoctorView | null> {
    const [row]: { doctor: GmcDoctorView }[] = await this.dataSource.query(FIND_SQL, [gmcNumber]);
    return row?.doctor ?? null;
  }

  private today(): string {
    return londonDate(this.clock.now());
  }

  private async carryOut(
    manager: EntityManager,
    decisions: readonly DoctorDecision[],
    { known, asOf }: { known: ReadonlyMap<string, KnownDoctor>; asOf: string },
  ): Promise<void> {
    const written = decisions.filter(({ change }) => change !== 'unchanged');
    await this.writes.write(
      manager,
      written.map(({ next }) => withoutRecommendations(next)),
    );
    const shown = written.filter(({ change }) => change !== 'refreshed').map(({ next }) => next);
    const rows = shown.map((next) => ({
      ...next,
      recommendations: [...knownOf(known, next.gmcNumber).recommendations],
    }));
    await this.writes.announce(manager, rows, asOf);
  }
}

function knownOf(known: ReadonlyMap<string, KnownDoctor>, gmcNumber: string): KnownDoctor {
  return known.get(gmcNumber) ?? { stored: null, recommendations: [] };
}

function numbersOf(decisions: readonly DoctorDecision[], change: DoctorDecision['change']): Set<string> {
  return new Set(decisions.filter((decision) => decision.change === change).map(({ next }) => next.gmcNumber));
}

function toTombstone(stored: StoredDoctor, asOf: string): StoredDoctor {
  return {
    gmcNumber: stored.gmcNumber,
    firstName: null,
    lastName: null,
    submissionDate: null,
    dateAdded: null,
    underNotice: null,
    sanction: null,
    designatedBodyCode: null,
    gmcLastUpdatedDateTime: null,
    doctorStatus: null,
    lastUpdatedDate: asOf,
    admin: null,
    existsInGmc: false,
    version: stored.version + 1,
    deleted: true,
  };
}

function withoutRecommendations(doctor: StoredDoctor | DoctorRow): StoredDoctor {
  if (!('recommendations' in doctor)) return doctor;
  const { recommendations: _, ...stored } = doctor;
  return stored;
}

/** By number; recommendations may be there before their doctor is. */
async function readKnown(manager: EntityManager, gmcNumbers: string[]): Promise<Map<string, KnownDoctor>> {
  const rows: { gmcNumber: string; stored: DoctorRow | null; recommendations: RecommendationFacts[] }[] =
    await manager.query(
      `SELECT asked.gmc_number AS "gmcNumber",
         (SELECT ${DOCTOR_JSON} FROM doctors_for_db d WHERE d.gmc_number = asked.gmc_number) AS stored,
         ${recommendationsJson('asked.gmc_number')} AS recommendations
       FROM unnest($1::text[]) AS asked (gmc_number)`,
      [gmcNumbers],
    );
  return new Map(rows.map(({ gmcNumber, stored, recommendations }) => [gmcNumber, { stored, recommendations }]));
}

/** Doctors of the body that the snapshot does not name and that nobody has heard of since it was asked for. */
async function readStale(
  manager: EntityManager,
  { designatedBodyCode, requestDateTime }: BodySnapshot,
  named: string[],
): Promise<DoctorRow[]> {
  const rows: { doctor: DoctorRow }[] = await manager.query(
    `SELECT ${DOCTOR_JSON} AS doctor FROM doctors_for_db d
     WHERE d.designated_body_code = $1 AND NOT d.deleted
       AND coalesce(d.gmc_last_updated_date_time, '-infinity') < $2
       AND NOT EXISTS (SELECT FROM unnest($3::text[]) AS named (gmc_number) WHERE named.gmc_number = d.gmc_number)
     ORDER BY d.gmc_number`,
    [designatedBodyCode, requestDateTime, named],
  );
  return rows.map(({ doctor }) => doctor);
}

const FIND_SQL = `
  SELECT json_build_object(
    'gmcNumber', d.gmc_number, 'version', d.version,
    'updatedAt', to_char(d.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'doctorFirstName', d.first_name, 'doctorLastName', d.last_name, 'submissionDate', d.submission_date,
    'dateAdded', d.date_added, 'underNotice', d.under_notice, 'sanction', d.sanction,
    'designatedBodyCode', d.designated_body_code,
    'gmcLastUpdatedDateTime',
      to_char(d.gmc_last_updated_date_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'doctorStatus', d.doctor_status, 'lastUpdatedDate', d.last_updated_date, 'admin', d.admin,
    'existsInGmc', d.exists_in_gmc
  ) AS doctor
  FROM doctors_for_db d
  WHERE d.gmc_number = $1 AND NOT d.deleted`;
