import { messages } from '@lockstep/contracts';
import { describe, expect, it } from 'vitest';
import { makeNote } from '../broker/note.fixture.js';
import { buildRabbitDefinitions } from './rabbit-definitions.js';

describe('buildRabbitDefinitions', () => {
  const note = makeNote({ name: 'note', retryDelaysMs: [5_000, 60_000] });
  const definitions = buildRabbitDefinitions([note.definition], { vhost: 'mine' });

  it('makes a queue with its binding, dead letters, waits and policy', () => {
    const retry = (ttlMs: number) => ({
      'x-queue-type': 'quorum',
      'x-message-ttl': ttlMs,
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': 'test.queue.note',
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    });
    expect(definitions.vhosts).toEqual([{ name: 'mine' }]);
    expect(definitions.exchanges).toMatchObject([{ name: 'test.exchange', type: 'topic', durable: true }]);
    expect(definitions.queues.map(({ name, arguments: args }) => [name, args])).toEqual([
      ['test.queue.note', { 'x-queue-type': 'quorum' }],
      ['test.queue.note.dead', { 'x-queue-type': 'quorum', 'x-delivery-limit': 1_000_000 }],
      ['test.queue.note.retry.5s', retry(5_000)],
      ['test.queue.note.retry.1m', retry(60_000)],
    ]);
    expect(definitions.bindings).toMatchObject([
      { source: 'test.exchange', routing_key: 'test.note', destination: 'test.queue.note', destination_type: 'queue' },
    ]);
    expect(definitions.policies).toMatchObject([
      {
        pattern: String.raw`^test\.queue\.note$`,
        'apply-to': 'queues',
        definition: {
          'delivery-limit': 50,
          'dead-letter-exchange': '',
          'dead-letter-routing-key': 'test.queue.note.dead',
          'dead-letter-strategy': 'at-least-once',
          overflow: 'reject-publish',
        },
      },
    ]);
  });

  it('gives a policy to its own queue only, not to its dead letters or waits', () => {
    for (const { name, pattern } of definitions.policies) {
      const matching = definitions.queues.filter((queue) => new RegExp(pattern).test(queue.name));
      expect(matching.map((queue) => queue.name)).toEqual([name]);
    }
  });

  it('gives the same text whatever the order of the catalogue', () => {
    const text = (list: typeof messages) => JSON.stringify(buildRabbitDefinitions(list));
    expect(text([...messages].reverse())).toBe(text(messages));
  });

  it('names everything once and every queue a binding, for the whole catalogue', () => {
    const all = buildRabbitDefinitions(messages);
    const names = [...all.queues, ...all.exchanges].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const bound = new Set(all.bindings.map(({ destination }) => destination));
    expect([...bound].sort()).toEqual(all.policies.map(({ name }) => name).sort());
  });
});
