import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { FeedConfigBody } from './feed-config-body.js';

/** A mapping as it was sent. */
@Entity('import_config')
export class StoredFeedConfig {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'import_config_pkey' })
  id!: string;

  @Column('json')
  config!: FeedConfigBody;

  @Column('text', { name: 'content_hash' })
  contentHash!: string;

  @Column('text', { name: 'updated_by' })
  updatedBy!: string;

  @Column('timestamptz', { name: 'updated_at', default: () => 'clock_timestamp()' })
  updatedAt!: Date;
}
