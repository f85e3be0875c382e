import { Logger } from '@nestjs/common';
import type { PostgresLink } from './postgres-link.js';
import { announce, channelOf } from './queue-channel.js';
import { SettlementWriter } from './settlement-writer.js';

/** First half of the key of the advisory lock that a session holds; the second is its id. */
const SESSION_LOCK = 1_819_243_379;
/** How long messages of a session that died, and delays that another process counted, may go unnoticed. */
const TEND_EVERY_MS = 1_000;
/** A timer may fire a millisecond early. */
const TIMER_SLACK_MS = 2;

/** What consumes a queue over a session. */
export interface SessionUser {
  readonly queueId: number;
  /** Messages may be there; none that were not told of before has an id below `fromId`. */
  wake(fromId: number): void;
  /** Queues or bindings were made or deleted. */
  topologyChanged(): void;
}

/** What a look at the database told. */
interface Findings {
  readonly version: string;
  readonly dead_sessions: number[];
  /** The first message that waits in each queue of this session, where one does. */
  readonly waiting: readonly { readonly queue_id: number; readonly id: number }[];
  /** Milliseconds until the next delayed message is due; negative when it is overdue, null when there is none. */
  readonly due_in_ms: number | null;
}

/**
 * One life of the connection that consumes. As long as it lives it holds an advisory lock, so that any other session can
 * tell at once that its messages are free again when it is gone, and never has to guess by the clock.
 */
export class ConsumerSession {
  readonly settlements: SettlementWriter;
  private readonly log = new Logger('broker');
  private readonly users = new Set<SessionUser>();
  private version?: string;
  private dueTimer?: NodeJS.Timeout;
  private dueAtMs = Number.POSITIVE_INFINITY;
  private isTending = false;
  private isTendingWanted = false;

  private constructor(
    readonly link: PostgresLink,
    readonly id: number,
  ) {
    this.settlements = new SettlementWriter(link, id, (delayMs) => this.expectDue(delayMs));
  }

  /**
   * Begins a session and ends the one of this broker that came before, should the server still think that it lives.
   * @throws Error the server's or the connection's own
   */
  static async begin(link: PostgresLink, service: string, formerId?: number): Promise<ConsumerSession> {
    await link.query({ text: SETTINGS });
    const [row] = await link.query<{ id: number }>({ text: `SELECT nextval('broker.session_id')::int AS id` });
    const id = row!.id;
    // The lock first: a row without its lock is taken for dead.
    await link.query({ text: 'SELECT pg_advisory_lock($1, $2)', values: [SESSION_LOCK, id] });
    await link.query({ text: 'INSERT INTO broker.session (id, service) VALUES ($1, $2)', values: [id, service] });
    if (formerId !== undefined) await link.query({ text: END_FORMER, values: [SESSION_LOCK, formerId] });
    const session = new ConsumerSession(link, id);
    session.keepTending();
    return session;
  }

  /** Wakes the user whenever its queue is filled, until the session or `stop` ends it. */
  async attach(user: SessionUser): Promise<() => void> {
    await this.link.query({ text: `LISTEN "${channelOf(user.queueId)}"` });
    this.users.add(user);
    return () => this.users.delete(user);
  }

  /** Has the messages that are due after `delayMs` join the ends of their queues then; what is further off comes by itself. */
  expectDue(delayMs: number): void {
    const atMs = performance.now() + Math.max(0, delayMs) + TIMER_SLACK_MS;
    if (delayMs > TEND_EVERY_MS || atMs >= this.dueAtMs || !this.link.isOpen) return;
    clearTimeout(this.dueTimer);
    this.dueAtMs = atMs;
    const admit = (): void => {
      this.dueAtMs = Number.POSITIVE_INFINITY;
      void this.tend();
    };
    this.dueTimer = setTimeout(admit, atMs - performance.now());
  }

  /**
   * Ends in order, and frees what it still holds: without its row nobody would look for that. Comes after every claim of
   * this connection, because statements take turns on it.
   */
  async end(): Promise<void> {
    await this.link.query({ text: FREE, values: [[this.id]] }).catch(() => undefined);
  }

  private keepTending(): void {
    this.link.onNotification((channel, payload) => {
      for (const user of this.users) if (channel === channelOf(user.queueId)) user.wake(Number(payload));
    });
    void this.tend();
    const timer = setInterval(() => void this.tend(), TEND_EVERY_MS);
    void this.link.lost.then(() => {
      clearInterval(timer);
      clearTimeout(this.dueTimer);
    });
  }

  private async tend(): Promise<void> {
    this.isTendingWanted = true;
    if (this.isTending) return;
    this.isTending = true;
    while (this.isTendingWanted && this.link.isOpen) {
      this.isTendingWanted = false;
      await this.tendOnce().catch((error: unknown) => {
        if (this.link.isOpen) this.log.warn(`The broker's tables were not tended: ${String(error)}`);
      });
    }
    this.isTending = false;
  }

  /** Frees what the dead held, lets the delayed in, and wakes whoever missed a notification. */
  private async tendOnce(): Promise<void> {
    const found = await this.look();
    if (found.dead_sessions.length > 0) await this.free(found.dead_sessions);
    if (found.due_in_ms !== null && found.due_in_ms <= 0) await this.admitDue();
    else if (found.due_in_ms !== null) this.expectDue(found.due_in_ms);
    for (const { queue_id, id } of found.waiting) {
      for (const user of this.users) if (user.queueId === queue_id) user.wake(id);
    }
    const isChanged = this.version !== undefined && this.version !== found.version;
    this.version = found.version;
    if (isChanged) for (const user of this.users) user.topologyChanged();
  }

  private async look(): Promise<Findings> {
    const queueIds = [...this.users].map(({ queueId }) => queueId);
    const [found] = await this.link.query<Findings>({ ...LOOK, values: [SESSION_LOCK, this.id, queueIds] });
    return found!;
  }

  private async free(dead: readonly number[]): Promise<void> {
    await this.link.query({ text: FREE, values: [dead] });
    this.log.warn(`Messages in hand of ${dead.length} consumers that are gone go back to their queues`);
  }

  private async admitDue(): Promise<void> {
    await this.link.query(ADMIT_DUE);
    this.expectDue(0);
  }
}

/**
 * - A lost claim or ack repeats a message and loses none, so neither waits for the disk.
 * - Plans are kept from when the tables were empty, and statistics are always late: only the indexes are right.
 * - A session whose process vanished without a word is noticed after twenty seconds.
 */
const SETTINGS = `SET synchronous_commit = off; SET jit = off;
  SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off;
  SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 2`;

const END_FORMER = `SELECT pg_terminate_backend(pid) FROM pg_locks
  WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid = $1 AND objid = $2 AND objsubid = 2`;

const LOOK = {
  name: 'broker-look',
  text: `SELECT (SELECT version::text FROM broker.topology) AS version,
    ARRAY(SELECT id FROM broker.session WHERE id <> $2 AND pg_try_advisory_xact_lock($1::int, id)) AS dead_sessions,
    (SELECT coalesce(json_agg(first), '[]') FROM unnest($3::int[]) AS mine (queue_id), LATERAL (
      SELECT message.queue_id, id FROM broker.message
      WHERE message.queue_id = mine.queue_id AND due_at IS NULL AND claimed_by IS NULL ORDER BY id LIMIT 1
    ) AS first) AS waiting,
    (SELECT 1000 * extract(epoch FROM min(due_at) - clock_timestamp()) FROM broker.message
      WHERE due_at IS NOT NULL)::float8 AS due_in_ms`,
};

/** The dead do not come back, so that two sessions may free the same one. */
const FREE = `WITH gone AS (DELETE FROM broker.session WHERE id = ANY($1::int[])),
    freed AS (UPDATE broker.message SET claimed_by = NULL WHERE claimed_by = ANY($1::int[]) RETURNING queue_id, id)
  ${announce('freed')}`;

/** A new id puts them behind what waits already, as if published now. */
const ADMIT_DUE = {
  name: 'broker-admit-due',
  text: `WITH admitted AS (
      UPDATE broker.message SET id = nextval('broker.message_id_seq'), due_at = NULL
      WHERE id = ANY(ARRAY(
        SELECT id FROM broker.message WHERE due_at <= now() ORDER BY due_at LIMIT 1000 FOR UPDATE SKIP LOCKED))
      RETURNING queue_id, id)
    ${announce('admitted')}`,
};
