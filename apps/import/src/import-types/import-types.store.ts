import { inTransaction } from '@lockstep/database';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { contentHash } from './content-hash.js';
import { ImportTypesVersion } from './import-types.entity.js';
import type { ImportTypes } from './import-types.js';

/** The types in force, and all that were before. */
@Injectable()
export class ImportTypesStore {
  constructor(private readonly dataSource: DataSource) {}

  /** The version in force. */
  async current(): Promise<ImportTypesVersion> {
    return newest(this.dataSource.manager);
  }

  /** Makes types the ones in force, checked ones; the same as before make no version. */
  async replace(types: ImportTypes, updatedBy: string): Promise<ImportTypesVersion> {
    return inTransaction(this.dataSource, async (manager) => {
      // Two at a time would both make the same number.
      await manager.query('LOCK TABLE import_types IN SHARE ROW EXCLUSIVE MODE');
      const { version, contentHash: known } = await newest(manager);
      const hash = contentHash(types);
      if (hash !== known) {
        const next = { version: version + 1, types, contentHash: hash, updatedBy };
        await manager.insert(ImportTypesVersion, next);
      }
      return newest(manager);
    });
  }
}

async function newest(manager: EntityManager): Promise<ImportTypesVersion> {
  return manager.findOneOrFail(ImportTypesVersion, { where: {}, order: { version: 'DESC' } });
}
