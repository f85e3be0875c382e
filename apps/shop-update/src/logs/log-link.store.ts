import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type LogLinkState, linkId, normaliseState } from './log-link.js';

/** Searches that were shared. */
@Injectable()
export class LogLinkStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Answers the id. Sharing the same search again changes nothing. */
  async keep(given: LogLinkState, createdBy: string): Promise<string> {
    const state = normaliseState(given);
    const id = linkId(state);
    await this.dataSource.query(
      'INSERT INTO log_link (id, state, created_by) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING',
      [id, JSON.stringify(state), createdBy],
    );
    return id;
  }

  async find(id: string): Promise<LogLinkState | undefined> {
    const [row]: { state: LogLinkState }[] = await this.dataSource.query('SELECT state FROM log_link WHERE id = $1', [
      id,
    ]);
    return row?.state;
  }
}
