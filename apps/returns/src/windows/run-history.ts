import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** One thing that happened to a run. */
export interface HistoryEntry {
  /** RFC 3339. */
  readonly at: string;
  readonly text: string;
}

/** What happened to runs, in words for people. */
@Injectable()
export class RunHistory {
  async append(manager: EntityManager, runId: string, text: string): Promise<void> {
    await manager.query(
      `UPDATE return_sync_run SET history = history || jsonb_build_array(jsonb_build_object(
         'at', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'text', $2::text))
       WHERE id = $1`,
      [runId, text],
    );
  }
}
