import 'reflect-metadata';
import { messages } from '@lockstep/contracts';
import { checkWiring, handledQueues } from '@lockstep/messaging';
import { expect, it } from 'vitest';
import { CONSUMERS, PUBLISHED } from './import.module.js';

it('handles each queue it consumes once and publishes what the catalogue says', () => {
  const handlers = handledQueues(CONSUMERS);
  expect(checkWiring({ service: 'import', catalogue: messages, handlers, publishes: PUBLISHED })).toEqual([]);
});
