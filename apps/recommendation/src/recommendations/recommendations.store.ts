import { londonDate } from '@lockstep/contracts';
import { Clock } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DOCTOR_JSON, type DoctorRow } from '../gmc-doctors/doctor-rows.js';
import { DoctorWriteStore } from '../gmc-doctors/doctor-write.store.js';
import type { RecommendationRecord } from './recommendation-body.js';
import { latestRecommendation, tisStatusOf } from './recommendation-rules.js';

/** Ids of the recommendations that a save made new or changed; the others stayed as they were. */
export interface SaveOutcome {
  created: Set<string>;
  updated: Set<string>;
}

/**
 * Recommendations. A change shows in its doctor: status and version are raised, and the live message leaves, in the same
 * transaction.
 */
@Injectable()
export class RecommendationsStore {
  constructor(
    private readonly writes: DoctorWriteStore,
    private readonly clock: Clock,
  ) {}

  /** Creates or replaces recommendations as stored elsewhere; each id at most once. */
  async save(records: readonly RecommendationRecord[]): Promise<SaveOutcome> {
    const asOf = londonDate(this.clock.now());
    return this.writes.inTurn(async (manager) => {
      const changes: { id: string; isNew: boolean; numbers: (string | null)[] }[] = await manager.query(SAVE_SQL, [
        JSON.stringify(records),
      ]);
      const numbers = new Set(changes.flatMap((change) => change.numbers).filter((number) => number !== null));
      const doctors = await raise(manager, [...numbers], asOf);
      await this.writes.write(manager, doctors.map(toStored));
      await this.writes.announce(manager, doctors, asOf);
      return {
        created: new Set(changes.filter(({ isNew }) => isNew).map(({ id }) => id)),
        updated: new Set(changes.filter(({ isNew }) => !isNew).map(({ id }) => id)),
      };
    });
  }
}

/** The doctors concerned as they become. A recommendation of a doctor who is not known yet waits for the doctor. */
async function raise(manager: EntityManager, gmcNumbers: string[], asOf: string): Promise<DoctorRow[]> {
  if (gmcNumbers.length === 0) return [];
  const rows: { doctor: DoctorRow }[] = await manager.query(
    `SELECT ${DOCTOR_JSON} AS doctor FROM doctors_for_db d WHERE d.gmc_number = ANY ($1) AND NOT d.deleted`,
    [gmcNumbers],
  );
  return rows.map(({ doctor }) => ({
    ...doctor,
    doctorStatus: tisStatusOf(latestRecommendation(doctor.recommendations, doctor, asOf)),
    lastUpdatedDate: asOf,
    version: doctor.version + 1,
  }));
}

function toStored({ recommendations: _, ...stored }: DoctorRow) {
  return stored;
}

/**
 * Writes what differs. Answers the doctors concerned: the one it is about now and, where it was moved, the one it was
 * about before.
 */
const SAVE_SQL = `
  WITH told AS (
    SELECT * FROM json_to_recordset($1) AS s (
      id text, "gmcNumber" text, outcome text, type text, status text, "gmcSubmissionDate" date,
      "actualSubmissionDate" date, "gmcRevalidationId" text, "deferralDate" date, "deferralReason" text,
      "deferralSubReason" text, comments text[], admin text)
  ), before AS (
    SELECT r.id, r.gmc_number FROM recommendation r JOIN told ON told.id = r.id
  ), written AS (
    INSERT INTO recommendation AS r (
      id, gmc_number, outcome, type, status, gmc_submission_date, actual_submission_date, gmc_revalidation_id,
      deferral_date, deferral_reason, deferral_sub_reason, comments, admin)
    SELECT * FROM told
    ON CONFLICT (id) DO UPDATE SET
      gmc_number = excluded.gmc_number, outcome = excluded.outcome, type = excluded.type, status = excluded.status,
      gmc_submission_date = excluded.gmc_submission_date, actual_submission_date = excluded.actual_submission_date,
      gmc_revalidation_id = excluded.gmc_revalidation_id, deferral_date = excluded.deferral_date,
      deferral_reason = excluded.deferral_reason, deferral_sub_reason = excluded.deferral_sub_reason,
      comments = excluded.comments, admin = excluded.admin, updated_at = now()
    WHERE (r.gmc_number, r.outcome, r.type, r.status, r.gmc_submission_date, r.actual_submission_date,
           r.gmc_revalidation_id, r.deferral_date, r.deferral_reason, r.deferral_sub_reason, r.comments, r.admin)
      IS DISTINCT FROM
      (excluded.gmc_number, excluded.outcome, excluded.type, excluded.status, excluded.gmc_submission_date,
       excluded.actual_submission_date, excluded.gmc_revalidation_id, excluded.deferral_date, excluded.deferral_reason,
       excluded.deferral_sub_reason, excluded.comments, excluded.admin)
    RETURNING r.id, r.gmc_number
  )
  SELECT written.id, before.id IS NULL AS "isNew", ARRAY[written.gmc_number, before.gmc_number] AS numbers
  FROM written LEFT JOIN before ON before.id = written.id`;
