import { type ImportBatchMainCompleteV1, importBatchCompleted } from '@lockstep/contracts';
import { Outbox } from '@lockstep/messaging';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { BatchState } from '../statuses.js';
import { type BatchTypes, type StoredTypes, toBatchTypes } from './batch-types.js';
import { countAsked, type LinkCounts, type ObjectCounts, percentDone, Tally } from './counts.js';
import type { BatchEnd } from './decide-batch.js';
import type { LockedBatch } from './locked-batch.js';

interface BatchRow {
  readonly state: BatchState;
  readonly user_id: string;
  readonly run: number;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  readonly failure: string | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly use_user_reference: boolean;
  readonly release: string | null;
  readonly links_released: boolean;
  readonly objects: ObjectCounts;
  readonly links: LinkCounts;
}

/** Types never change once a batch has them, and are larger than all else of its row. */
const TYPES_KEPT = 100;
/** A client's view of a running batch is at most this old. */
const EVENT_EVERY_MS = 1_000;

/** The row of a batch as its execution needs it: locked, counted, ended. */
@Injectable()
export class ExecutionBatchStore {
  private readonly types = new Map<string, BatchTypes>();

  constructor(private readonly outbox: Outbox) {}

  /** Locks the batch for the rest of the transaction; null when there is none. Take this lock before any other of it. */
  async lock(manager: EntityManager, id: string): Promise<LockedBatch | null> {
    const [row]: BatchRow[] = await manager.query(
      `SELECT state, user_id, run, started_at, finished_at, failure, options, plan ->> 'release' AS release, links_released,
              objects, links, coalesce((config ->> 'useUserReference')::boolean, false) AS use_user_reference
       FROM import_batch WHERE id = $1 FOR NO KEY UPDATE`,
      [id],
    );
    if (!row) return null;
    return {
      manager,
      id,
      state: row.state,
      userId: row.user_id,
      run: row.run,
      startedAt: row.started_at,
      finishedAt: row.finished_at,
      failure: row.failure,
      options: {
        verifyExisting: row.options['verifyExisting'] === true,
        stopOnError: row.options['onCreateError'] === 'stop',
        useUserReference: row.options['useUserReference'] === true || row.use_user_reference,
      },
      types: await this.typesOf(manager, id),
      release: row.release === 'barrier' ? 'barrier' : 'streaming',
      linksReleased: row.links_released,
      objects: new Tally(row.objects),
      links: new Tally(row.links),
    };
  }

  async typesOf(manager: EntityManager, id: string): Promise<BatchTypes> {
    const known = this.types.get(id);
    if (known) return known;
    const [row]: { types: StoredTypes }[] = await manager.query('SELECT types FROM import_batch WHERE id = $1', [id]);
    const types = toBatchTypes(row?.types ?? { objectTypes: {}, linkTags: {} });
    if (this.types.size >= TYPES_KEPT) this.types.delete(this.types.keys().next().value as string);
    this.types.set(id, types);
    return types;
  }

  /** The batch begins, or begins again. */
  async begin(manager: EntityManager, id: string, isRetry: boolean): Promise<void> {
    await manager.query(
      `UPDATE import_batch SET state = 'processingObjects', started_at = coalesce(started_at, clock_timestamp()),
         finished_at = NULL, failure = NULL, links_released = false, processing_error = false,
         run = run + $2
       WHERE id = $1`,
      [id, isRetry ? 1 : 0],
    );
  }

  /** Counts the rows anew; what is being asked for counts as not begun. */
  async recount(batch: LockedBatch): Promise<void> {
    const [row]: { objects: ObjectCounts; links: LinkCounts }[] = await batch.manager.query(
      `SELECT ${countsOf('pending_object', OBJECT_NAMES)} AS objects, ${LINK_COUNTS} AS links`,
      [batch.id],
    );
    batch.objects.reset(row!.objects);
    batch.links.reset(row!.links);
  }

  /** Tells PostgreSQL what the tables hold now. */
  async analyze(batch: LockedBatch): Promise<void> {
    await batch.manager.query('ANALYZE pending_object, pending_link');
  }

  async setLinksReleased(batch: LockedBatch): Promise<void> {
    await batch.manager.query('UPDATE import_batch SET links_released = true WHERE id = $1', [batch.id]);
  }

  async setState(batch: LockedBatch, state: BatchState, failure: string | null = batch.failure): Promise<void> {
    await batch.manager.query('UPDATE import_batch SET state = $2, failure = $3 WHERE id = $1', [
      batch.id,
      state,
      failure,
    ]);
  }

  /** Writes the counters and, not more than once a second, an event for those who watch. */
  async saveProgress(batch: LockedBatch, newErrors: number): Promise<void> {
    const objects = batch.objects.counts;
    const links = batch.links.counts;
    await batch.manager.query(
      `WITH saved AS (
         UPDATE import_batch SET objects = $2, links = $3, in_flight = $4, errors = errors + $5,
           processing_error = processing_error OR $6 WHERE id = $1)
       INSERT INTO import_event (batch_id, type, data)
       SELECT $1, 'progress', $7 WHERE NOT EXISTS (
         SELECT FROM import_event WHERE batch_id = $1 AND at > clock_timestamp() - ${EVENT_EVERY_MS} * interval '1 ms')`,
      [
        batch.id,
        JSON.stringify(objects),
        JSON.stringify(links),
        countAsked(objects) + countAsked(links),
        newErrors,
        batch.objects.hasFailures || batch.links.hasFailures,
        JSON.stringify(toEvent(batch, batch.state)),
      ],
    );
  }

  /** Ends the run of the batch and says so, once: the row is locked and its state changes with the message. */
  async end(batch: LockedBatch, { state, processingError }: BatchEnd): Promise<void> {
    const [[row]]: [{ finished_at: Date }[], number] = await batch.manager.query(
      `UPDATE import_batch SET state = $2, processing_error = $3, finished_at = clock_timestamp(), in_flight = 0
       WHERE id = $1 RETURNING finished_at`,
      [batch.id, state, processingError],
    );
    const message: ImportBatchMainCompleteV1 = {
      importBatchId: batch.id,
      userId: batch.userId,
      importBatchStatus: state,
      processingError,
      counts: {
        objects: batch.objects.counts as Record<string, number>,
        links: batch.links.counts as Record<string, number>,
      },
      startTime: batch.startedAt?.toISOString() ?? null,
      endTime: row!.finished_at.toISOString(),
      reportUri: `/api/imports/${batch.id}/report`,
    };
    await this.outbox.add(batch.manager, importBatchCompleted, message, { runId: batch.id, sequence: batch.run });
    await batch.manager.query(`INSERT INTO import_event (batch_id, type, data) VALUES ($1, 'end', $2)`, [
      batch.id,
      JSON.stringify({ ...toEvent(batch, state), processingError }),
    ]);
  }
}

function toEvent(batch: LockedBatch, state: BatchState): object {
  const { objects, links } = batch;
  return {
    importBatchId: batch.id,
    importBatchStatus: state,
    run: batch.run,
    counts: { objects: objects.counts, links: links.counts },
    percent: percentDone(objects.counts, links.counts),
  };
}

const OBJECT_NAMES = `(ARRAY['processing','checking','creating','complete','error','blocked','cancelled'])[pending_object.status + 1]`;
const LINK_NAMES = `(ARRAY['processing','creating','complete','error','blocked','cancelled'])[pending_link.status + 1]`;

function countsOf(table: string, names: string): string {
  return `coalesce((SELECT jsonb_object_agg(name, count) FROM (
    SELECT ${names} AS name, count(*) FROM ${table} WHERE batch_id = $1 GROUP BY 1) AS counted), '{}')`;
}

/** A dependent link that is not separate counts as its child does; a child that is being made makes no link yet. */
const LINK_COUNTS = `coalesce((SELECT jsonb_object_agg(name, count) FROM (
  SELECT name, sum(count) AS count FROM (
    SELECT ${LINK_NAMES} AS name, count(*) FROM pending_link WHERE batch_id = $1 AND kind <> 0 GROUP BY 1
    UNION ALL
    SELECT ${OBJECT_NAMES} AS name, count(*) FROM pending_link JOIN pending_object
      ON pending_object.batch_id = $1 AND obj_no = child_no
    WHERE pending_link.batch_id = $1 AND kind = 0 GROUP BY 1) AS parts
  GROUP BY name) AS counted), '{}')`;
