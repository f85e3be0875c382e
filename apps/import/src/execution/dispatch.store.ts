import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { LockedBatch } from './locked-batch.js';
import { type FillingRequest, planChunks, type ReadyItems } from './plan-chunks.js';

/** Told whenever there may be something to send, or room for more. */
export function dispatchChannel(schema: string): string {
  return `${schema}.dispatch`;
}

/** Told when a transaction has left something to be released. */
export function releaseChannel(schema: string): string {
  return `${schema}.release`;
}

/**
 * - `queued`: to be sent once `due_at` has come.
 * - `claimed`: being sent by some replica; once `due_at` has passed it was not.
 * - `sent`: taken by the broker; to be answered until `due_at`.
 * - `done`: answered, or given up.
 */
export type DispatchState = 'queued' | 'claimed' | 'sent' | 'done';

export interface Dispatch {
  /** A bigint, as text. */
  readonly id: string;
  readonly batchId: string;
  readonly kind: 'object' | 'link';
  readonly service: string;
  readonly type: number;
  readonly items: number[];
  readonly state: DispatchState;
  /** Times that it was sent for certain. */
  readonly attempt: number;
}

export interface ClaimOptions {
  readonly limit: number;
  /** Requests of one batch that may be unanswered at the same time. */
  readonly maxInFlight: number;
  /** After this a claimed request counts as not sent. */
  readonly claimMs: number;
}

const COLUMNS = `id::text, batch_id AS "batchId", kind, service, type, items, state, attempt`;
const NOTIFY = `pg_notify(current_schema() || '.dispatch', '')`;

/** The requests to owners: an outbox, a lease and the gate through which answers pass, in one row. */
@Injectable()
export class DispatchStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Requests of a locked batch that are open, or were. */
  async find(batch: LockedBatch, ids: readonly string[]): Promise<Map<string, Dispatch>> {
    const rows: Dispatch[] = await batch.manager.query(
      `SELECT ${COLUMNS} FROM dispatch WHERE batch_id = $1 AND id = ANY ($2::bigint[])`,
      [batch.id, ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  async close(batch: LockedBatch, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await batch.manager.query(`UPDATE dispatch SET state = 'done' WHERE id = ANY ($1::bigint[])`, [ids]);
  }

  /** A part was answered. */
  async shrink(batch: LockedBatch, id: string, items: readonly number[]): Promise<void> {
    await batch.manager.query('UPDATE dispatch SET items = $2 WHERE id = $1', [id, items]);
  }

  /** Appends ready items to requests that are filling, and makes new ones. One that is not full waits for company. */
  async enqueue(
    batch: LockedBatch,
    ready: readonly ReadyItems[],
    options: { readonly sizes: Readonly<Record<'object' | 'link', number>>; readonly fillWaitMs: number },
  ): Promise<void> {
    if (ready.length === 0) return;
    const plan = planChunks(ready, await this.findFilling(batch), options.sizes);
    for (const { id, items, isFull } of plan.append) {
      await batch.manager.query(
        `UPDATE dispatch SET items = items || $2::int[], due_at = CASE WHEN $3::boolean THEN clock_timestamp() ELSE due_at END
         WHERE id = $1`,
        [id, items, isFull],
      );
    }
    if (plan.create.length === 0) return;
    await batch.manager.query(
      `INSERT INTO dispatch (batch_id, kind, service, type, items, state, due_at)
       SELECT $1, kind, service, type, items::int[], 'queued', clock_timestamp() + wait_ms * interval '1 ms'
       FROM unnest($2::text[], $3::text[], $4::int[], $5::text[], $6::int[]) AS made (kind, service, type, items, wait_ms)`,
      [
        batch.id,
        plan.create.map(({ kind }) => kind),
        plan.create.map(({ service }) => service),
        plan.create.map(({ type }) => type),
        plan.create.map(({ items }) => `{${items.join()}}`),
        plan.create.map(({ isFull }) => (isFull ? 0 : options.fillWaitMs)),
      ],
    );
  }

  /** Queues items once more, in a request of their own. */
  async askAgain(
    batch: LockedBatch,
    former: Dispatch,
    items: readonly number[],
    next: { attempt: number; delayMs: number },
  ) {
    await batch.manager.query(
      `INSERT INTO dispatch (batch_id, kind, service, type, items, state, attempt, due_at)
       VALUES ($1, $2, $3, $4, $5, 'queued', $6, clock_timestamp() + $7::int * interval '1 ms')`,
      [batch.id, former.kind, former.service, former.type, items, next.attempt, next.delayMs],
    );
  }

  /** The first requests of a batch: every object that waits for nothing, `size` each. The objects by type. */
  async dispatchReady(batch: LockedBatch, size: number): Promise<ReadonlyMap<string, number>> {
    const rows: { action: string; count: number }[] = await batch.manager.query(
      `WITH ready AS (
         SELECT obj_no, object_type, action, (row_number() OVER (PARTITION BY object_type ORDER BY obj_no) - 1) / $2::int AS chunk
         FROM pending_object WHERE batch_id = $1 AND status = 0 AND parents_left = 0),
       made AS (
         INSERT INTO dispatch (batch_id, kind, service, type, items, state)
         SELECT $1, 'object', min(types.service), object_type, array_agg(obj_no ORDER BY obj_no), 'queued'
         FROM ready JOIN unnest($3::text[]) WITH ORDINALITY AS types (service, place) ON types.place = object_type + 1
         GROUP BY object_type, chunk ORDER BY chunk, object_type)
       SELECT action, count(*)::int FROM ready GROUP BY action`,
      [batch.id, size, batch.types.objectTypes.map(({ service }) => service)],
    );
    return new Map(rows.map(({ action, count }) => [action, count]));
  }

  /** When nobody is being waited for, nothing more will come to fill a request: it leaves as it is. Wakes the senders. */
  async sendRestWhenIdle(batch: LockedBatch): Promise<void> {
    await batch.manager.query(
      `WITH rest AS (
         UPDATE dispatch SET due_at = clock_timestamp()
         WHERE batch_id = $1 AND state = 'queued' AND attempt = 0 AND due_at > clock_timestamp()
           AND NOT EXISTS (SELECT FROM dispatch WHERE batch_id = $1 AND state IN ('claimed', 'sent')))
       SELECT ${NOTIFY}`,
      [batch.id],
    );
  }

  /** Takes back what was never sent. */
  async dropQueued(batch: LockedBatch): Promise<void> {
    await batch.manager.query(`DELETE FROM dispatch WHERE batch_id = $1 AND state = 'queued'`, [batch.id]);
  }

  /**
   * Takes requests to be sent: those of batches with the fewest unanswered first, one each in turn, so that a small batch is
   * never behind a large one. Any number of replicas may claim at the same time.
   */
  async claim({ limit, maxInFlight, claimMs }: ClaimOptions): Promise<Dispatch[]> {
    const [rows]: [Dispatch[], number] = await this.dataSource.query(
      `WITH candidate AS (
         SELECT due.id, asked.count + row_number() OVER (PARTITION BY batch.id ORDER BY due.id) AS place
         FROM import_batch AS batch
         CROSS JOIN LATERAL (
           SELECT count(*) FROM dispatch WHERE batch_id = batch.id AND state IN ('claimed', 'sent')) AS asked
         CROSS JOIN LATERAL (
           SELECT id FROM dispatch WHERE batch_id = batch.id AND state = 'queued' AND due_at <= clock_timestamp()
           ORDER BY id LIMIT greatest($2 - asked.count, 0)) AS due
         WHERE batch.state = 'processingObjects'
         ORDER BY place, due.id LIMIT $1),
       free AS (
         SELECT dispatch.id FROM dispatch JOIN candidate USING (id) WHERE state = 'queued'
         ORDER BY place, id FOR UPDATE OF dispatch SKIP LOCKED)
       UPDATE dispatch SET state = 'claimed', due_at = clock_timestamp() + $3::int * interval '1 ms'
       FROM free WHERE dispatch.id = free.id
       RETURNING dispatch.id::text, batch_id AS "batchId", kind, service, type, items, state, attempt`,
      [limit, maxInFlight, claimMs],
    );
    return rows;
  }

  /** The broker has them: the time for their answers runs. One that was answered already stays as it is. */
  async markSent(ids: readonly string[], leaseMs: number): Promise<void> {
    if (ids.length === 0) return;
    await this.dataSource.query(
      `UPDATE dispatch SET state = 'sent', attempt = attempt + 1, due_at = clock_timestamp() + $2::int * interval '1 ms'
       WHERE id = ANY ($1::bigint[]) AND state = 'claimed'`,
      [ids, leaseMs],
    );
  }

  /** Not sent: once more later. `countsAsAttempt` when something is wrong with the request and not with the broker. */
  async putBack(ids: readonly string[], delayMs: number, countsAsAttempt: boolean): Promise<void> {
    if (ids.length === 0) return;
    await this.dataSource.query(
      `UPDATE dispatch SET state = CASE WHEN $3::boolean THEN 'sent' ELSE 'queued' END,
         attempt = attempt + ($3::boolean)::int,
         due_at = clock_timestamp() + $2::int * interval '1 ms'
       WHERE id = ANY ($1::bigint[]) AND state = 'claimed'`,
      [ids, delayMs, countsAsAttempt],
    );
  }

  /** A claimed request is too large for one message: the rest of its items becomes a request of its own. */
  async split(manager: EntityManager, dispatch: Dispatch, kept: number): Promise<void> {
    await manager.query(
      `WITH former AS (
         UPDATE dispatch SET items = items[:$2], state = 'queued', due_at = clock_timestamp()
         WHERE id = $1 AND state = 'claimed' AND cardinality(items) = $3 RETURNING batch_id, kind, service, type, attempt)
       INSERT INTO dispatch (batch_id, kind, service, type, items, state, attempt)
       SELECT batch_id, kind, service, type, $4, 'queued', attempt FROM former`,
      [dispatch.id, kept, dispatch.items.length, dispatch.items.slice(kept)],
    );
  }

  /** Batches with requests that were not answered, or not sent, in their time. */
  async findOverdue(limit: number): Promise<{ batchId: string; ids: string[] }[]> {
    return this.dataSource.query(
      `SELECT batch_id AS "batchId", array_agg(id::text) AS ids FROM (
         SELECT due.id, batch.id AS batch_id FROM import_batch AS batch CROSS JOIN LATERAL (
           SELECT id FROM dispatch WHERE batch_id = batch.id AND state IN ('claimed', 'sent') AND due_at <= clock_timestamp()
           LIMIT $1) AS due
         WHERE batch.state IN ('processingObjects', 'paused', 'cancelling') LIMIT $1) AS overdue
       GROUP BY batch_id`,
      [limit],
    );
  }

  /** Those of `ids` that still are overdue, now that their batch is locked. */
  async lockOverdue(batch: LockedBatch, ids: readonly string[]): Promise<Dispatch[]> {
    return batch.manager.query(
      `SELECT ${COLUMNS} FROM dispatch
       WHERE id = ANY ($1::bigint[]) AND state IN ('claimed', 'sent') AND due_at <= clock_timestamp() FOR UPDATE`,
      [ids],
    );
  }

  /** The same request once more. */
  async requeue(batch: LockedBatch, id: string, delayMs: number): Promise<void> {
    await batch.manager.query(
      `UPDATE dispatch SET state = 'queued', due_at = clock_timestamp() + $2::int * interval '1 ms' WHERE id = $1`,
      [id, delayMs],
    );
  }

  /** Milliseconds until a queued request comes due that is not due yet; null for nothing. */
  nextDueInMs(): Promise<number | null> {
    return this.nextInMs(`batch.state = 'processingObjects'`, `state = 'queued'`);
  }

  /** Milliseconds until an answer, or the sending of a request, is overdue; null for nothing. */
  nextOverdueInMs(): Promise<number | null> {
    return this.nextInMs(
      `batch.state IN ('processingObjects', 'cancelling', 'paused')`,
      `state IN ('claimed', 'sent')`,
    );
  }

  /** Batches with waves that were left for later. */
  async findReleasing(limit: number): Promise<string[]> {
    const rows: { batch_id: string }[] = await this.dataSource.query(
      'SELECT batch_id FROM pending_release GROUP BY batch_id ORDER BY min(id) LIMIT $1',
      [limit],
    );
    return rows.map(({ batch_id }) => batch_id);
  }

  private async nextInMs(batches: string, dispatches: string): Promise<number | null> {
    const [row]: { ms: number | null }[] = await this.dataSource.query(
      `SELECT ceil(extract(epoch FROM min(due.at) - clock_timestamp()) * 1000)::float8 AS ms
       FROM import_batch AS batch CROSS JOIN LATERAL (
         SELECT min(due_at) AS at FROM dispatch
         WHERE batch_id = batch.id AND ${dispatches} AND due_at > clock_timestamp()) AS due
       WHERE ${batches}`,
    );
    return row?.ms ?? null;
  }

  private async findFilling(batch: LockedBatch): Promise<FillingRequest[]> {
    return batch.manager.query(
      `SELECT id::text, kind, type, cardinality(items) AS count FROM dispatch
       WHERE batch_id = $1 AND state = 'queued' AND attempt = 0 AND due_at > clock_timestamp()
       ORDER BY id FOR UPDATE SKIP LOCKED`,
      [batch.id],
    );
  }
}
