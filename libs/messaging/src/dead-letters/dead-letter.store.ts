import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { MessageProperties } from '../broker/broker.js';
import type { ParkedLetter } from './parked-letter.js';

/** - `parked`: waits for someone; `replayed`: sent back to its queue; `discarded`: given up by someone. */
export type DeadLetterState = 'parked' | 'replayed' | 'discarded';

/** One row of a list; the body, which may hold personal data, is only in {@link DeadLetter}. */
export interface DeadLetterSummary {
  readonly id: number;
  readonly queue: string;
  readonly messageId: string;
  readonly type: string | null;
  readonly reason: string;
  readonly attempts: number;
  readonly replays: number;
  readonly runId: string | null;
  readonly sequence: number | null;
  readonly state: DeadLetterState;
  readonly firstSeenAt: Date;
  readonly parkedAt: Date;
  readonly stateChangedAt: Date;
}

export interface DeadLetter extends DeadLetterSummary {
  readonly exchange: string;
  readonly routingKey: string;
  readonly properties: MessageProperties;
  readonly body: Buffer;
}

/** Each given field must be equal. */
export interface DeadLetterFilter {
  readonly queue?: string;
  readonly state?: DeadLetterState;
  readonly type?: string;
  readonly runId?: string;
}

const SUMMARY = `id, queue, message_id AS "messageId", type, reason, attempts, replays, run_id AS "runId", sequence, state,
  first_seen_at AS "firstSeenAt", parked_at AS "parkedAt", state_changed_at AS "stateChangedAt"`;

const MATCHES = `($1::text IS NULL OR queue = $1) AND ($2::text IS NULL OR state = $2)
  AND ($3::text IS NULL OR type = $3) AND ($4::text IS NULL OR run_id = $4)`;

@Injectable()
export class DeadLetterStore {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Stores letters and answers those that were not parked already. A letter that was sent back and died again is parked
   * again; a late copy of its former death carries a lower count of replays and changes nothing.
   */
  async park(manager: EntityManager, letters: readonly ParkedLetter[]): Promise<ParkedLetter[]> {
    const parked: ParkedLetter[] = [];
    for (const letter of letters) {
      const rows: unknown[] = await manager.query(
        `INSERT INTO dead_letter AS known (queue, message_id, type, exchange, routing_key, properties, body, reason, attempts,
           replays, run_id, sequence, item_count)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (queue, message_id) DO UPDATE SET reason = excluded.reason, attempts = excluded.attempts,
           properties = excluded.properties, parked_at = now(), state = 'parked', state_changed_at = now()
         WHERE known.state = 'replayed' AND known.replays = excluded.replays
         RETURNING id`,
        [
          letter.queue,
          letter.messageId,
          letter.type,
          letter.exchange,
          letter.routingKey,
          JSON.stringify(letter.properties),
          letter.body,
          letter.reason,
          letter.attempts,
          letter.replays,
          letter.runId,
          letter.sequence,
          letter.itemCount,
        ],
      );
      if (rows.length > 0) parked.push(letter);
    }
    return parked;
  }

  /** Newest first. `page` from 1. */
  async list(
    filter: DeadLetterFilter,
    { page, pageSize }: { readonly page: number; readonly pageSize: number },
  ): Promise<{ items: DeadLetterSummary[]; total: number }> {
    const matching = [filter.queue ?? null, filter.state ?? null, filter.type ?? null, filter.runId ?? null];
    const items: DeadLetterSummary[] = await this.dataSource.query(
      `SELECT ${SUMMARY} FROM dead_letter WHERE ${MATCHES} ORDER BY id DESC LIMIT $5 OFFSET $6`,
      [...matching, pageSize, (page - 1) * pageSize],
    );
    const [count]: { total: number }[] = await this.dataSource.query(
      `SELECT count(*)::int AS total FROM dead_letter WHERE ${MATCHES}`,
      matching,
    );
    return { items, total: count?.total ?? 0 };
  }

  /** The whole letter; with a `lock`, nobody else replays or discards it until the transaction ends. */
  async find(manager: EntityManager, id: number, lock: 'lock' | 'no lock'): Promise<DeadLetter | undefined> {
    const [letter]: DeadLetter[] = await manager.query(
      `SELECT ${SUMMARY}, exchange, routing_key AS "routingKey", properties, body FROM dead_letter WHERE id = $1
       ${lock === 'lock' ? 'FOR UPDATE' : ''}`,
      [id],
    );
    return letter;
  }

  async setState(manager: EntityManager, id: number, state: DeadLetterState, replays: number): Promise<void> {
    await manager.query('UPDATE dead_letter SET state = $2, replays = $3, state_changed_at = now() WHERE id = $1', [
      id,
      state,
      replays,
    ]);
  }
}
