import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { MessageProperties } from '../broker/broker.js';
import { isBodyId } from '../broker/message-id.js';
import { type ParkedLetter, timeOfDeath } from './parked-letter.js';

/** `parked`: waits for someone; `scheduled`: will be sent back; `replayed`: was sent back to its queue; `discarded`: given up by someone. */
export const DEAD_LETTER_STATES = ['parked', 'scheduled', 'replayed', 'discarded'] as const;
export type DeadLetterState = (typeof DEAD_LETTER_STATES)[number];

/** One row of a list; the body, which may hold personal data, is only in {@link DeadLetter}. */
export interface DeadLetterSummary {
  readonly id: number;
  readonly queue: string;
  readonly messageId: string;
  readonly type: string | null;
  readonly reason: string;
  /** The code that the reason begins with. */
  readonly cause: string;
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
  readonly cause?: string;
}

/** Letters of one queue and type that died of the same cause. */
export interface DeadLetterCause {
  readonly queue: string;
  readonly type: string | null;
  readonly cause: string;
  readonly state: DeadLetterState;
  readonly count: number;
  /** Of the newest. */
  readonly reason: string;
  readonly newestId: number;
  readonly firstSeenAt: Date;
  readonly lastParkedAt: Date;
}

const SUMMARY = `id, queue, message_id AS "messageId", type, reason, cause, attempts, replays, run_id AS "runId", sequence, state,
  first_seen_at AS "firstSeenAt", parked_at AS "parkedAt", state_changed_at AS "stateChangedAt"`;

const MATCHES = `($1::text IS NULL OR queue = $1) AND ($2::text IS NULL OR state = $2)
  AND ($3::text IS NULL OR type = $3) AND ($4::text IS NULL OR run_id = $4)
  AND ($5::text IS NULL OR cause = $5)`;

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
      const stored = await this.parkOne(manager, letter);
      if (stored) parked.push(stored);
    }
    return parked;
  }

  /** A message without an id goes by its body: once one is dealt with, the next of the same body is a letter `<id>#<n>`. */
  private async parkOne(manager: EntityManager, letter: ParkedLetter): Promise<ParkedLetter | undefined> {
    for (let number = 1; ; number += 1) {
      const messageId = number === 1 ? letter.messageId : `${letter.messageId}#${number}`;
      const numbered = { ...letter, messageId };
      if (await this.isInserted(manager, numbered)) return numbered;
      if (!isBodyId(letter.messageId) || !(await this.isOfAnother(manager, numbered))) return undefined;
    }
  }

  /** True when what stands under the letter's id was dealt with, and died at another time. */
  private async isOfAnother(manager: EntityManager, letter: ParkedLetter): Promise<boolean> {
    const [known]: { state: DeadLetterState; properties: MessageProperties }[] = await manager.query(
      'SELECT state, properties FROM dead_letter WHERE queue = $1 AND message_id = $2',
      [letter.queue, letter.messageId],
    );
    const isOver = known?.state === 'replayed' || known?.state === 'discarded';
    return isOver && timeOfDeath(known.properties.headers) !== timeOfDeath(letter.properties.headers);
  }

  private async isInserted(manager: EntityManager, letter: ParkedLetter): Promise<boolean> {
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
    return rows.length > 0;
  }

  /** Newest first. `page` from 1. */
  async list(
    filter: DeadLetterFilter,
    { page, pageSize }: { readonly page: number; readonly pageSize: number },
  ): Promise<{ items: DeadLetterSummary[]; total: number }> {
    const matching = toParameters(filter);
    const items: DeadLetterSummary[] = await this.dataSource.query(
      `SELECT ${SUMMARY} FROM dead_letter WHERE ${MATCHES} ORDER BY id DESC LIMIT $6 OFFSET $7`,
      [...matching, pageSize, (page - 1) * pageSize],
    );
    return { items, total: await this.count(filter) };
  }

  async count(filter: DeadLetterFilter): Promise<number> {
    const [row]: { total: number }[] = await this.dataSource.query(
      `SELECT count(*)::int AS total FROM dead_letter WHERE ${MATCHES}`,
      toParameters(filter),
    );
    return row?.total ?? 0;
  }

  /** Largest group first, at most 200. */
  async causes(filter: DeadLetterFilter): Promise<DeadLetterCause[]> {
    return this.dataSource.query(
      `SELECT queue, type, cause, state, count(*)::int AS count, (array_agg(reason ORDER BY id DESC))[1] AS reason,
              max(id) AS "newestId", min(first_seen_at) AS "firstSeenAt", max(parked_at) AS "lastParkedAt"
       FROM dead_letter WHERE ${MATCHES} GROUP BY queue, type, cause, state ORDER BY count(*) DESC, max(id) DESC LIMIT 200`,
      toParameters(filter),
    );
  }

  /** Parked letters that match will be sent back, oldest first, `ratePerSecond` of them, after those scheduled before. */
  async schedule(manager: EntityManager, filter: DeadLetterFilter, ratePerSecond: number): Promise<number> {
    const [, count]: [unknown, number] = await manager.query(
      `UPDATE dead_letter SET state = 'scheduled', state_changed_at = now(), replay_at = due.at
       FROM (SELECT id, greatest(now(), (SELECT max(replay_at) FROM dead_letter WHERE state = 'scheduled'))
                    + (row_number() OVER (ORDER BY id) - 1) * interval '1 second' / $6::float8 AS at
             FROM dead_letter WHERE state = 'parked' AND ${MATCHES}) due
       WHERE dead_letter.id = due.id AND state = 'parked'`,
      [...toParameters(filter), ratePerSecond],
    );
    return count;
  }

  /** Letters that match in one of the states `from` get the state `to`; answers how many. */
  async moveMatching(filter: DeadLetterFilter, from: readonly DeadLetterState[], to: DeadLetterState): Promise<number> {
    const [, count]: [unknown, number] = await this.dataSource.query(
      `UPDATE dead_letter SET state = $7, state_changed_at = now(), replay_at = NULL
       WHERE state = ANY($6::text[]) AND ${MATCHES}`,
      [...toParameters(filter), from, to],
    );
    return count;
  }

  /** Scheduled letters whose time has come, locked until the transaction ends. */
  async claimDue(manager: EntityManager, limit: number): Promise<DeadLetter[]> {
    return manager.query(
      `SELECT ${SUMMARY}, exchange, routing_key AS "routingKey", properties, body FROM dead_letter
       WHERE state = 'scheduled' AND replay_at <= clock_timestamp() ORDER BY replay_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [limit],
    );
  }

  /** Milliseconds until the next scheduled letter is due, 0 when one is; undefined when none is scheduled. */
  async nextDueMs(): Promise<number | undefined> {
    const [row]: { ms: number }[] = await this.dataSource.query(
      `SELECT greatest(0, ceil(extract(epoch FROM replay_at - clock_timestamp()) * 1000))::float8 AS ms
       FROM dead_letter WHERE state = 'scheduled' ORDER BY replay_at LIMIT 1`,
    );
    return row?.ms;
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
    await manager.query(
      'UPDATE dead_letter SET state = $2, replays = $3, replay_at = NULL, state_changed_at = now() WHERE id = $1',
      [id, state, replays],
    );
  }
}

function toParameters({ queue, state, type, runId, cause }: DeadLetterFilter): (string | null)[] {
  return [queue ?? null, state ?? null, type ?? null, runId ?? null, cause ?? null];
}
