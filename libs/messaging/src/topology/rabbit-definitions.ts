import { deadQueueName, type MessageDefinition, type QueueDefinition, retryQueueName } from '@lockstep/contracts';
import {
  bindingsOf,
  DEAD_ARGUMENTS,
  policyDefinition,
  QUORUM_ARGUMENTS,
  queuesOf,
  retryArguments,
} from './queue-arguments.js';

type Arguments = Readonly<Record<string, unknown>>;

/** A definitions file as RabbitMQ's management API and `load_definitions` take it; 3.10 and newer. */
export interface RabbitDefinitions {
  vhosts: { name: string }[];
  exchanges: {
    name: string;
    vhost: string;
    type: 'topic';
    durable: true;
    auto_delete: false;
    internal: false;
    arguments: Arguments;
  }[];
  queues: { name: string; vhost: string; durable: true; auto_delete: false; arguments: Arguments }[];
  bindings: {
    source: string;
    vhost: string;
    destination: string;
    destination_type: 'queue';
    routing_key: string;
    arguments: Arguments;
  }[];
  policies: {
    name: string;
    vhost: string;
    pattern: string;
    'apply-to': 'queues';
    priority: number;
    definition: Arguments;
  }[];
}

/**
 * The whole topology of a catalogue: topic exchanges, quorum queues with their bindings, `.dead` and `.retry.<delay>`
 * queues and one policy a queue. The same catalogue always gives the same text. No users: those belong to the installation.
 *
 * There is no alternate exchange on purpose: a message that it takes counts as routed, the broker then returns
 * nothing, and a publisher could no longer tell that nobody is bound to its key. `mandatory` tells it.
 * @param options.vhost default `/`
 */
export function buildRabbitDefinitions(
  messages: readonly MessageDefinition[],
  { vhost = '/' }: { vhost?: string } = {},
): RabbitDefinitions {
  const queues = queuesOf(messages);
  const exchanges = [...new Set(messages.map((message) => message.exchange))].sort();
  return {
    vhosts: [{ name: vhost }],
    exchanges: exchanges.map((name) => ({
      name,
      vhost,
      type: 'topic',
      durable: true,
      auto_delete: false,
      internal: false,
      arguments: {},
    })),
    queues: queues
      .flatMap(withDeadAndRetry)
      .map((queue) => ({ ...queue, vhost, durable: true as const, auto_delete: false as const })),
    bindings: queues.flatMap((queue) =>
      bindingsOf(queue.name, messages).map(({ exchange, routingKey }) => ({
        source: exchange,
        vhost,
        destination: queue.name,
        destination_type: 'queue' as const,
        routing_key: routingKey,
        arguments: {},
      })),
    ),
    policies: queues.map((queue) => ({
      name: queue.name,
      vhost,
      pattern: `^${queue.name.replaceAll(/[^\w]/g, String.raw`\$&`)}$`,
      'apply-to': 'queues',
      priority: 0,
      definition: policyDefinition(queue),
    })),
  };
}

function withDeadAndRetry(queue: QueueDefinition): { name: string; arguments: Arguments }[] {
  return [
    { name: queue.name, arguments: QUORUM_ARGUMENTS },
    { name: deadQueueName(queue), arguments: DEAD_ARGUMENTS },
    ...queue.retryDelaysMs.map((delayMs) => ({
      name: retryQueueName(queue, delayMs),
      arguments: retryArguments(queue, delayMs),
    })),
  ];
}
