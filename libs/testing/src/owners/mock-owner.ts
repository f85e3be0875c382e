import { randomUUID } from 'node:crypto';
import { IMPORT_EXCHANGE, type ImportResultV1, importResult } from '@lockstep/contracts';
import amqp from 'amqplib';
import { OwnerDouble, type OwnerRule } from './owner-double.js';

/** How a mock owner behaves beyond what it does with each item. */
export interface MockOwnerOptions {
  readonly rabbitmqUrl: string;
  /** Names of the services that it stands for: `import.queue.object.request.<name>` and the queue of links. */
  readonly services: readonly string[];
  readonly rule?: OwnerRule;
  /** How long an answer takes, in milliseconds, drawn for each answer. @default none */
  readonly delayMs?: () => number;
  /** Shapes what is sent for one answer: parts of it, in another order, or more than once. @default as it is */
  readonly scatter?: (result: ImportResultV1) => readonly ImportResultV1[];
}

/** Owners on a real broker that do as they are told. */
export interface MockOwner {
  /** What they were asked for and what they made. */
  readonly double: OwnerDouble;
  /** Sends an answer again, or one that is made up. */
  send(result: ImportResultV1): Promise<void>;
  close(): Promise<void>;
}

const PREFETCH = 50;

/**
 * Consumes the requests of these owners, makes their queues where they are missing, and answers each. An answer is confirmed
 * by the broker before its request is acknowledged, as an owner with an outbox would have it.
 */
export async function startMockOwner(options: MockOwnerOptions): Promise<MockOwner> {
  const { rabbitmqUrl, services, rule, delayMs = () => 0, scatter = (result) => [result] } = options;
  const connection = await amqp.connect(rabbitmqUrl, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  connection.on('error', () => undefined);
  channel.on('error', () => undefined);
  const double = new OwnerDouble(rule);
  const timers = new Set<NodeJS.Timeout>();

  const send = (result: ImportResultV1): Promise<void> =>
    new Promise((resolve, reject) => {
      const properties = {
        persistent: true,
        mandatory: true,
        messageId: randomUUID(),
        type: importResult.type,
        contentType: 'application/json',
        headers: { 'x-message-version': importResult.version, 'x-attempt': 1 },
      };
      const body = Buffer.from(JSON.stringify(result));
      channel.publish(importResult.exchange, importResult.routingKey, body, properties, (error: unknown) =>
        error ? reject(error) : resolve(),
      );
    });

  const later = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        resolve();
      }, ms);
      timers.add(timer);
    });

  const consume = async (kind: 'object' | 'link', service: string): Promise<void> => {
    const queue = `import.queue.${kind}.request.${service}`;
    await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await channel.bindQueue(queue, IMPORT_EXCHANGE, `import.${kind}.request.${service}`);
    await channel.consume(queue, async (message) => {
      if (!message) return;
      const request = JSON.parse(message.content.toString('utf8'));
      const result = kind === 'object' ? double.answerObjects(request) : double.answerLinks(request);
      try {
        const ms = delayMs();
        if (ms > 0) await later(ms);
        if (result) for (const part of scatter(result)) await send(part);
        channel.ack(message);
      } catch {
        // The connection is going: what was not acknowledged is asked again.
      }
    });
  };

  await channel.assertExchange(IMPORT_EXCHANGE, 'topic', { durable: true });
  await channel.prefetch(PREFETCH);
  for (const service of services) {
    await consume('object', service);
    await consume('link', service);
  }
  return {
    double,
    send,
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      await connection.close().catch(() => undefined);
    },
  };
}
