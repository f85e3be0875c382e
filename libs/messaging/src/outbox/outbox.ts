import type { MessageDefinition } from '@lockstep/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { OutgoingMessage } from '../broker/broker.js';
import { MessageComposer, type PublishOptions } from '../publishing/message-composer.js';

/** The channel a schema's relays listen on: PostgreSQL's channels are one list for the whole database. */
export function outboxChannel(schema: string): string {
  return `${schema}.outbox`;
}

/** The notification is sent with the commit, and only once for many inserts of one transaction. */
const ADD_SQL = (rows: string): string => `
  WITH added AS (INSERT INTO outbox (message_id, exchange, routing_key, properties, body) ${rows})
  SELECT pg_notify(current_schema() || '.outbox', '')`;

/** How much waits to be published. */
export interface OutboxBacklog {
  readonly count: number;
  /** Age of the oldest in seconds; 0 when there is none. */
  readonly oldestAgeSeconds: number;
}

/**
 * Messages that leave with a change of state: written in its transaction, published after its commit, at least once and
 * under the same id. The order between messages is not kept.
 */
@Injectable()
export class Outbox {
  constructor(
    private readonly dataSource: DataSource,
    private readonly composer: MessageComposer,
  ) {}

  /**
   * Adds a message to the caller's transaction.
   * @throws UndeclaredMessageError, PayloadMismatchError as publishing does, before anything is written
   */
  async add<T extends object>(
    manager: EntityManager,
    definition: MessageDefinition<T>,
    payload: T | Buffer,
    options: PublishOptions = {},
  ): Promise<void> {
    await this.insert(manager, [this.composer.compose(definition, payload, options)]);
  }

  /** As {@link add} for many messages of one kind, in one statement. */
  async addAll<T extends object>(
    manager: EntityManager,
    definition: MessageDefinition<T>,
    entries: readonly { readonly payload: T | Buffer; readonly options?: PublishOptions }[],
  ): Promise<void> {
    const messages = entries.map(({ payload, options }) => this.composer.compose(definition, payload, options));
    if (messages.length > 0) await this.insert(manager, messages);
  }

  /** For metrics and an operator's question why nothing arrives. */
  async backlog(): Promise<OutboxBacklog> {
    const [row]: { count: number; age: number }[] = await this.dataSource.query(
      `SELECT count(*)::int AS count, coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS age
       FROM outbox`,
    );
    return { count: row?.count ?? 0, oldestAgeSeconds: row?.age ?? 0 };
  }

  private async insert(manager: EntityManager, messages: readonly OutgoingMessage[]): Promise<void> {
    const [first, ...others] = messages;
    if (first && others.length === 0) {
      const { messageId } = first.properties;
      const values = [messageId, first.exchange, first.routingKey, JSON.stringify(first.properties), first.body];
      // A body by itself goes as it is; in an array each of its bytes would be written as two characters.
      await manager.query(ADD_SQL('VALUES ($1, $2, $3, $4::jsonb, $5::bytea)'), values);
      return;
    }
    await manager.query(ADD_SQL('SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::bytea[])'), [
      messages.map((message) => message.properties.messageId),
      messages.map((message) => message.exchange),
      messages.map((message) => message.routingKey),
      messages.map((message) => JSON.stringify(message.properties)),
      messages.map((message) => message.body),
    ]);
  }
}
