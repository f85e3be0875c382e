import type { MessageDefinition, ServiceName } from '@lockstep/contracts';
import { queuesOf } from '../topology/queue-arguments.js';

/** What a service does with messages, as its code states it. */
export interface ServiceWiring {
  readonly service: ServiceName;
  readonly catalogue: readonly MessageDefinition[];
  /** Queue names, one entry a handler. */
  readonly handlers: readonly string[];
  readonly publishes: readonly MessageDefinition[];
}

/** The service and the catalogue disagree. Names every fault, and what to add or take away. */
export class WiringError extends Error {
  override readonly name = 'WiringError';

  constructor(
    service: string,
    readonly faults: readonly string[],
  ) {
    super(`${service} does not fit the message catalogue:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
  }
}

/**
 * Everything in which a service's handlers and publishes differ from the catalogue; empty when nothing does. Each queue it
 * consumes has exactly one handler, it handles no other queue, and it declares exactly what the catalogue lets it publish.
 */
export function checkWiring({ service, catalogue, handlers, publishes }: ServiceWiring): string[] {
  const module = `${service.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Module`;
  const own = queuesOf(catalogue).filter((queue) => queue.consumer === service);
  const ownNames = own.map((queue) => queue.name);
  const expected = catalogue.filter((message) => message.publishers.includes(service));
  return [
    ...ownNames
      .filter((name) => !handlers.includes(name))
      .map((name) => `${name} has no handler: add @QueueHandler(${name}) to a controller of ${module}`),
    ...[...new Set(handlers)]
      .filter((name) => handlers.indexOf(name) !== handlers.lastIndexOf(name))
      .map((name) => `${name} has several handlers: keep one @QueueHandler(${name}) in ${module}`),
    ...[...new Set(handlers)]
      .filter((name) => !ownNames.includes(name))
      .map((name) => `${name} is not a queue of ${service}: remove @QueueHandler(${name}) from ${module}`),
    ...expected
      .filter((message) => !publishes.includes(message))
      .map((message) => `${nameOf(message)} is not declared: add it to 'publishes' of ${module}`),
    ...publishes
      .filter((message) => !expected.includes(message))
      .map((message) => `${nameOf(message)} is not ${service}'s to publish: remove it from 'publishes' of ${module}`),
  ];
}

function nameOf(message: MessageDefinition): string {
  return `${message.type} v${message.version}`;
}
