import { describe, expect, it } from 'vitest';
import { makeNote } from '../broker/note.fixture.js';
import { checkWiring, type ServiceWiring } from './boot-check.js';
import { handledQueues, QueueHandler } from './queue-handler.decorator.js';
import { ack, type Verdict } from './verdict.js';

const [first, second] = [makeNote({ name: 'first' }), makeNote({ name: 'second' })];
const foreign = {
  ...makeNote({ name: 'foreign' }).definition,
  publishers: ['import'] as const,
  queues: [{ ...makeNote({ name: 'foreign' }).queue, consumer: 'returns' as const }],
};
const catalogue = [first.definition, second.definition, foreign];
const [a, b] = [first.queue.name, second.queue.name];
const right: ServiceWiring = {
  service: 'tcs',
  catalogue,
  handlers: [a, b],
  publishes: [first.definition, second.definition],
};

describe('checkWiring', () => {
  it.each<[string, Partial<ServiceWiring>, string[]]>([
    ['fits', {}, []],
    [
      'misses a handler',
      { handlers: [a] },
      [`${b} has no handler: add @QueueHandler(${b}) to a controller of TcsModule`],
    ],
    ['has two', { handlers: [a, b, a] }, [`${a} has several handlers: keep one @QueueHandler(${a}) in TcsModule`]],
    [
      'handles a queue of another service',
      { handlers: [a, b, 'test.queue.foreign'] },
      ['test.queue.foreign is not a queue of tcs: remove @QueueHandler(test.queue.foreign) from TcsModule'],
    ],
    [
      'does not declare what it may publish',
      { publishes: [first.definition] },
      [`test.second v1 is not declared: add it to 'publishes' of TcsModule`],
    ],
    [
      'declares what is not its own',
      { publishes: [first.definition, second.definition, foreign] },
      [`test.foreign v1 is not tcs's to publish: remove it from 'publishes' of TcsModule`],
    ],
    [
      'names its module as it is written',
      { service: 'shop-update', handlers: [a], publishes: [] },
      [`${a} is not a queue of shop-update: remove @QueueHandler(${a}) from ShopUpdateModule`],
    ],
  ])('tells what to change when a service %s', (_case, wiring, faults) => {
    expect(checkWiring({ ...right, ...wiring })).toEqual(faults);
  });

  it('can be asked of classes, without booting them', () => {
    class Consumer {
      @QueueHandler(first.queue)
      async one(batch: object[]): Promise<Verdict[]> {
        return batch.map(ack);
      }

      @QueueHandler(second.queue)
      async two(batch: object[]): Promise<Verdict[]> {
        return batch.map(ack);
      }

      helper(): void {}
    }
    expect(handledQueues([Consumer])).toEqual([a, b]);
  });
});
