import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonNumber, type JsonValue, parseJson } from './parse-json.js';

function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}

describe('reading JSON', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
        const written = JSON.stringify(JSON.parse(text), null, indent);
        expect(JSON.stringify(plain(parseJson(written)))).toBe(JSON.stringify(JSON.parse(written)));
      }),
      { numRuns: 500 },
    );
  });

  it('refuses what JSON.parse refuses', () => {
    const mark = fc.constantFrom(...'{}[]",:.-+eE01 tfn\\u\n', 'true', '"a"', '\u0001');
    fc.assert(
      fc.property(fc.array(mark, { maxLength: 8 }), (marks) => {
        const text = marks.join('');
        let isRefused = false;
        try {
          JSON.parse(text);
        } catch {
          isRefused = true;
        }
        if (isRefused) expect(() => parseJson(text), text).toThrow(SyntaxError);
      }),
      { numRuns: 5_000 },
    );
  });

  it('keeps every digit of a number', () => {
    expect(parseJson('[12345678901234567890, 79.90, -0.10, 1e400]')).toEqual(
      ['12345678901234567890', '79.90', '-0.10', '1e400'].map((text) => new JsonNumber(text)),
    );
  });

  it.each([
    ['{"a":1,"a":2}', 'the member "a" stands twice, at character 11'],
    ['{"a":1,"\\u0061":2}', 'stands twice'],
    ['{"a":"b', 'a text that is not closed, at the end of the line'],
    ['{"a":1', 'a comma or } was expected, at the end of the line'],
    ['{"a":1} {', 'more text after the value'],
    ['{"a":"\\x"}', 'a wrong escape'],
    ['['.repeat(100), 'nested deeper than 32'],
    ['', 'a value was expected'],
    ['01', 'more text'],
  ])('says what is wrong with %s', (text, reason) => {
    expect(() => parseJson(text)).toThrow(reason);
  });

  it('gives names no power', () => {
    const value = parseJson('{"__proto__":{"x":true},"constructor":"y"}') as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});
