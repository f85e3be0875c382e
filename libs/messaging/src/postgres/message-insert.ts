import type { OutgoingMessage } from '../broker/broker.js';
import type { PostgresLink } from './postgres-link.js';
import { announce } from './queue-channel.js';

export interface RoutedMessage {
  readonly message: OutgoingMessage;
  readonly queueIds: readonly number[];
}

/**
 * Bodies travel as one binary value and are cut up by the server: inside an array each would travel as text of twice its
 * length, and with a parameter a body every group would be a statement of its own to parse.
 */
const INSERT = {
  name: 'broker-publish',
  text: `WITH stored AS (
      INSERT INTO broker.message (queue_id, exchange, routing_key, properties, body)
      SELECT queue_id, exchange, routing_key, properties, substring($2::bytea FROM position FOR length)
      FROM unnest($3::int[], $4::text[], $5::text[], $6::json[], $7::int[], $8::int[])
        WITH ORDINALITY AS entry (queue_id, exchange, routing_key, properties, position, length, place)
      WHERE (SELECT version FROM broker.topology) = $1
      ORDER BY place
      RETURNING queue_id, id)
    ${announce('stored')}`,
};

/** Stores each message once for each of its queues and wakes their consumers; false, with nothing stored, at another version. */
export async function storeMessages(
  link: PostgresLink,
  version: string,
  routed: readonly RoutedMessage[],
): Promise<boolean> {
  const copies = routed.flatMap((each, index) => each.queueIds.map((queueId) => ({ ...each, queueId, index })));
  const lengths = routed.map(({ message }) => message.body.length);
  // Counted from 1, as SQL does.
  const positions: number[] = [];
  let end = 1;
  for (const length of lengths) {
    positions.push(end);
    end += length;
  }
  const values = [
    version,
    bodiesOf(routed),
    copies.map(({ queueId }) => queueId),
    copies.map(({ message }) => message.exchange),
    copies.map(({ message }) => message.routingKey),
    copies.map(({ message }) => JSON.stringify(message.properties)),
    copies.map(({ index }) => positions[index]),
    copies.map(({ index }) => lengths[index]),
  ];
  const woken = await link.query({ ...INSERT, values });
  return woken.length > 0;
}

/** True while the routes of this version are the present ones. */
export async function isRoutedAt(link: PostgresLink, version: string): Promise<boolean> {
  const text = 'SELECT FROM broker.topology WHERE version = $1';
  return (await link.query({ text, name: 'broker-version', values: [version] })).length > 0;
}

function bodiesOf(routed: readonly RoutedMessage[]): Buffer {
  const [first] = routed;
  return routed.length === 1 && first ? first.message.body : Buffer.concat(routed.map(({ message }) => message.body));
}
