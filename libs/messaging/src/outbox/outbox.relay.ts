import { inTransaction, Listener } from '@lockstep/database';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { BROKER, type Broker, type MessageProperties, type OutgoingMessage } from '../broker/broker.js';
import { isBrokerGone } from '../broker/publish-errors.js';
import { backoffMs, pause } from '../broker/waiting.js';
import { outboxChannel } from './outbox.js';

/** A message may hold 200 records and 400 KB, twice that on its way from the database: more rows would cost memory for nothing. */
const BATCH_SIZE = 50;
/** A notification can be lost with its connection, and rows come due by themselves: look at least this often. */
const POLL_MS = 5_000;
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

/** What became of one batch. */
interface Relayed {
  readonly taken: number;
  /** True when the broker did not answer: nothing is wrong with the rows. */
  readonly brokerGone: boolean;
}

/**
 * Publishes what the outbox holds. Any number of replicas may run: each takes rows the others have not locked, and deletes
 * them once confirmed. Killed in between, the rows stay and are sent again under the same message ids.
 */
@Injectable()
export class OutboxRelay {
  private readonly log = new Logger('outbox');
  private readonly stopping = new AbortController();
  private wakeUp = new AbortController();
  private running?: Promise<void>;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(BROKER) private readonly broker: Broker,
  ) {}

  /** Begins; returns at once and never throws. */
  start(): void {
    this.running ??= this.run();
  }

  /** Ends after the batch in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    const listener = this.listen();
    for (let failures = 0; !this.stopping.signal.aborted; ) {
      const woken = this.wakeUp.signal;
      try {
        const { taken, brokerGone } = await this.relayBatch();
        failures = brokerGone ? failures + 1 : 0;
        if (brokerGone) await pause(backoffMs(failures, BROKER_BACKOFF), this.stopping.signal);
        else if (taken < BATCH_SIZE) await pause(POLL_MS, woken);
      } catch (error) {
        failures += 1;
        this.log.warn(`Outbox not relayed: ${String(error)}`);
        await pause(backoffMs(failures, BROKER_BACKOFF), this.stopping.signal);
      }
      if (woken.aborted) this.wakeUp = new AbortController();
    }
    await listener?.close();
  }

  private async relayBatch(): Promise<Relayed> {
    return inTransaction(
      this.dataSource,
      async (manager) => {
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
        await remove(
          manager,
          rows.map(({ id }) => id).filter((id) => !failedIds.has(id)),
        );
        await this.postpone(
          manager,
          failed.filter(({ error }) => !isBrokerGone(error)),
        );
        return { taken: rows.length, brokerGone: failed.some(({ error }) => isBrokerGone(error)) };
      },
      // Sent is sent: a second attempt of the transaction would publish everything again.
      { attempts: 1 },
    );
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

  private listen(): Listener | undefined {
    const { options } = this.dataSource;
    if (options.type !== 'postgres' || !options.url || !options.schema) return undefined;
    const listener = new Listener({
      url: options.url,
      service: options.schema,
      channels: [outboxChannel(options.schema)],
      onNotify: () => this.wake(),
      onListening: () => this.wake(),
      onLost: (error) => this.log.warn(`Outbox listener lost, polling: ${error.message}`),
    });
    listener.start();
    return listener;
  }

  private wake(): void {
    this.wakeUp.abort();
  }
}

async function remove(manager: EntityManager, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await manager.query('DELETE FROM outbox WHERE id = ANY($1::bigint[])', [ids]);
}

function toMessage(row: OutboxRow): OutgoingMessage {
  const { exchange, routing_key: routingKey, body, properties, message_id: messageId } = row;
  return { exchange, routingKey, body, properties: { ...properties, messageId } };
}
