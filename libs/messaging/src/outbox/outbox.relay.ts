import { inTransaction } from '@lockstep/database';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { BROKER, type Broker, type MessageProperties, type OutgoingMessage } from '../broker/broker.js';
import { isBrokerGone } from '../broker/publish-errors.js';
import { WokenLoop } from '../woken-loop.js';
import { outboxChannel } from './outbox.js';

/** A message may hold 200 records and 400 KB, twice that on its way from the database: more rows would cost memory for nothing. */
const BATCH_SIZE = 50;
/** A notification can be lost with its connection, and rows come due by themselves: look at least this often. */
const POLL_MS = 5_000;
/** Under load messages are relayed together; the first one after a rest waits for nothing. */
const AT_MOST_EVERY_MS = 20;
const BROKER_BACKOFF = { firstMs: 250, maxMs: 10_000 };
/** Wait of a row that the broker does not take, doubled with each attempt. */
const ROW_BACKOFF_SECONDS = { first: 5, max: 300 };

interface OutboxRow {
  readonly id: string;
  readonly message_id: string;
  readonly exchange: string;
  readonly routing_key: string;
  readonly properties: MessageProperties;
  readonly body: Buffer;
}

/**
 * Publishes what the outbox holds. Any number of replicas may run: each takes rows the others have not locked, and deletes
 * them once confirmed. Killed in between, the rows stay and are sent again under the same message ids.
 */
@Injectable()
export class OutboxRelay {
  private readonly log = new Logger('outbox');
  private readonly loop: WokenLoop;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(BROKER) private readonly broker: Broker,
  ) {
    const { options } = dataSource;
    this.loop = new WokenLoop({
      dataSource,
      channel: outboxChannel(options.type === 'postgres' ? (options.schema ?? 'public') : 'public'),
      turn: () => this.relayBatch(),
      onFailed: (error) => this.log.warn(`Outbox not relayed: ${String(error)}`),
      backoff: BROKER_BACKOFF,
      atMostEveryMs: AT_MOST_EVERY_MS,
    });
  }

  /** Begins; returns at once and never throws. */
  start(): void {
    this.loop.start();
  }

  /** Ends after the batch in hand. */
  stop(): Promise<void> {
    return this.loop.stop();
  }

  /**
   * Answers for how long there is nothing to do.
   * @throws PublishUnconfirmedError when the broker does not answer; what it had confirmed is deleted
   */
  private async relayBatch(): Promise<number> {
    const { taken, gone } = await inTransaction(
      this.dataSource,
      async (manager, last) => {
        const rows: OutboxRow[] = await manager.query(
          `SELECT id::text, message_id, exchange, routing_key, properties, body FROM outbox
           WHERE next_attempt_at <= now() ORDER BY id LIMIT ${BATCH_SIZE} FOR UPDATE SKIP LOCKED`,
        );
        const results = await Promise.allSettled(rows.map((row) => this.broker.publish(toMessage(row))));
        const failed = rows.flatMap((row, index) => {
          const result = results[index];
          return result?.status === 'rejected' ? [{ id: row.id, error: result.reason as unknown }] : [];
        });
        const failedIds = new Set(failed.map(({ id }) => id));
        const sent = rows.map(({ id }) => id).filter((id) => !failedIds.has(id));
        const refused = failed.filter(({ error }) => !isBrokerGone(error));
        await this.postpone(manager, refused);
        last(remove(manager, sent));
        // Nothing is wrong with these rows.
        return { taken: rows.length, gone: failed.find(({ error }) => isBrokerGone(error)) };
      },
      // Sent is sent: a second attempt of the transaction would publish everything again.
      { attempts: 1 },
    );
    if (gone) throw gone.error;
    return taken < BATCH_SIZE ? POLL_MS : 0;
  }

  /** A row that the broker does not take waits by itself; the others go on. */
  private async postpone(manager: EntityManager, failed: readonly { id: string; error: unknown }[]): Promise<void> {
    if (failed.length === 0) return;
    this.log.error(`${failed.length} outbox rows not taken by the broker, first: ${String(failed[0]?.error)}`);
    await manager.query(
      `UPDATE outbox SET attempts = attempts + 1, last_error = failed.error,
         next_attempt_at = clock_timestamp() + least($3, $4 * 2 ^ least(attempts, 20)) * interval '1 second'
       FROM unnest($1::bigint[], $2::text[]) AS failed (id, error) WHERE outbox.id = failed.id`,
      [
        failed.map(({ id }) => id),
        failed.map(({ error }) => String(error).slice(0, 500)),
        ROW_BACKOFF_SECONDS.max,
        ROW_BACKOFF_SECONDS.first,
      ],
    );
  }
}

async function remove(manager: EntityManager, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await manager.query('DELETE FROM outbox WHERE id = ANY($1::bigint[])', [ids]);
}

function toMessage(row: OutboxRow): OutgoingMessage {
  const { exchange, routing_key: routingKey, body, properties, message_id: messageId } = row;
  return { exchange, routingKey, body, properties: { ...properties, messageId } };
}
