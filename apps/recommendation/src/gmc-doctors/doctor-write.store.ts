import { gmcDoctorsUpdated } from '@lockstep/contracts';
import { inTransaction } from '@lockstep/database';
import { Outbox } from '@lockstep/messaging';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { toGmcDoctorItem } from '../extraction/gmc-doctor-item.js';
import type { DoctorRow } from './doctor-rows.js';
import type { StoredDoctor } from './gmc-doctor-record.js';

/** Doctors a live message carries at most. */
const ITEMS_A_MESSAGE = 200;

/**
 * The one way in which doctors change: in a transaction that takes its turn, writes them and puts the live messages about
 * them into the outbox, all or nothing.
 */
@Injectable()
export class DoctorWriteStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Runs `work` when no other change of doctors or recommendations runs. A doctor's status and items are made of both, and
   * neither kind of row can be locked before it exists: two changes side by side would each miss what the other adds.
   */
  async inTurn<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return inTransaction(this.dataSource, async (manager) => {
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.changes', 0))`);
      // Freshly filled tables have old statistics, with which a scan of a whole table looks cheaper than its index.
      await manager.query('SET LOCAL enable_seqscan = off; SET LOCAL jit = off');
      return work(manager);
    });
  }

  /** Writes doctors whole, in one statement. */
  async write(manager: EntityManager, doctors: readonly StoredDoctor[]): Promise<void> {
    if (doctors.length > 0) await manager.query(WRITE_SQL, [JSON.stringify(doctors)]);
  }

  /** Tells of doctors as they are now, with the recommendations they have now. */
  async announce(manager: EntityManager, rows: readonly DoctorRow[], asOf: string): Promise<void> {
    const items = rows.map((row) => toGmcDoctorItem(row, asOf));
    const payloads = [];
    for (let start = 0; start < items.length; start += ITEMS_A_MESSAGE) {
      payloads.push({ payload: { items: items.slice(start, start + ITEMS_A_MESSAGE) } });
    }
    await this.outbox.addAll(manager, gmcDoctorsUpdated, payloads);
  }
}

const WRITE_SQL = `
  INSERT INTO doctors_for_db (
    gmc_number, first_name, last_name, submission_date, date_added, under_notice, sanction, doctor_status,
    last_updated_date, gmc_last_updated_date_time, designated_body_code, admin, exists_in_gmc, version, deleted)
  SELECT * FROM json_to_recordset($1) AS s (
    "gmcNumber" text, "firstName" text, "lastName" text, "submissionDate" date, "dateAdded" date, "underNotice" text,
    sanction text, "doctorStatus" text, "lastUpdatedDate" date, "gmcLastUpdatedDateTime" timestamptz,
    "designatedBodyCode" text, admin text, "existsInGmc" boolean, version bigint, deleted boolean)
  ON CONFLICT (gmc_number) DO UPDATE SET
    first_name = excluded.first_name, last_name = excluded.last_name, submission_date = excluded.submission_date,
    date_added = excluded.date_added, under_notice = excluded.under_notice, sanction = excluded.sanction,
    doctor_status = excluded.doctor_status, last_updated_date = excluded.last_updated_date,
    gmc_last_updated_date_time = excluded.gmc_last_updated_date_time,
    designated_body_code = excluded.designated_body_code, admin = excluded.admin,
    exists_in_gmc = excluded.exists_in_gmc, version = excluded.version, deleted = excluded.deleted, updated_at = now()`;
