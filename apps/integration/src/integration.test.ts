import 'reflect-metadata';
import { messages } from '@lockstep/contracts';
import { checkWiring, handledQueues } from '@lockstep/messaging';
import { expect, it } from 'vitest';
import { CONSUMERS, PUBLISHED } from './integration.module.js';

it('handles each queue it consumes once and publishes what the catalogue says', () => {
  const faults = checkWiring({
    service: 'integration',
    catalogue: messages,
    handlers: handledQueues(CONSUMERS),
    publishes: PUBLISHED,
  });
  expect(faults).toEqual([]);
});
