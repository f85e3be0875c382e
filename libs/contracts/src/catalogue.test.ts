import { describe, expect, it } from 'vitest';
import { messages, messagesPublishedBy, queuesConsumedBy } from './catalogue.js';
import { deadQueueName, formatDelay, retryQueueName } from './message.js';
import { renderMessageCatalogue } from './message-docs.js';
import { compileSchema } from './schema/validate.js';

describe('the catalogue', () => {
  it.each(messages.map((message) => [message.type, message] as const))(
    '%s: the example fits the schema',
    (_, message) => {
      expect(compileSchema(message.payload).check(message.example)).toEqual([]);
      const { item } = message;
      if (!item) return;
      const items = (message.example as { items: unknown[] }).items;
      expect(items.length).toBeGreaterThan(0);
      expect(items.flatMap((one) => compileSchema(item).check(one))).toEqual([]);
    },
  );

  it('names each message and version once, so that a consumer can tell them apart', () => {
    const names = messages.map((message) => `${message.type} v${message.version}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('declares a queue once, so that two declarations cannot differ', () => {
    const byName = new Map(messages.flatMap((message) => message.queues).map((queue) => [queue.name, queue]));
    for (const queue of messages.flatMap((message) => message.queues)) expect(byName.get(queue.name)).toBe(queue);
  });

  it('gives equal class names to no two payloads, whose schemas would be mixed up', () => {
    const classes = new Set(messages.flatMap((message) => [message.payload, ...(message.item ? [message.item] : [])]));
    const names = [...classes].map((payload) => payload.name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('keeps the names operators know', () => {
    expect(queuesConsumedBy('tcs').map((queue) => queue.name)).toContain('reval.queue.connection.syncstart');
    expect(queuesConsumedBy('integration').map((queue) => queue.name)).toContain('reval.queue.connection.syncdata');
    expect(messagesPublishedBy('tcs').map((message) => message.routingKey)).toContain('reval.connection.syncdata');
  });

  it('documents every message', () => {
    const page = renderMessageCatalogue();
    for (const message of messages) expect(page).toContain(`## ${message.type} v${message.version}`);
  });
});

describe('queue names', () => {
  it.each([
    [250, '250ms'],
    [1_000, '1s'],
    [90_000, '90s'],
    [600_000, '10m'],
    [7_200_000, '2h'],
  ])('writes %i ms as %s', (delayMs, text) => expect(formatDelay(delayMs)).toBe(text));

  it('derives retry and dead queues from the queue', () => {
    const [queue] = queuesConsumedBy('tcs');
    expect(retryQueueName(queue!, 60_000)).toBe('reval.queue.connection.syncstart.retry.1m');
    expect(deadQueueName(queue!)).toBe('reval.queue.connection.syncstart.dead');
  });
});
