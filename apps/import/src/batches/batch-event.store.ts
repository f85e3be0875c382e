import type { StoredEvent } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { StoredBatch } from './batch.js';

/** The events of batches, kept so that a stream can be resumed. */
@Injectable()
export class BatchEventStore {
  constructor(private readonly dataSource: DataSource) {}

  async add(
    batch: StoredBatch,
    type: StoredEvent['type'],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<void> {
    await manager.query('INSERT INTO import_event (batch_id, type, data) VALUES ($1, $2, $3)', [
      batch.id,
      type,
      JSON.stringify(toEventData(batch)),
    ]);
  }

  async after(batchId: string, id: number, limit: number): Promise<StoredEvent[]> {
    return this.dataSource.query(
      'SELECT id, type, data FROM import_event WHERE batch_id = $1 AND id > $2 ORDER BY id LIMIT $3',
      [batchId, id, limit],
    );
  }
}

/** What an event tells of a batch. */
export function toEventData(batch: StoredBatch): object {
  return {
    importBatchId: batch.id,
    importBatchStatus: batch.state,
    run: batch.run,
    processingError: batch.processingError,
    records: batch.records,
    errors: batch.errors,
    warnings: batch.warnings,
    counts: { objects: batch.objects, links: batch.links },
  };
}
