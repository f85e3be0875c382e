import { describe, expect, it } from 'vitest';
import type { Delivery } from './broker.js';
import {
  attemptOf,
  HEADER,
  headersForDead,
  headersForReplay,
  headersForRetry,
  numberHeader,
} from './message-headers.js';
import { newMessageId } from './message-id.js';

const delivery: Delivery = {
  queue: 'q',
  exchange: 'x',
  routingKey: 'k',
  body: Buffer.alloc(0),
  redelivered: false,
  attempt: 2,
  properties: {
    headers: { [HEADER.attempt]: 2, [HEADER.runId]: 'r', 'x-death': [{}], 'x-first-death-queue': 'q', 'x-mine': 1 },
  },
};

describe('message headers', () => {
  it.each([
    [{}, 1],
    [{ [HEADER.attempt]: 3 }, 3],
    [{ [HEADER.attempt]: '4' }, 4],
    [{ [HEADER.attempt]: -1 }, 1],
    [{ [HEADER.attempt]: 'many' }, 1],
    [{ [HEADER.attempt]: Number.NaN }, 1],
  ])('reads the attempt of %o as %i', (headers, attempt) => {
    expect(attemptOf(headers)).toBe(attempt);
  });

  it('reads no number where there is none', () => {
    expect([numberHeader({ a: '' }, 'a'), numberHeader({ a: {} }, 'a'), numberHeader({}, 'a')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('counts the attempt and keeps the rest, the broker’s own notes apart', () => {
    const kept = { [HEADER.runId]: 'r', 'x-mine': 1, [HEADER.originalExchange]: 'x', [HEADER.originalRoutingKey]: 'k' };
    expect(headersForRetry(delivery, 'why')).toEqual({ ...kept, [HEADER.attempt]: 3, [HEADER.retryReason]: 'why' });
    const at = new Date('2026-03-14T10:00:00Z');
    const dead = headersForDead(delivery, 'y'.repeat(5_000), at);
    expect(dead).toEqual({
      ...kept,
      [HEADER.attempt]: 2,
      [HEADER.deadReason]: 'y'.repeat(1_000),
      [HEADER.deadAt]: at.toISOString(),
    });
    expect(headersForReplay(dead, 1)).toEqual({ ...kept, [HEADER.attempt]: 1, [HEADER.replays]: 1 });
  });

  it('makes message ids that are UUIDs of version 7 and sort by time', () => {
    const ids = [1_700_000_000_000, 1_700_000_000_001, 1_800_000_000_000].map((nowMs) => newMessageId(nowMs));
    expect([...ids].sort()).toEqual(ids);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(Array.from({ length: 1_000 }, () => newMessageId())).size).toBe(1_000);
  });
});
