import { messages } from '@lockstep/contracts';
import { checkWiring, handledQueues } from '@lockstep/messaging';
import { expect, it } from 'vitest';
import { CONSUMERS, PUBLISHED } from './returns.module.js';

it('handles and publishes exactly what the message catalogue says of it', () => {
  const handlers = handledQueues(CONSUMERS);
  expect(checkWiring({ service: 'returns', catalogue: messages, handlers, publishes: PUBLISHED })).toEqual([]);
});
