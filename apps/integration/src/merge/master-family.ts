import { masterDoctorAliases, masterDoctorSchema } from '@lockstep/projection';
import { IndexFamily, type SearchEngine } from '@lockstep/search';
import type { DataSource } from 'typeorm';

/** Injection token of the master's {@link IndexFamily}. */
export const MASTER_FAMILY = Symbol('MASTER_FAMILY');

/** The master index with its aliases. */
export function createMasterFamily(dataSource: DataSource, engine: SearchEngine): IndexFamily {
  return new IndexFamily({
    name: 'masterdoctor',
    schema: masterDoctorSchema,
    aliases: masterDoctorAliases,
    dataSource,
    engine,
  });
}
