import { describe, expect, it } from 'vitest';
import { redactSecrets } from './redact-secrets.js';

const CASES: readonly (readonly [string, string])[] = [
  [
    '[{"api":1,"method":"auth","params":{"username":"sc_bridge","password":"pw-1"},"id":"88213"}]',
    '[{"api":1,"method":"auth","params":{"username":"sc_bridge","password":"[hidden]"},"id":"88213"}]',
  ],
  ['{"params":{"apiKey":"k-7f3a"}}', '{"params":{"apiKey":"[hidden]"}}'],
  ['{"Password" : "a\\"b,c"}', '{"Password" : "[hidden]"}'],
  ['{"password":""}', '{"password":"[hidden]"}'],
  ['{"password":1234,"x":1}', '{"password":"[hidden]","x":1}'],
  ['{"password":null}', '{"password":"[hidden]"}'],
  ['"{\\"apiKey\\":\\"k-7f3a\\",\\"x\\":1}"', '"{\\"apiKey\\":\\"[hidden]\\",\\"x\\":1}"'],
  ['{"apiKey":"cut in the midd', '{"apiKey":"[hidden]"'],
  ['{"headers":{"Authorization":"Bearer abc.def"}}', '{"headers":{"Authorization":"[hidden]"}}'],
  ['Authorization: Bearer abc.def\r\nAccept: */*', 'Authorization: [hidden]\r\nAccept: */*'],
  ['X-Api-Key: k-7f3a', 'X-Api-Key: [hidden]'],
  ['POST /x?apiKey=k-7f3a&page=1', 'POST /x?apiKey=[hidden]&page=1'],
  ['https://user:pw@shop.example/api', 'https://[hidden]@shop.example/api'],
  ['{"title":"password cushion","seller_sku":"KEY-1"}', '{"title":"password cushion","seller_sku":"KEY-1"}'],
];

describe('redactSecrets', () => {
  it.each(CASES)('hides what is secret in %j', (text, redacted) => {
    expect(redactSecrets(text)).toBe(redacted);
  });

  it('changes nothing the second time', () => {
    for (const [, redacted] of CASES) expect(redactSecrets(redacted)).toBe(redacted);
  });

  it('is quick with a long text of quotes and backslashes', () => {
    expect(redactSecrets(`{"password":"${'\\"'.repeat(100_000)}`)).toContain('[hidden]');
  });
});
