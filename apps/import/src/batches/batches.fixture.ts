import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createDataSource, databaseMigrations, inTransaction, Leases, migrate } from '@lockstep/database';
import type { DataSource } from 'typeorm';
import { CreateImportTables1763700000001 } from '../database/create-import-tables.migration.js';
import type { FeedItem } from '../feeds/feed-item.js';
import { TYPES } from '../planning/planning.fixture.js';
import { PlanningStore } from '../planning/planning.store.js';
import { StagingStore } from '../staging/staging.store.js';
import type { BatchFile, StoredBatch } from './batch.js';
import { BatchStore, type NewBatch } from './batch.store.js';
import { BatchEventStore } from './batch-event.store.js';
import type { BatchSources } from './batch-sources.js';
import type { HandOver } from './hand-over.js';
import { DEFAULT_OPTIONS, type ImportOptions } from './import-options.js';
import { Pipeline } from './pipeline.js';
import { Preparation } from './preparation.js';

/** Files hold items as JSON, one lot a line. */
export const itemFiles: Pick<BatchSources, 'read'> = {
  read: async function* ({ path }: BatchFile) {
    for (const line of (await readFile(path, 'utf8')).split('\n')) {
      if (line !== '') yield JSON.parse(line) as FeedItem[];
    }
  },
};

/** Stands for execution: a batch that was handed over says so in its state. */
export class FakeHandOver implements HandOver {
  readonly started: string[] = [];
  readonly refused: string[] = [];

  start: HandOver['start'] = async (manager, batchId) => {
    this.started.push(batchId);
    await manager.query(
      `UPDATE import_batch SET state = 'processingObjects', started_at = clock_timestamp() WHERE id = $1`,
      [batchId],
    );
  };

  refuse: HandOver['refuse'] = async (manager, batchId) => {
    this.refused.push(batchId);
    await manager.query(`UPDATE import_batch SET state = 'error', finished_at = clock_timestamp() WHERE id = $1`, [
      batchId,
    ]);
    await manager.query(`INSERT INTO import_event (batch_id, type, data) VALUES ($1, 'end', '{}')`, [batchId]);
  };
}

/** The way of a batch until it starts, on a database of its own. */
export class BatchStage {
  readonly handOver = new FakeHandOver();
  readonly batches: BatchStore;
  readonly staging: StagingStore;
  readonly events: BatchEventStore;
  private readonly paths: string[] = [];

  private constructor(
    readonly dataSource: DataSource,
    private readonly directory: string,
  ) {
    this.batches = new BatchStore(dataSource);
    this.staging = new StagingStore(dataSource);
    this.events = new BatchEventStore(dataSource);
  }

  static async open(url: string, directory: string): Promise<BatchStage> {
    const dataSource = createDataSource({
      url,
      schema: 'import',
      service: 'import',
      entities: [],
      migrations: [...databaseMigrations, CreateImportTables1763700000001],
    });
    await dataSource.initialize();
    await migrate(dataSource);
    return new BatchStage(dataSource, directory);
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
    for (const path of this.paths) await rm(path, { force: true });
  }

  preparation(sources: Pick<BatchSources, 'read'> = itemFiles): Preparation {
    return new Preparation(
      this.dataSource,
      this.batches,
      this.events,
      this.staging,
      new PlanningStore(),
      sources as BatchSources,
      this.handOver,
      { objects: 500, links: 2_000 },
    );
  }

  pipeline(preparation = this.preparation(), places = 3): Pipeline {
    const settings = { places, leaseSeconds: 1 };
    return new Pipeline(settings, this.dataSource, new Leases(this.dataSource), this.batches, preparation);
  }

  /** A batch of one file, as it is received. */
  async submit(
    items: readonly FeedItem[],
    options: Partial<ImportOptions> = {},
    given: Partial<NewBatch> = {},
  ): Promise<string> {
    const id = given.id ?? randomUUID();
    const path = `${this.directory}/${randomUUID()}`;
    this.paths.push(path);
    await writeFile(path, `${JSON.stringify(items)}\n`);
    const file: BatchFile = { fileNo: 1, name: 'feed.jsonl', importType: 'jsonl', bytes: 1, sha256: id, path };
    await this.batches.submit({
      id,
      userId: 'seller-1',
      submittedBy: 'test',
      options: { ...DEFAULT_OPTIONS, ...options },
      types: TYPES,
      config: null,
      resumeOf: null,
      contentHash: id,
      files: [file],
      ...given,
    });
    return id;
  }

  async load(id: string): Promise<StoredBatch> {
    const batch = await this.batches.load(id);
    if (!batch) throw new Error(`there is no batch ${id}`);
    return batch;
  }

  /** As the cancel command does with a batch that has not started. */
  async cancel(id: string): Promise<void> {
    await inTransaction(this.dataSource, async (manager) => {
      await manager.query('SELECT 1 FROM import_batch WHERE id = $1 FOR NO KEY UPDATE', [id]);
      await manager.query(`UPDATE import_batch SET state = 'cancelled' WHERE id = $1`, [id]);
    });
  }

  async stagedTables(): Promise<string[]> {
    const rows: { name: string }[] = await this.dataSource.query(
      `SELECT relname AS name FROM pg_class WHERE relname ~ '^staged_(object|link)_'`,
    );
    return rows.map(({ name }) => name);
  }
}
