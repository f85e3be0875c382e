import { describe, expect, it } from 'vitest';
import type { Delivery } from '../broker/broker.js';
import { HEADER } from '../broker/message-headers.js';
import { makeNote } from '../broker/note.fixture.js';
import { isMessageOf, MessageReader } from './received-message.js';

const note = makeNote({ name: 'note' });
const reader = new MessageReader([note.definition], 200);

function delivery(body: string | Buffer, type = 'test.note', headers: Record<string, unknown> = {}): Delivery {
  return {
    queue: note.queue.name,
    exchange: 'x',
    routingKey: 'k',
    body: Buffer.from(body),
    properties: { messageId: 'm-1', type, headers: { [HEADER.version]: 1, ...headers } },
    redelivered: false,
    attempt: 2,
  };
}

describe('MessageReader', () => {
  it('reads a message with what its headers tell', () => {
    const headers = { [HEADER.runId]: 'r', [HEADER.fence]: 7, [HEADER.sequence]: '3', [HEADER.itemCount]: {} };
    const reading = reader.read(delivery('{"text":"hello"}', 'test.note', headers));
    expect(reading).toMatchObject({
      message: {
        type: 'test.note',
        version: 1,
        payload: { text: 'hello' },
        messageId: 'm-1',
        attempt: 2,
        redelivered: false,
        headers: { runId: 'r', fence: 7, sequence: 3, itemCount: undefined },
      },
    });
    if (!('message' in reading)) throw new Error('unreadable');
    expect(isMessageOf(reading.message, note.definition)).toBe(true);
    expect(isMessageOf(reading.message, makeNote().definition)).toBe(false);
  });

  it.each<[string, Delivery, string]>([
    ['no JSON', delivery('{"text":'), 'UNREADABLE_JSON: not JSON'],
    ['nothing', delivery(''), 'UNREADABLE_JSON: not JSON'],
    ['no UTF-8', delivery(Buffer.from([0x22, 0xff, 0x22])), 'UNREADABLE_JSON: not UTF-8'],
    ['too much', delivery(JSON.stringify({ text: 'x'.repeat(200) })), 'UNREADABLE_JSON: more than 200 bytes'],
    ['a prototype', delivery('{"text":"a","__proto__":{"admin":true}}'), 'UNREADABLE_JSON: key __proto__'],
    ['one deeper', delivery('{"text":"a","in":[{"__proto__":1}]}'), 'UNREADABLE_JSON: key __proto__'],
    ['one spelt out', delivery(String.raw`{"text":"a","\u005f_proto__":1}`), 'UNREADABLE_JSON: key __proto__'],
    ['an unknown type', delivery('{}', 'test.other'), "UNKNOWN_MESSAGE: 'test.other' version 1"],
    ['no type', delivery('{}', ''), "UNKNOWN_MESSAGE: '' version 1"],
    [
      'an unknown version',
      delivery('{}', 'test.note', { [HEADER.version]: 2 }),
      "UNKNOWN_MESSAGE: 'test.note' version 2",
    ],
  ])('gives a stable reason for %s', (_what, given, reason) => {
    expect(reader.read(given)).toEqual({ unreadable: reason });
  });

  it('names the paths that do not fit, and no values', () => {
    const reading = reader.read(delivery('{"text":["secret"],"number":"secret","extra":"secret"}'));
    expect(reading).toEqual({ unreadable: expect.stringMatching(/^SCHEMA_MISMATCH: .*text: .*number: /) });
    expect(JSON.stringify(reading)).not.toContain('secret');
  });

  it('lets the text __proto__ pass where it is a value', () => {
    expect(reader.read(delivery('{"text":"__proto__"}'))).toHaveProperty('message');
  });

  it('survives hostile depth', () => {
    const deep = new MessageReader([note.definition], 1_000_000);
    const body = `{"text":"__proto__","deep":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect(deep.read(delivery(body))).toHaveProperty('unreadable');
  });
});
