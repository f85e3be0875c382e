import { describe, expect, it } from 'vitest';
import { readAnswer, refuseAck } from './read-answer.js';

const ACK = '[{"api":1,"result":[{"status":"success"}],"id":"88213"}]';

describe('an acknowledgement', () => {
  it.each([
    ['as documented', ACK],
    ['with blanks and another order', '[ { "id": 88213, "result": [ {"status":"success"} ], "api": 1 } ]\n'],
  ])('is taken %s', (_, text) => {
    expect(refuseAck(text, '88213', 'strict')).toBeNull();
  });

  it.each([
    ['nack', 'of another request', ACK.replace('88213', '88214')],
    ['nack', 'that says failure', ACK.replace('success', 'failure')],
    ['nack', 'of two blocks', `[${ACK.slice(1, -1)},${ACK.slice(1, -1)}]`],
    ['nack', 'without a list', ACK.slice(1, -1)],
    ['nack', 'of another api', ACK.replace('"api":1', '"api":2')],
    ['nack', 'with text for a number', ACK.replace('"api":1', '"api":"1"')],
    ['nack', 'with an error', '[{"api":1,"error":{"message":"no"},"id":"88213"}]'],
    ['nack', 'with a result that is no list', ACK.replace('[{"status":"success"}]', '{"status":"success"}')],
    ['not_json', 'that is cut off', ACK.slice(0, -1)],
    ['not_json', 'that is empty', ''],
    ['sync_shaped_ack', 'that is the result itself', ACK.replace('"}]', '","product":{}}]')],
    ['sync_shaped_ack', 'that is a list of pictures', ACK.replace('[{"status":"success"}]', '{"images":[]}')],
  ])('is refused as %s: one %s', (reason, _, text) => {
    expect(refuseAck(text, '88213', 'strict')).toMatchObject({ reason });
  });

  it('with members more than documented is taken only where the shop is treated leniently', () => {
    const more = [ACK.replace('"success"', '"success","at":1'), ACK.replace('"api":1', '"api":1,"took":3')];
    for (const text of more) {
      expect(refuseAck(text, '88213', 'strict')).toMatchObject({ reason: 'nack' });
      expect(refuseAck(text, '88213', 'lenient')).toBeNull();
    }
  });
});

describe('a synchronous answer', () => {
  it('gives the result of the request, not looked into', () => {
    expect(readAnswer('[{"api":1,"result":[1,2],"id":"7"}]', '7')).toEqual({ result: [1, 2] });
    expect(readAnswer('{"api":1,"result":{"images":[]},"id":7}', '7')).toEqual({ result: { images: [] } });
    const withAuth = '[{"api":1,"result":true,"id":"7"},{"api":1,"result":[3],"id":"7"}]';
    expect(readAnswer(withAuth, '7')).toEqual({ result: [3] });
  });

  it('that is an error is one of the call; what is no answer is handed on for somebody to look at', () => {
    expect(readAnswer('[{"api":1,"error":{"message":"no"},"id":"7"}]', '7')).toEqual({ reason: 'nack', detail: 'no' });
    expect(readAnswer('', '7')).toMatchObject({ reason: 'not_json' });
    for (const text of ['<html>', '[{"api":1,"result":[],"id":"8"}]', '[]', 'null'])
      expect(readAnswer(text, '7')).toEqual({ result: text });
  });
});
