import { describe, expect, it } from 'vitest';
import { quoteLexeme, toArrayText, toStoredValue, toText } from './stored-value.js';

describe('values for PostgreSQL', () => {
  it.each([
    ['plain', 'plain'],
    ['𠮷 and é', '𠮷 and é'],
    ['nul\0', 'nul\uFFFD'],
    ['\ud842 alone', '\uFFFD alone'],
    ['alone \udfb7', 'alone \uFFFD'],
  ])('take %j as %j', (given, stored) => {
    expect(toText(given)).toBe(stored);
  });

  it.each([
    ['date', '1970-01-02', 86_400_000],
    ['instant', '1970-01-01T01:00:00+01:00', 0],
    ['boolean', true, 1],
    ['long', -5, -5],
    ['double', 0.1, 0.1],
    ['keyword', 7, '7'],
  ] as const)('compare a %s by what orders it: %j', (type, value, stored) => {
    expect(toStoredValue(type, value)).toBe(stored);
  });

  it('stand in an array whatever they hold', () => {
    expect(toArrayText(['a,b', '{"x"}', '\\', 'NULL', null, undefined, 1.5, true])).toBe(
      '{"a,b","{\\"x\\"}","\\\\","NULL",NULL,NULL,1.5,true}',
    );
    expect(toArrayText([])).toBe('{}');
  });

  it('are words whatever they hold', () => {
    expect(quoteLexeme(`a'b\\c:*`)).toBe(`'a''b\\\\c:*'`);
  });
});
