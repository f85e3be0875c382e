import type { SyncEndV1 } from '@lockstep/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { PhaseName } from './run.js';

/** What identifies the batches of a phase: its run and the fence they were sent under. */
export interface SentPhase {
  runId: string;
  fence: number;
  phase: PhaseName;
}

/** A batch whose good items were stored, by its place in its phase. */
export interface AppliedBatch {
  sequence: number;
  keys: string[];
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
  async isExpected(manager: EntityManager, { runId, fence, phase }: SentPhase): Promise<boolean> {
    const rows: unknown[] = await manager.query(
      `SELECT 1 FROM sync_run run JOIN sync_phase phase ON phase.run_id = run.id
       WHERE run.id = $1 AND run.fence = $2 AND run.state = 'running' AND phase.name = $3 AND phase.state = 'running'`,
      [runId, fence, phase],
    );
    return rows.length > 0;
  }

  /**
   * Counts each batch once, however often it is delivered. `totalItems` feeds the progress bar until the end marker came.
   * To be called last: until the transaction ends, it keeps others from the row of the phase.
   */
  async record(
    manager: EntityManager,
    { runId, phase, totalItems }: SentPhase & { totalItems?: number },
    batches: readonly AppliedBatch[],
  ): Promise<void> {
    await manager.query(
      `WITH seen AS (
         INSERT INTO part_seen (run_id, phase, keys) VALUES ($1, $2, $3::text[])
       ), counted AS (
         INSERT INTO sync_batch (run_id, phase, sequence, items, rejected)
         SELECT $1, $2, batch.* FROM unnest($4::int[], $5::int[], $6::int[]) AS batch
         ON CONFLICT DO NOTHING RETURNING items, rejected
       ), total AS (
         SELECT coalesce(sum(items), 0) AS items, coalesce(sum(rejected), 0) AS rejected FROM counted
       )
       UPDATE sync_phase SET received = received + items, written = written + items - total.rejected,
              rejected = sync_phase.rejected + total.rejected,
              expected = coalesce(expected, $7), last_progress_at = clock_timestamp()
       FROM total WHERE run_id = $1 AND name = $2 AND items > 0`,
      [
        runId,
        phase,
        batches.flatMap((batch) => batch.keys),
        batches.map((batch) => batch.sequence),
        batches.map((batch) => batch.keys.length),
        batches.map((batch) => batch.rejected),
        totalItems ?? null,
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
