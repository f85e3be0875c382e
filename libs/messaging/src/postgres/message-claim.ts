import type { Delivery, MessageProperties } from '../broker/broker.js';
import { attemptOf, HEADER, textHeader } from '../broker/message-headers.js';
import type { PostgresLink } from './postgres-link.js';

/** A message in hand: nobody else gets it until it is settled or the session is lost. */
export interface ClaimedMessage {
  readonly id: number;
  readonly delivery: Delivery;
  /** How often it was handed over, this time included, since it came into its queue. */
  readonly deliveries: number;
}

interface Row {
  readonly id: string;
  readonly exchange: string;
  readonly routing_key: string;
  readonly properties: MessageProperties;
  readonly body: Buffer;
  readonly deliveries: number;
}

/** ARRAY and not a join: the planner then looks each row up by its key, however wrong its idea of the table's size. */
const CLAIM = {
  name: 'broker-claim',
  text: `UPDATE broker.message SET claimed_by = $1, deliveries = deliveries + 1
    WHERE id = ANY(ARRAY(
      SELECT id FROM broker.message WHERE queue_id = $2 AND id >= $3 AND due_at IS NULL AND claimed_by IS NULL
      ORDER BY id LIMIT $4 FOR UPDATE SKIP LOCKED))
    RETURNING id, exchange, routing_key, properties, body, deliveries`,
};

export interface Claim {
  readonly sessionId: number;
  readonly queueId: number;
  readonly queueName: string;
  /** Messages with lower ids are known to be taken: whoever looks at them again reads what vacuum has not removed yet. */
  readonly fromId: number;
  readonly limit: number;
}

/** Takes up to `limit` messages for a session, the oldest first. */
export async function claimMessages(link: PostgresLink, claim: Claim): Promise<ClaimedMessage[]> {
  const { sessionId, queueId, fromId, limit } = claim;
  const rows = await link.query<Row>({ ...CLAIM, values: [sessionId, queueId, fromId, limit] });
  // RETURNING promises no order.
  return rows.map((row) => toClaimed(claim.queueName, row)).sort((a, b) => a.id - b.id);
}

function toClaimed(queue: string, row: Row): ClaimedMessage {
  const { exchange, routing_key: routingKey, body, deliveries } = row;
  const { messageId, type, contentType, appId, timestamp, headers } = row.properties;
  return {
    id: Number(row.id),
    deliveries,
    delivery: {
      queue,
      exchange: textHeader(headers, HEADER.originalExchange) ?? exchange,
      routingKey: textHeader(headers, HEADER.originalRoutingKey) ?? routingKey,
      body,
      // Empty is absent, as on RabbitMQ.
      properties: {
        messageId: messageId || undefined,
        type: type || undefined,
        contentType: contentType || undefined,
        appId: appId || undefined,
        timestamp,
        headers,
      },
      redelivered: deliveries > 1,
      attempt: attemptOf(headers),
    },
  };
}
