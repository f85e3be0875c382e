import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ImportTypes } from './import-types.js';

/** One version of the types; the highest is in force. Former ones stay: batches were planned with them. */
@Entity('import_types')
export class ImportTypesVersion {
  @PrimaryColumn({ type: 'int', primaryKeyConstraintName: 'import_types_pkey' })
  version!: number;

  @Column('json')
  types!: ImportTypes;

  @Column('text', { name: 'content_hash' })
  contentHash!: string;

  @Column('text', { name: 'updated_by' })
  updatedBy!: string;

  @Column('timestamptz', { name: 'updated_at', default: () => 'clock_timestamp()' })
  updatedAt!: Date;
}
