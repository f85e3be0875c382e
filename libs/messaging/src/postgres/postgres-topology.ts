import { deadQueueName, type MessageDefinition, type QueueDefinition } from '@lockstep/contracts';
import pg from 'pg';
import { bindingsOf } from '../topology/queue-arguments.js';
import type { TopologyMode } from '../topology/topology-mode.js';
import type { PostgresLink } from './postgres-link.js';
import { type Binding, RouteTable } from './route-table.js';

/** What a consumer needs to know of its queue. */
export interface QueueIds {
  readonly queueId: number;
  readonly deadId: number;
}

/**
 * Sees to it that a queue can be consumed and its messages parked: makes it, with its bindings, or in `passive` mode only
 * looks for it.
 * @throws Error in `passive` mode where the queue is missing
 */
export async function prepareQueue(
  link: PostgresLink,
  queue: QueueDefinition,
  catalogue: readonly MessageDefinition[],
  mode: TopologyMode,
): Promise<QueueIds> {
  if (mode === 'assert') await declareQueues(link, [queue], catalogue);
  const ids = await findQueue(link, queue);
  if (!ids) throw new Error(`the queue ${queue.name} or its dead letters are missing`);
  return ids;
}

/** The queue as it stands; undefined where it, or the place of its dead letters, is not there. */
export async function findQueue(link: PostgresLink, queue: QueueDefinition): Promise<QueueIds | undefined> {
  const names = [queue.name, deadQueueName(queue)];
  const text = 'SELECT name, id FROM broker.queue WHERE name = ANY($1)';
  const rows = await link.query<{ name: string; id: number }>({ text, values: [names] });
  const [queueId, deadId] = names.map((name) => rows.find((row) => row.name === name)?.id);
  return queueId === undefined || deadId === undefined ? undefined : { queueId, deadId };
}

/** Every route, read in one snapshot with its version. */
export async function loadRoutes(link: PostgresLink): Promise<RouteTable> {
  const [row] = await link.query<{ version: string; queues: { id: number; name: string }[]; bindings: Binding[] }>({
    text: `SELECT version::text,
      (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name)), '[]') FROM broker.queue) AS queues,
      (SELECT coalesce(json_agg(json_build_object('exchange', exchange, 'pattern', pattern, 'queueId', queue_id)), '[]')
       FROM broker.binding) AS bindings
      FROM broker.topology`,
  });
  if (!row) throw new Error('the table broker.topology is empty');
  return new RouteTable(row.version, new Map(row.queues.map(({ id, name }) => [name, id])), row.bindings);
}

/**
 * Makes queues, the places of their dead letters and their bindings, where they are missing. One text is one transaction;
 * declarations take turns, or two services that start at once could wait for each other.
 */
export async function declareQueues(
  link: PostgresLink,
  queues: readonly QueueDefinition[],
  catalogue: readonly MessageDefinition[],
): Promise<void> {
  const statements = [
    "SELECT pg_advisory_xact_lock(hashtextextended('lockstep.broker.topology', 0))",
    ...queues.flatMap((queue) => declarations(queue, catalogue)),
  ];
  await link.query({ text: statements.join(';\n') });
}

function declarations(queue: QueueDefinition, catalogue: readonly MessageDefinition[]): string[] {
  const name = pg.escapeLiteral(queue.name);
  const dead = pg.escapeLiteral(deadQueueName(queue));
  return [
    `INSERT INTO broker.queue (name, holds_dead) VALUES (${name}, false), (${dead}, true) ON CONFLICT DO NOTHING`,
    ...bindingsOf(queue.name, catalogue).map(
      ({ exchange, routingKey }) =>
        `INSERT INTO broker.binding SELECT ${pg.escapeLiteral(exchange)}, ${pg.escapeLiteral(routingKey)}, id
         FROM broker.queue WHERE name = ${name} ON CONFLICT DO NOTHING`,
    ),
  ];
}
