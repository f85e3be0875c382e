import type { StoredEvent } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** The events of the runs, kept so that a stream can be resumed. */
@Injectable()
export class EventStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Adds an event unless it repeats the run's last one. */
  async add(runId: string, type: StoredEvent['type'], data: object): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO sync_event (run_id, type, data)
       SELECT $1::uuid, $2::text, $3::json WHERE NOT EXISTS (
         SELECT 1 FROM (SELECT type, data FROM sync_event WHERE run_id = $1 ORDER BY id DESC LIMIT 1) last
         WHERE last.type = $2 AND last.data::text = $3::text)`,
      [runId, type, JSON.stringify(data)],
    );
  }

  async after(runId: string, id: number, limit: number): Promise<StoredEvent[]> {
    return this.dataSource.query(
      'SELECT id, type, data FROM sync_event WHERE run_id = $1 AND id > $2 ORDER BY id LIMIT $3',
      [runId, id, limit],
    );
  }
}
