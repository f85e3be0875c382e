import { describe, expect, it } from 'vitest';
import type { Delivery } from './broker.js';
import { decideMove } from './decide-move.js';
import { HEADER } from './message-headers.js';

const NOW = new Date('2026-03-14T10:00:00Z');
const queue = { retryDelaysMs: [100, 600] };

function aDelivery(attempt: number, messageId?: string): Delivery {
  const body = Buffer.from('{}');
  return {
    queue: 'q',
    exchange: 'x',
    routingKey: 'k',
    body,
    redelivered: false,
    attempt,
    properties: { messageId, type: 't', headers: {} },
  };
}

describe('decideMove', () => {
  it('lets a retry wait as its next attempt', () => {
    const { next, properties } = decideMove(queue, aDelivery(2, 'm'), { kind: 'retry', reason: 'LATER' }, NOW);
    expect(next).toEqual({ kind: 'wait', delayMs: 600 });
    expect(properties).toMatchObject({ messageId: 'm', type: 't' });
    expect(properties.headers).toMatchObject({ [HEADER.attempt]: 3, [HEADER.retryReason]: 'LATER' });
  });

  it.each([
    ['the last attempt failed', 3, { kind: 'retry', reason: 'WHY' }] as const,
    ['it is dead', 1, { kind: 'dead', reason: 'WHY' }] as const,
  ])('parks with reason and time when %s', (_what, attempt, settlement) => {
    const { next, properties } = decideMove(queue, aDelivery(attempt, 'm'), settlement, NOW);
    expect(next).toEqual({ kind: 'park' });
    expect(properties.headers).toMatchObject({
      [HEADER.attempt]: attempt,
      [HEADER.deadReason]: 'WHY',
      [HEADER.deadAt]: NOW.toISOString(),
      [HEADER.originalExchange]: 'x',
    });
  });

  it('gives a message without an id one made of its body', () => {
    const { properties } = decideMove(queue, aDelivery(1), { kind: 'dead', reason: 'WHY' }, NOW);
    expect(properties.messageId).toMatch(/^sha256:/);
  });
});
