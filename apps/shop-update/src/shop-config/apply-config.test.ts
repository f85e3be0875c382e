import { ProblemError } from '@lockstep/service';
import { describe, expect, it } from 'vitest';
import { applyConfig, toKey } from './apply-config.js';
import type { ConfigBody } from './config-body.js';
import { DEFAULT_SETTINGS, toSettings } from './settings.js';

const apply = (body: ConfigBody, former = DEFAULT_SETTINGS) => applyConfig(former, body, false);
const problem = (body: ConfigBody, former = DEFAULT_SETTINGS): ProblemError => {
  try {
    apply(body, former);
  } catch (error) {
    return error as ProblemError;
  }
  throw new Error('it was accepted');
};

describe('a change of the settings', () => {
  it('leaves what it does not name, and takes defaults back for null', () => {
    const first = apply({ maxRetries: 11, stockHoldSeconds: 0, username: 'sc', password: 'secret' });
    expect(first).toMatchObject({ maxRetries: 11, stockHoldSeconds: 0, password: 'secret' });
    expect(apply({ maxRetries: null }, first)).toMatchObject({
      maxRetries: 27,
      stockHoldSeconds: 0,
      password: 'secret',
    });
  });

  it('keeps of keys only what they can be recognised by', () => {
    const { callbackApiKeys } = apply({ callbackApiKeys: ['k-7f3a'] });
    expect(callbackApiKeys).toEqual([toKey('k-7f3a')]);
    expect(JSON.stringify(callbackApiKeys)).not.toContain('k-7f3a');
  });

  it('of topics changes those that it names', () => {
    const first = apply({ topics: { price: { paused: true } } });
    const second = apply({ topics: { stock: { headerName: 'product\\stockchange' } } }, first);
    expect(toSettings(2, second).pausedTopics).toEqual(['price']);
    expect(second.topics.stock).toEqual({ paused: false, headerName: 'product\\stockchange' });
    expect(toSettings(3, apply({ topics: { price: { paused: false } } }, second)).pausedTopics).toEqual([]);
  });

  it('to the asynchronous flow is refused until the shop can call back, and so is taking that away', () => {
    const ready = { callbackApiKeys: ['k-7f3a'], callbackAllowedIps: ['192.0.2.0/24'] };
    for (const body of [{}, { callbackApiKeys: ready.callbackApiKeys }, { callbackAllowedIps: ['192.0.2.7'] }])
      expect(problem({ flow: 'asynchronous', ...body })).toMatchObject({
        status: 409,
        code: 'CALLBACK_ACCESS_NOT_SET',
      });
    const switched = apply({ flow: 'asynchronous', ...ready });
    expect(switched.flow).toBe('asynchronous');
    expect(problem({ callbackApiKeys: [] }, switched).status).toBe(409);
    expect(apply({ flow: 'synchronous', callbackApiKeys: [] }, switched).flow).toBe('synchronous');
  });

  it.each<ConfigBody>([
    { shopUrl: 'http://shop.example.com' },
    { shopUrl: 'https://127.0.0.1/' },
    { callbackAllowedIps: ['everybody'] },
    { callbackAllowedIps: ['192.0.2.0/33'] },
    { trustedProxies: 'all' },
    { trustedProxies: 'true' },
  ])('with a bad field is refused, naming it: %j', (body) => {
    const { status, members } = problem(body);
    const [path] = Object.keys(body) as [string];
    expect([status, members['errors']]).toMatchObject([400, [{ path: expect.stringContaining(path) }]]);
  });
});
