import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Delivery } from '../broker/broker.js';
import { HEADER } from '../broker/message-headers.js';
import { makeNote } from '../broker/note.fixture.js';
import { MessagingCounters } from '../counters.js';
import { BatchProcessor, type HandlerCall } from './batch-processor.js';
import { MessageReader, type ReceivedMessage } from './received-message.js';
import { ack, dead, retry } from './verdict.js';

const note = makeNote({ name: 'note' });
const textOf = (message: ReceivedMessage): string => (message.payload as { text: string }).text;

function deliver(body: string): Delivery {
  return {
    queue: note.queue.name,
    exchange: 'x',
    routingKey: 'k',
    body: Buffer.from(body.startsWith('{') ? body : JSON.stringify({ text: body })),
    properties: { messageId: body, type: note.definition.type, headers: { [HEADER.version]: 1 } },
    redelivered: false,
    attempt: 1,
  };
}

class EngineGoneError extends Error {}

function make(call: HandlerCall, engineWaitLimitMs = 600_000) {
  const calls: string[][] = [];
  const counters = new MessagingCounters();
  const processor = new BatchProcessor({
    queue: note.queue.name,
    reader: new MessageReader([note.definition], 10_000),
    call: (batch, context) => {
      calls.push(batch.map(textOf));
      return call(batch, context);
    },
    isEngineUnavailable: (error) => error instanceof EngineGoneError,
    engineWaitLimitMs,
    counters,
  });
  return { processor, calls, counters };
}

describe('BatchProcessor', () => {
  const running = new AbortController().signal;

  beforeEach(() => {
    vi.useFakeTimers();
    Logger.overrideLogger(false);
  });
  afterEach(() => {
    vi.useRealTimers();
    Logger.overrideLogger(true);
  });

  it('passes the handler’s verdicts on, each to its message', async () => {
    const { processor, counters } = make(async () => [ack(), retry('LATER', 5), dead('NO')]);
    const settlements = await processor.settle(['1', '2', '3'].map(deliver), running);
    expect(settlements).toEqual([
      { kind: 'ack' },
      { kind: 'retry', reason: 'LATER', delayMs: 5 },
      { kind: 'dead', reason: 'NO' },
    ]);
    expect(counters.total('messaging_batches_total')).toBe(1);
    expect(counters.total('messaging_batch_messages_total', { queue: note.queue.name })).toBe(3);
  });

  it('parks what cannot be read and gives its neighbours to the handler', async () => {
    const { processor, calls } = make(async (batch) => batch.map(ack));
    const settlements = await processor.settle(['1', '{broken', '{"text":5}', '4'].map(deliver), running);
    expect(settlements.map(({ kind }) => kind)).toEqual(['ack', 'dead', 'dead', 'ack']);
    expect(calls).toEqual([['1', '4']]);
  });

  it('does not call the handler when nothing can be read', async () => {
    const { processor, calls } = make(async (batch) => batch.map(ack));
    expect(await processor.settle([deliver('{')], running)).toEqual([{ kind: 'dead', reason: expect.any(String) }]);
    expect(calls).toEqual([]);
  });

  it('tries a failed batch message by message, so that one poison message costs its neighbours nothing', async () => {
    const { processor, calls } = make(async (batch) => {
      if (batch.some((message) => textOf(message) === 'poison')) throw new RangeError('cannot digest');
      return batch.map(ack);
    });
    const settlements = await processor.settle(['1', 'poison', '3'].map(deliver), running);
    expect(settlements).toEqual([
      { kind: 'ack' },
      { kind: 'retry', reason: 'HANDLER_FAILED: RangeError: cannot digest' },
      { kind: 'ack' },
    ]);
    expect(calls).toEqual([['1', 'poison', '3'], ['1'], ['poison'], ['3']]);
  });

  it('counts a handler that does not answer each message as failed', async () => {
    const { processor } = make(async () => []);
    const settlements = await processor.settle([deliver('1')], running);
    expect(settlements).toEqual([{ kind: 'retry', reason: expect.stringContaining('must answer each message') }]);
  });

  it('keeps the batch while an engine is gone, is degraded meanwhile, and costs no attempt', async () => {
    let isGone = true;
    const { processor, calls } = make(async (batch) => {
      if (isGone) throw new EngineGoneError('ECONNREFUSED');
      return batch.map(ack);
    });
    const settling = processor.settle(['1', '2'].map(deliver), running);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(processor.waitsForEngine).toBe(true);
    expect(calls.length).toBeGreaterThan(5);
    isGone = false;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await settling).toEqual([{ kind: 'ack' }, { kind: 'ack' }]);
    expect(processor.waitsForEngine).toBe(false);
    expect(calls.every((call) => call.length === 2)).toBe(true);
  });

  it('puts the batch at the end of its queue when the engine does not return in time', async () => {
    const { processor } = make(() => Promise.reject(new EngineGoneError()), 20_000);
    const settling = processor.settle(['1', '2'].map(deliver), running);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(await settling).toEqual([{ kind: 'requeue' }, { kind: 'requeue' }]);
    expect(processor.waitsForEngine).toBe(false);
  });

  it('gives the batch back at once when the service drains', async () => {
    const { processor } = make(() => Promise.reject(new EngineGoneError()));
    const draining = new AbortController();
    const settling = processor.settle([deliver('1')], draining.signal);
    await vi.advanceTimersByTimeAsync(1_000);
    draining.abort();
    expect(await settling).toEqual([{ kind: 'release' }]);
  });

  it('gives back what it has not tried alone yet when the service drains', async () => {
    const draining = new AbortController();
    const { processor } = make(async () => {
      draining.abort();
      throw new Error('in the middle');
    });
    const settlements = await processor.settle(['1', '2'].map(deliver), draining.signal);
    expect(settlements).toEqual([{ kind: 'release' }, { kind: 'release' }]);
  });
});
