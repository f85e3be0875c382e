import { inTransaction } from '@lockstep/database';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { BatchState } from '../statuses.js';
import type { BatchDefinition, BatchFile, StoredBatch } from './batch.js';
import type { ImportOptions } from './import-options.js';

/** Wakes every replica's pipeline. */
export const BATCH_CHANNEL = 'lockstep_import_batch';

/** A batch as it is received. */
export interface NewBatch extends BatchDefinition {
  readonly id: string;
  readonly userId: string;
  readonly submittedBy: string;
  readonly options: ImportOptions;
  readonly resumeOf: string | null;
  /** The same for the same files and configuration. */
  readonly contentHash: string;
  readonly files: readonly BatchFile[];
}

/** What became of a submission: its batch, or the one that is there already. */
export type Submitted =
  | { readonly outcome: 'created' | 'repeated'; readonly id: string; readonly state: BatchState }
  | { readonly outcome: 'id_taken' | 'duplicate_upload' | 'still_running'; readonly id: string }
  | { readonly outcome: 'nothing_to_resume' };

/** Batches, from their submission to the start of their execution. */
@Injectable()
export class BatchStore {
  constructor(private readonly dataSource: DataSource) {}

  /** The same id with the same content is the same submission, however often it comes. */
  async submit(batch: NewBatch): Promise<Submitted> {
    return inTransaction(this.dataSource, async (manager) => {
      // Two uploads of one content at the same moment must see one another.
      await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [batch.contentHash]);
      const known = await findKnown(manager, batch);
      if (known) return known;
      const inserted: unknown[] = await manager.query(
        `INSERT INTO import_batch (id, state, user_id, submitted_by, options, types, config, resume_of, content_hash)
         VALUES ($1, 'received', $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING 1`,
        [
          batch.id,
          batch.userId,
          batch.submittedBy,
          JSON.stringify(batch.options),
          JSON.stringify(batch.types),
          batch.config === null ? null : JSON.stringify(batch.config),
          batch.resumeOf,
          batch.contentHash,
        ],
      );
      if (inserted.length === 0) return { outcome: 'id_taken', id: batch.id };
      await manager.query(
        `INSERT INTO import_file (batch_id, file_no, name, import_type, bytes, sha256, path)
         SELECT $1, "fileNo", name, "importType", bytes, sha256, path
         FROM json_to_recordset($2::json)
           AS file ("fileNo" smallint, name text, "importType" text, bytes bigint, sha256 text, path text)`,
        [batch.id, JSON.stringify(batch.files)],
      );
      await manager.query('SELECT pg_notify($1, $2)', [BATCH_CHANNEL, batch.id]);
      return { outcome: 'created', id: batch.id, state: 'received' };
    });
  }

  async load(id: string, manager: EntityManager = this.dataSource.manager): Promise<StoredBatch | null> {
    const [row]: StoredBatch[] = await manager.query(`${SELECT_BATCH} WHERE id = $1`, [id]);
    return row ?? null;
  }

  async definition(id: string): Promise<BatchDefinition> {
    const [row]: BatchDefinition[] = await this.dataSource.query(
      'SELECT types, config FROM import_batch WHERE id = $1',
      [id],
    );
    if (!row) throw new Error(`there is no batch ${id}`);
    return row;
  }

  /** Newest first. */
  async list(
    state: BatchState | null,
    limit: number,
    offset: number,
  ): Promise<{ items: StoredBatch[]; total: number }> {
    const items: StoredBatch[] = await this.dataSource.query(
      `${SELECT_BATCH} WHERE $1::text IS NULL OR state = $1 ORDER BY created_at DESC, id LIMIT $2 OFFSET $3`,
      [state, limit, offset],
    );
    const [count]: { total: number }[] = await this.dataSource.query(
      'SELECT count(*)::int AS total FROM import_batch WHERE $1::text IS NULL OR state = $1',
      [state],
    );
    return { items, total: count?.total ?? 0 };
  }

  /** Batches to be read and planned, the oldest first, with the size of their files. */
  async findToPrepare(): Promise<{ id: string; bytes: number }[]> {
    return this.dataSource.query(
      `SELECT id, (SELECT coalesce(sum(bytes), 0)::bigint FROM import_file WHERE batch_id = id) AS bytes
       FROM import_batch WHERE state IN ('received', 'parsing') ORDER BY created_at, id`,
    );
  }

  /** Begins, or begins again, to read; null when the batch is not to be read any more. */
  async beginParsing(id: string): Promise<StoredBatch | null> {
    await this.dataSource.query(
      `UPDATE import_batch SET state = 'parsing', attempts = attempts + 1 WHERE id = $1 AND state IN ('received', 'parsing')`,
      [id],
    );
    const batch = await this.load(id);
    return batch?.state === 'parsing' ? batch : null;
  }

  /** An attempt that was interrupted from outside tells nothing of the batch. */
  async forgetAttempt(id: string): Promise<void> {
    await this.dataSource.query('UPDATE import_batch SET attempts = attempts - 1 WHERE id = $1 AND attempts > 0', [id]);
  }

  /** Locks the row and answers whether the batch is in that state. */
  async lockIn(manager: EntityManager, id: string, state: BatchState): Promise<boolean> {
    const rows: unknown[] = await manager.query(
      'SELECT 1 FROM import_batch WHERE id = $1 AND state = $2 FOR NO KEY UPDATE',
      [id, state],
    );
    return rows.length > 0;
  }

  /** A dry run ends here; another batch waits to be confirmed. */
  async setValidated(manager: EntityManager, id: string, isEnd: boolean): Promise<void> {
    await manager.query(
      `UPDATE import_batch SET state = 'validated', finished_at = CASE WHEN $2 THEN clock_timestamp() END WHERE id = $1`,
      [id, isEnd],
    );
  }

  async setFailure(manager: EntityManager, id: string, failure: string): Promise<void> {
    await manager.query('UPDATE import_batch SET failure = $2 WHERE id = $1', [id, failure]);
  }
}

async function findKnown(manager: EntityManager, batch: NewBatch): Promise<Submitted | null> {
  const [same]: { content_hash: string; state: BatchState }[] = await manager.query(
    'SELECT content_hash, state FROM import_batch WHERE id = $1',
    [batch.id],
  );
  if (same?.content_hash === batch.contentHash) return { outcome: 'repeated', id: batch.id, state: same.state };
  if (same) return { outcome: 'id_taken', id: batch.id };
  if (batch.resumeOf !== null) {
    const [former]: { state: BatchState }[] = await manager.query('SELECT state FROM import_batch WHERE id = $1', [
      batch.resumeOf,
    ]);
    if (!former) return { outcome: 'nothing_to_resume' };
    // What it is still making would be made twice.
    if (!['complete', 'error', 'cancelled'].includes(former.state))
      return { outcome: 'still_running', id: batch.resumeOf };
  }
  if (!batch.options.rejectDuplicateUpload) return null;
  // What was refused, cancelled or only tried was not imported.
  const [twin]: { id: string }[] = await manager.query(
    `SELECT id FROM import_batch WHERE content_hash = $1 AND state NOT IN ('error', 'cancelled')
       AND NOT (options->>'dryRun')::boolean ORDER BY created_at LIMIT 1`,
    [batch.contentHash],
  );
  return twin ? { outcome: 'duplicate_upload', id: twin.id } : null;
}

const SELECT_BATCH = `
  SELECT id, state, user_id AS "userId", submitted_by AS "submittedBy", options, resume_of AS "resumeOf", run,
    processing_error AS "processingError", created_at AS "createdAt", started_at AS "startedAt",
    finished_at AS "finishedAt", records, errors, warnings, objects, links, in_flight AS "inFlight", plan, failure, attempts,
    (SELECT coalesce(json_agg(json_build_object('fileNo', file_no, 'name', name, 'importType', import_type, 'bytes', bytes,
        'sha256', sha256, 'path', path) ORDER BY file_no), '[]')
     FROM import_file WHERE batch_id = import_batch.id) AS files
  FROM import_batch`;
