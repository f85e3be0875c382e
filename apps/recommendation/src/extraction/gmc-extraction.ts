import { type GmcDoctorItemV1, gmcSyncData, gmcSyncEnd } from '@lockstep/contracts';
import type { ExtractionSource } from '@lockstep/extraction';
import type { EntityManager } from 'typeorm';
import { DOCTOR_JSON, type DoctorRow } from '../gmc-doctors/doctor-rows.js';
import { toGmcDoctorItem } from './gmc-doctor-item.js';

/** All GMC doctors, for the `gmc` phase of a run. */
export const gmcExtraction: ExtractionSource<GmcDoctorItemV1> = {
  service: 'recommendation',
  phase: 'gmc',
  syncData: gmcSyncData,
  syncEnd: gmcSyncEnd,
  keysSql: 'SELECT gmc_number AS key, gmc_number AS position FROM doctors_for_db',
  readItems: async (manager: EntityManager, keys: readonly string[], asOf: string) => {
    const rows: { doctor: DoctorRow }[] = await manager.query(
      `SELECT ${DOCTOR_JSON} AS doctor FROM doctors_for_db d WHERE d.gmc_number = ANY ($1)`,
      [keys],
    );
    return rows.map(({ doctor }) => toGmcDoctorItem(doctor, asOf));
  },
};
