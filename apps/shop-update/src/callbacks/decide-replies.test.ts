import { describe, expect, it } from 'vitest';
import { toKey } from '../shop-config/apply-config.js';
import { type CallerAccess, decideReplies } from './decide-replies.js';
import { readBatch } from './read-batch.js';

const KEYS = [toKey('k-7f3a'), toKey('k-next')];
const SHOP: CallerAccess = { isAddressAllowed: true, headerKey: undefined, keys: KEYS };
const AUTH = { jsonrpc: '2.0', method: 'auth', params: { apiKey: 'k-7f3a' } };
const RESULT = [{ status: 'success', product: { id: '900101' } }];
const process = (id: unknown) => ({ jsonrpc: '2.0', method: 'Callback.process', params: { result: RESULT }, id });
const ok = (id: unknown) => ({ jsonrpc: '2.0', result: { status: 'success' }, id });
const unauthorized = (id: unknown) => ({
  jsonrpc: '2.0',
  error: { code: -32001, message: 'Could not authorize request', data: null },
  id,
});
const invalid = (id: unknown) => ({ jsonrpc: '2.0', error: { code: 502, message: 'Invalid Json RPC format' }, id });

const decide = (body: unknown, access: CallerAccess = SHOP) =>
  decideReplies(readBatch(typeof body === 'string' ? body : JSON.stringify(body)), access);

describe('a batch of callbacks', () => {
  it('is kept and answered, one element a call that has an id, with the id as it came', () => {
    const { replies, accepted } = decide([AUTH, process('88213'), process(88214)]);
    expect(replies).toEqual([ok('88213'), ok(88214)]);
    expect(accepted).toEqual([
      { requestId: '88213', params: { result: RESULT } },
      { requestId: '88214', params: { result: RESULT } },
    ]);
  });

  it('may come with either key, or with one in a header', () => {
    expect(decide([{ ...AUTH, params: { apiKey: 'k-next' } }, process('1')]).replies).toEqual([ok('1')]);
    expect(decide(process('1'), { ...SHOP, headerKey: 'k-7f3a' }).replies).toEqual([ok('1')]);
  });

  it.each([
    ['a wrong key', [{ ...AUTH, params: { apiKey: 'k-7f3' } }, process('1'), process('2')], SHOP],
    ['no key', [{ ...AUTH, params: {} }, process('1'), process('2')], SHOP],
    ['a key that is no text', [{ ...AUTH, params: { apiKey: ['k-7f3a'] } }, process('1'), process('2')], SHOP],
    ['no auth', [process('1'), process('2')], SHOP],
    ['an address that is not allowed', [AUTH, process('1'), process('2')], { ...SHOP, isAddressAllowed: false }],
    ['no keys to know', [AUTH, process('1'), process('2')], { ...SHOP, keys: [] }],
  ])('is refused with %s: every call of it', (_, body, access) => {
    expect(decide(body, access)).toMatchObject({
      replies: [unauthorized('1'), unauthorized('2')],
      accepted: [],
    });
  });

  it('is refused where a call stands before auth; what stands behind it is kept', () => {
    const { replies, accepted } = decide([process('1'), AUTH, process('2')]);
    expect(replies).toEqual([unauthorized('1'), ok('2')]);
    expect(accepted).toMatchObject([{ requestId: '2' }]);
  });

  it('of one object carries no auth', () => {
    expect(decide(process('1')).replies).toEqual([unauthorized('1')]);
  });

  it.each([
    ['a trailing comma', `[${JSON.stringify(AUTH)},]`],
    ['no JSON', 'hello'],
    ['nothing', ''],
    ['an empty list', '[]'],
  ])('is not understood: %s', (_, text) => {
    expect(decide(text)).toEqual({ replies: [invalid(null)], accepted: [], unauthorized: 0 });
  });

  it('keeps what is good beside calls that are none', () => {
    const bad = [7, null, [], { id: '3' }, { ...process('4'), jsonrpc: '1.0' }, { ...process(null), id: {} }];
    const { replies, accepted } = decide([AUTH, ...bad, process('9')]);
    expect(replies).toEqual([
      invalid(null),
      invalid(null),
      invalid(null),
      invalid('3'),
      invalid('4'),
      invalid(null),
      ok('9'),
    ]);
    expect(accepted).toMatchObject([{ requestId: '9' }]);
  });

  it('tells unknown methods and missing results apart, but only to those whom it knows', () => {
    const calls = [
      { jsonrpc: '2.0', method: 'Callback.undo', id: '1' },
      { jsonrpc: '2.0', method: 'Callback.process', params: {}, id: '2' },
    ];
    const codes = (access: CallerAccess) =>
      decide([AUTH, ...calls], access).replies.map((reply) => 'error' in reply && reply.error.code);
    expect(codes(SHOP)).toEqual([-32601, -32602]);
    expect(codes({ ...SHOP, isAddressAllowed: false })).toEqual([-32001, -32001]);
  });

  it('answers nothing to notifications, and 500 calls at most', () => {
    expect(decide([AUTH, process(undefined)]).replies).toEqual([]);
    expect(decide(Array.from({ length: 501 }, () => process('1'))).replies).toMatchObject([
      { error: { code: -32600 } },
    ]);
  });

  it('never keeps what the database cannot', () => {
    const nul = decide([AUTH, { ...process('1'), params: { result: 'a\0b\ud800' } }]);
    expect(nul.accepted).toEqual([{ requestId: '1', params: { result: 'a\ufffdb\ufffd' } }]);
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const call = `{"jsonrpc":"2.0","method":"Callback.process","params":{"result":${deep}},"id":"1"}`;
    expect(decide(`[${JSON.stringify(AUTH)},${call}]`).replies).toEqual([invalid('1')]);
  });
});
