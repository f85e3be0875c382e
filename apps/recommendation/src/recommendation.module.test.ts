import { messages } from '@lockstep/contracts';
import { checkWiring, handledQueues } from '@lockstep/messaging';
import { expect, it } from 'vitest';
import { CONSUMERS, PUBLISHED } from './recommendation.module.js';

it('handles and publishes exactly what the message catalogue says of it', () => {
  const handlers = handledQueues(CONSUMERS);
  const wiring = { service: 'recommendation', catalogue: messages, handlers, publishes: PUBLISHED } as const;
  expect(checkWiring(wiring)).toEqual([]);
});
