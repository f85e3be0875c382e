import { inTransaction, plannedEachTime, type RetentionRule, tooOld } from '@lockstep/database';
import { ProblemError, pageOffset } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ShopLog } from '../logs/shop-log.js';
import { readCalled, toLogLines } from './callback-log-lines.js';
import type { CallbackRow, CallbacksAnswer, CallbacksQuery } from './callbacks.answer.js';
import type { AcceptedCall } from './decide-replies.js';
import type { Verdict } from './decide-verdict.js';

/** Notified when callbacks have come in. */
export const CALLBACKS_CHANNEL = 'shop_callbacks';

/** Callbacks that were judged long ago. */
export const inboxRetention: RetentionRule = {
  table: 'callback_inbox',
  outdated: (limits) => `handled_at < ${tooOld(limits)}`,
};

/** Longer than applying one can take; after it the taker is dead. */
const TAKEN_FOR_SECONDS = 60;

/** Counted no further, and the end of pages. */
const MAX_EXACT_TOTAL = 10_000;

/** A callback that waits to be applied. */
export interface ReceivedCallback {
  readonly id: number;
  readonly requestId: string;
  readonly params: { readonly result?: unknown };
  /** This one included. */
  readonly attempts: number;
}

const VIEW = `json_build_object('id', id, 'requestId', request_id, 'verdict', verdict, 'detail', detail,
  'remoteAddress', remote_address, 'receivedAt', to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  'handledAt', to_char(handled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'body', body)`;

/** What the shop has called back with, as it came, and what became of it. */
@Injectable()
export class InboxStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly log: ShopLog,
  ) {}

  /** Keeps all of them or none; whoever was answered afterwards may rely on it. */
  async keep(calls: readonly AcceptedCall[], remoteAddress: string): Promise<void> {
    if (calls.length === 0) return;
    await inTransaction(this.dataSource, async (manager) => {
      await this.log.record(manager, toLogLines(calls, await readCalled(manager, calls)));
      await manager.query(
        `INSERT INTO callback_inbox (request_id, body, remote_address)
         SELECT call->>'requestId', call->'params', $2 FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS c (call, position)
         ORDER BY position`,
        [JSON.stringify(calls), remoteAddress],
      );
      await manager.query(`SELECT pg_notify($1, '')`, [CALLBACKS_CHANNEL]);
    });
  }

  /**
   * Takes the oldest ones that nobody else has, for so long that a taker who died is noticed; those of one request one after
   * the other, in the order of their arrival.
   */
  async take(limit: number): Promise<ReceivedCallback[]> {
    const rows: ReceivedCallback[] = await this.dataSource.query(
      `WITH taken AS (
         UPDATE callback_inbox SET attempts = attempts + 1,
           available_at = clock_timestamp() + ${TAKEN_FOR_SECONDS} * interval '1 second'
         WHERE id IN (
           SELECT id FROM callback_inbox i WHERE handled_at IS NULL AND available_at <= clock_timestamp() AND NOT EXISTS (
             SELECT FROM callback_inbox e WHERE e.request_id = i.request_id AND e.handled_at IS NULL AND e.id < i.id)
           ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
         RETURNING id, request_id, body, attempts)
       SELECT id::float8 AS id, request_id AS "requestId", body AS params, attempts FROM taken ORDER BY id`,
      [limit],
    );
    return rows;
  }

  async settle(id: number, verdict: Verdict, detail: string | null): Promise<void> {
    await this.dataSource.query(
      `UPDATE callback_inbox SET verdict = $2, detail = $3, handled_at = clock_timestamp() WHERE id = $1`,
      [id, verdict, detail],
    );
  }

  /** Puts one off that could not be applied. */
  async putOff(id: number, error: string, restMs: number): Promise<void> {
    await this.dataSource.query(
      `UPDATE callback_inbox SET detail = $2,
         available_at = clock_timestamp() + $3 * interval '1 millisecond' WHERE id = $1`,
      [id, error, restMs],
    );
  }

  /** Milliseconds until the next one may be tried; null when none waits. */
  async nextDueInMs(): Promise<number | null> {
    // Without HAVING, nothing to do would be 0 too: greatest passes over NULL.
    const [row]: { ms: number }[] = await this.dataSource.query(
      `SELECT greatest(0, extract(epoch FROM min(available_at) - clock_timestamp()) * 1000)::float8 AS ms
       FROM callback_inbox WHERE handled_at IS NULL HAVING min(available_at) IS NOT NULL`,
    );
    return row?.ms ?? null;
  }

  async countWaiting(): Promise<number> {
    const [row]: { count: number }[] = await this.dataSource.query(
      'SELECT count(*)::int AS count FROM callback_inbox WHERE handled_at IS NULL',
    );
    return row?.count ?? 0;
  }

  /** The verdict on an earlier one of the same request, and whether it said the same. */
  async findEarlier({ id, requestId }: ReceivedCallback): Promise<{ verdict: Verdict; isSame: boolean } | undefined> {
    const [row]: { verdict: Verdict; isSame: boolean }[] = await this.dataSource.query(
      `SELECT e.verdict, e.body = i.body AS "isSame" FROM callback_inbox e JOIN callback_inbox i ON i.id = $1
       WHERE e.request_id = $2 AND e.id < i.id AND e.verdict IN ('applied', 'unusable') ORDER BY e.id DESC LIMIT 1`,
      [id, requestId],
    );
    return row;
  }

  /** Lets one be judged again; false when there is none. */
  async reapply(id: number): Promise<boolean> {
    return inTransaction(this.dataSource, async (manager) => {
      const rows: unknown[] = await manager.query(
        `WITH again AS (
           UPDATE callback_inbox SET verdict = 'received', handled_at = NULL, detail = NULL, attempts = 0,
             available_at = clock_timestamp() WHERE id = $1 RETURNING id)
         SELECT id FROM again`,
        [id],
      );
      await manager.query(`SELECT pg_notify($1, '')`, [CALLBACKS_CHANNEL]);
      return rows.length > 0;
    });
  }

  async find(id: number): Promise<CallbackRow | undefined> {
    const [row]: { row: CallbackRow }[] = await this.dataSource.query(
      `SELECT ${VIEW} AS row FROM callback_inbox WHERE id = $1`,
      [id],
    );
    return row?.row;
  }

  /**
   * The latest first.
   *
   * @throws ProblemError 400 `PAGE_TOO_DEEP`
   */
  async list(query: CallbacksQuery): Promise<CallbacksAnswer> {
    const { verdict, requestId, cursor, page, pageSize } = query;
    const offset = cursor === undefined ? pageOffset(query) : 0;
    if (offset + pageSize > MAX_EXACT_TOTAL) {
      const detail = `Pages reach ${MAX_EXACT_TOTAL} callbacks; beyond them use the cursor of each answer.`;
      throw new ProblemError(400, 'PAGE_TOO_DEEP', detail);
    }
    const values: unknown[] = [];
    const bind = (value: unknown): string => `$${values.push(value)}`;
    const chosen = [
      verdict === undefined ? 'true' : `verdict = ${bind(verdict)}`,
      requestId === undefined ? 'true' : `request_id = ${bind(requestId)}`,
    ].join(' AND ');
    const count: { total: number }[] = await this.dataSource.query(
      plannedEachTime(
        `SELECT count(*)::int AS total FROM (SELECT FROM callback_inbox WHERE ${chosen} LIMIT ${MAX_EXACT_TOTAL + 1}) AS c`,
      ),
      values,
    );
    const behind = cursor === undefined ? 'true' : `id < ${bind(cursor)}`;
    const rows: { row: CallbackRow }[] = await this.dataSource.query(
      plannedEachTime(
        `SELECT ${VIEW} AS row FROM callback_inbox WHERE ${chosen} AND ${behind}
         ORDER BY id DESC LIMIT ${pageSize + 1} OFFSET ${offset}`,
      ),
      values,
    );
    const total = count[0]?.total ?? 0;
    const items = rows.slice(0, pageSize).map(({ row }) => row);
    return {
      items,
      total: Math.min(total, MAX_EXACT_TOTAL),
      totalIsLowerBound: total > MAX_EXACT_TOTAL,
      page,
      pageSize,
      cursor: rows.length > pageSize ? String(items.at(-1)?.id) : null,
    };
  }
}
