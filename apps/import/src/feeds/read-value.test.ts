import { describe, expect, it } from 'vitest';
import type { FieldRule } from '../import-types/import-types.js';
import { JsonNumber, type JsonValue } from './jsonl/parse-json.js';
import { readValue } from './read-value.js';

const decimal: FieldRule = { type: 'decimal', scale: 2 };

describe('the value of a field', () => {
  it.each<[FieldRule, JsonValue, unknown]>([
    [{ type: 'string' }, '  a ', '  a '],
    [decimal, '79.90', '79.90'],
    [decimal, '+1', '1'],
    [decimal, new JsonNumber('0.10'), '0.10'],
    [{ type: 'decimal' }, '12345678901234567890.123456789', '12345678901234567890.123456789'],
    [{ type: 'integer' }, '007', 7],
    [{ type: 'integer' }, new JsonNumber('-3'), -3],
    [{ type: 'integer' }, '9007199254740993', '9007199254740993'],
    [{ type: 'integer', min: 1 }, '1', 1],
    [{ type: 'boolean' }, 'Yes', true],
    [{ type: 'boolean' }, false, false],
    [{ type: 'date' }, '2024-02-29', '2024-02-29'],
    [{ type: 'datetime' }, '2026-11-02T09:30:00Z', '2026-11-02T09:30:00Z'],
    [{ type: 'email' }, 'kim@example.org', 'kim@example.org'],
    [{ type: 'string', list: true }, ['a', 'b'], ['a', 'b']],
    [{ type: 'string', list: true }, 'a', ['a']],
    [{ type: 'integer', list: true }, [new JsonNumber('1'), '2'], ['1', '2']],
    [{ type: 'string' }, ['only one'], 'only one'],
  ])('%j takes %j', (rule, raw, value) => {
    expect(readValue(rule, raw)).toEqual({ value });
  });

  it.each<[FieldRule, JsonValue, string]>([
    [decimal, 'abc', '"abc" is not a decimal number'],
    [decimal, '1,50', 'is not a decimal number'],
    [decimal, '1.505', 'more than 2 digits'],
    [decimal, new JsonNumber('1e3'), 'is not a decimal number'],
    [{ type: 'integer' }, '1.0', 'is not a whole number'],
    [{ type: 'integer', min: 1 }, '0', 'less than 1'],
    [{ type: 'integer', max: 5 }, '6', 'more than 5'],
    [{ type: 'string' }, new JsonNumber('1'), 'is not a text'],
    [{ type: 'string' }, true, 'is not a text'],
    [{ type: 'string' }, { a: 'b' }, 'is not a text'],
    [{ type: 'string' }, 'a\0b', 'cannot be stored'],
    [{ type: 'string' }, 'a\uD800b', 'cannot be stored'],
    [{ type: 'string', maxLength: 2 }, 'abc', 'longer than 2'],
    [{ type: 'string', values: ['a', 'b'] }, 'c', 'not one of a, b'],
    [{ type: 'string' }, ['a', 'b'], 'has 2 values'],
    [{ type: 'boolean' }, 'maybe', 'true or false'],
    [{ type: 'date' }, '2026-02-30', 'is not a date'],
    [{ type: 'date' }, '0000-01-01', 'is not a date'],
    [{ type: 'datetime' }, '2026-11-02', 'is not an instant'],
    [{ type: 'email' }, 'kim', 'is not an e-mail address'],
    [{ type: 'integer', list: true }, ['1', 'x'], '"x" is not a whole number'],
  ])('%j refuses %j', (rule, raw, reason) => {
    const read = readValue(rule, raw);
    expect('fault' in read && read.fault).toContain(reason);
  });
});
