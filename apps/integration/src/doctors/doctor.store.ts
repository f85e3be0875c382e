import type { MasterDoctorDocument } from '@lockstep/contracts';
import { fromIndexSource } from '@lockstep/search';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** A source's record of a doctor: which one, at which version. */
export interface DoctorSource {
  source: 'tcs' | 'recommendation';
  key: string;
  version: number;
}

export interface StoredDoctor {
  version: number;
  document: MasterDoctorDocument;
  sources: DoctorSource[];
}

/** The merged doctors as PostgreSQL has them: the authority that the index is made from. */
@Injectable()
export class DoctorStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Null for a number that has nothing to show. */
  async find(gmcNumber: string): Promise<StoredDoctor | null> {
    const [row]: { version: number; source: string }[] = await this.dataSource.query(
      'SELECT version, source::text AS source FROM master_doctor WHERE gmc_number = $1 AND NOT deleted',
      [gmcNumber],
    );
    if (!row) return null;
    const sources: DoctorSource[] = await this.dataSource.query(
      `SELECT 'tcs' AS source, person_id::text AS key, version FROM tis_part
       WHERE gmc_number = $1 AND NOT deleted AND exclusion IS NULL
       UNION ALL SELECT 'recommendation', gmc_number, version FROM gmc_part WHERE gmc_number = $1 AND NOT deleted
       ORDER BY source, key`,
      [gmcNumber],
    );
    return {
      version: row.version,
      document: fromIndexSource(row.source).document as unknown as MasterDoctorDocument,
      sources,
    };
  }
}
