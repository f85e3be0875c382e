import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { contentHash } from '../import-types/content-hash.js';
import { StoredFeedConfig } from './feed-config.entity.js';
import type { FeedConfigBody } from './feed-config-body.js';

/** Mapping configurations by name. A batch keeps a copy of the one that it was sent with. */
@Injectable()
export class FeedConfigsStore {
  constructor(private readonly dataSource: DataSource) {}

  async find(id: string): Promise<StoredFeedConfig | null> {
    return this.dataSource.manager.findOneBy(StoredFeedConfig, { id });
  }

  async list(limit: number, offset: number): Promise<{ configs: StoredFeedConfig[]; total: number }> {
    const page = { order: { id: 'ASC' }, take: limit, skip: offset } as const;
    const [configs, total] = await this.dataSource.manager.findAndCount(StoredFeedConfig, page);
    return { configs, total };
  }

  /** Creates or replaces; the same content leaves what is stored as it is. */
  async save(
    id: string,
    config: FeedConfigBody,
    updatedBy: string,
  ): Promise<{ isNew: boolean; stored: StoredFeedConfig }> {
    const rows: { is_new: boolean }[] = await this.dataSource.query(SAVE_SQL, [
      id,
      JSON.stringify(config),
      contentHash(config),
      updatedBy,
    ]);
    const stored = await this.dataSource.manager.findOneByOrFail(StoredFeedConfig, { id });
    return { isNew: rows[0]?.is_new ?? false, stored };
  }
}

/** No row where nothing changed. */
const SAVE_SQL = `
  INSERT INTO import_config AS c (id, config, content_hash, updated_by) VALUES ($1, $2, $3, $4)
  ON CONFLICT (id) DO UPDATE SET config = excluded.config, content_hash = excluded.content_hash,
    updated_by = excluded.updated_by, updated_at = clock_timestamp()
  WHERE c.content_hash <> excluded.content_hash
  RETURNING xmax = 0 AS is_new`;
