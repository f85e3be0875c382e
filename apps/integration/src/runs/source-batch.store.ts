import type { SyncEndV1 } from '@lockstep/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { PhaseName } from './run.js';

/** What identifies a batch: its run, the fence it was sent under, its phase and its place in it. */
export interface BatchId {
  runId: string;
  fence: number;
  phase: PhaseName;
  sequence: number;
}

/** What became of a batch's items. */
export interface BatchOutcome {
  keys: string[];
  received: number;
  written: number;
  rejected: number;
}

/** Which batches of a run were applied. Works in the caller's transaction, the one that stores the items. */
@Injectable()
export class SourceBatchStore {
  /**
   * True while the run waits for this phase under this fence; anything else is a message of a former run or a late
   * duplicate and is dropped. Takes no lock: a batch that is stored just after its run was cancelled harms nothing,
   * and a lock held by batch after batch would keep the run from ever being cancelled.
   */
  async isExpected(manager: EntityManager, { runId, fence, phase }: Omit<BatchId, 'sequence'>): Promise<boolean> {
    const rows: unknown[] = await manager.query(
      `SELECT 1 FROM sync_run run JOIN sync_phase phase ON phase.run_id = run.id
       WHERE run.id = $1 AND run.fence = $2 AND run.state = 'running' AND phase.name = $3 AND phase.state = 'running'`,
      [runId, fence, phase],
    );
    return rows.length > 0;
  }

  /** Counts a batch once, however often it is delivered. `totalItems` feeds the progress bar until the end marker came. */
  async record(manager: EntityManager, batch: BatchId & { totalItems?: number }, outcome: BatchOutcome): Promise<void> {
    await manager.query(`INSERT INTO part_seen (run_id, phase, keys) VALUES ($1, $2, $3::text[])`, [
      batch.runId,
      batch.phase,
      outcome.keys,
    ]);
    await manager.query(
      `WITH counted AS (
         INSERT INTO sync_batch (run_id, phase, sequence, items, rejected) VALUES ($1, $2, $3, $4, $6)
         ON CONFLICT DO NOTHING RETURNING 1)
       UPDATE sync_phase SET received = received + $4, written = written + $5, rejected = rejected + $6,
              expected = coalesce(expected, $7), last_progress_at = clock_timestamp()
       WHERE run_id = $1 AND name = $2 AND EXISTS (SELECT 1 FROM counted)`,
      [
        batch.runId,
        batch.phase,
        batch.sequence,
        outcome.received,
        outcome.written,
        outcome.rejected,
        batch.totalItems ?? null,
      ],
    );
  }

  /** The totals of a phase; they may arrive before, among or after its batches, and more than once. */
  async recordEnd(manager: EntityManager, end: SyncEndV1): Promise<void> {
    await manager.query(
      `UPDATE sync_phase SET batches = $3, expected = $4, last_progress_at = clock_timestamp()
       WHERE run_id = $1 AND name = $2 AND batches IS NULL`,
      [end.runId, end.phase, end.batches, end.items],
    );
  }
}
