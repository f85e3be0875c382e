import { messages } from '@lockstep/contracts';
import { checkWiring, handledQueues } from '@lockstep/messaging';
import { expect, it } from 'vitest';
import { CONSUMERS, PUBLISHED } from './connection.module.js';

it('consumes and publishes exactly what the messages say of this service', () => {
  const faults = checkWiring({
    service: 'connection',
    catalogue: messages,
    handlers: handledQueues(CONSUMERS),
    publishes: PUBLISHED,
  });
  expect(faults).toEqual([]);
});
