import { type FieldValue, isCalendarDate, isInstant } from '@lockstep/contracts';
import type { FieldRule, FieldType } from '../import-types/import-types.js';
import { JsonNumber, type JsonValue } from './jsonl/parse-json.js';

/** A value, or why there is none. */
export type ReadValue<T = FieldValue> = { readonly value: T } | { readonly fault: string };

/** What PostgreSQL cannot store: NUL, and half of a surrogate pair. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;
const MAX_DIGITS = 1_000;
const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?\d+(?:\.\d+)?$/;
const EMAIL = /^[^\s@"(),:;<>[\\\]]{1,64}@[^\s@"(),:;<>[\\\]]{1,255}$/;
const TRUE = new Set(['true', 'yes', '1']);
const FALSE = new Set(['false', 'no', '0']);

/** Why a text cannot be stored, or null. */
export function unstorable(text: string): string | null {
  return UNSTORABLE.test(text) ? 'holds a character that cannot be stored' : null;
}

/**
 * A value of a feed as its field wants it. Text is read as a person writes it; numbers of JSON keep their digits. Decimals,
 * dates and integers beyond 2^53 stay text, and all values of a list are text.
 */
export function readValue(rule: FieldRule, raw: JsonValue): ReadValue {
  if (rule.list) return readList(rule, Array.isArray(raw) ? raw : [raw]);
  if (!Array.isArray(raw)) return readOne(rule, raw);
  return raw.length === 1 ? readOne(rule, raw[0]!) : { fault: `has ${raw.length} values, one is expected` };
}

function readList(rule: FieldRule, raws: readonly JsonValue[]): ReadValue {
  const values: string[] = [];
  for (const raw of raws) {
    const read = readOne(rule, raw);
    if ('fault' in read) return read;
    values.push(String(read.value));
  }
  return { value: values };
}

function readOne(rule: FieldRule, raw: JsonValue): ReadValue {
  const text = toText(rule.type, raw);
  if (text === null) return { fault: `is not ${NOUNS[rule.type]}` };
  const fault = unstorable(text);
  if (fault) return { fault };
  const read = READERS[rule.type](text);
  if (read === null) return { fault: `"${shortened(text)}" is not ${NOUNS[rule.type]}` };
  const broken = brokenRule(rule, text, read);
  return broken ? { fault: broken } : { value: read };
}

/** Null where JSON has another kind of value than the field. */
function toText(type: FieldType, raw: JsonValue): string | null {
  if (typeof raw === 'string') return raw;
  if (raw instanceof JsonNumber) return type === 'integer' || type === 'decimal' ? raw.text : null;
  return typeof raw === 'boolean' && type === 'boolean' ? String(raw) : null;
}

const NOUNS: Readonly<Record<FieldType, string>> = {
  string: 'a text',
  integer: 'a whole number',
  decimal: 'a decimal number, such as 79.90',
  boolean: 'true or false',
  date: 'a date, such as 2026-11-02',
  datetime: 'an instant, such as 2026-11-02T09:30:00Z',
  email: 'an e-mail address',
};

const READERS: Readonly<Record<FieldType, (text: string) => string | number | boolean | null>> = {
  string: (text) => text,
  integer: (text) => (INTEGER.test(text) && text.length <= MAX_DIGITS ? toInteger(text) : null),
  decimal: (text) => (DECIMAL.test(text) && text.length <= MAX_DIGITS ? text.replace(/^\+/, '') : null),
  boolean: (text) => {
    const word = text.toLowerCase();
    return TRUE.has(word) ? true : FALSE.has(word) ? false : null;
  },
  date: (text) => (isCalendarDate(text) && !text.startsWith('0000') ? text : null),
  datetime: (text) => (isInstant(text) && !text.startsWith('0000') ? text : null),
  email: (text) => (EMAIL.test(text) ? text : null),
};

function toInteger(text: string): number | string {
  const exact = BigInt(text.replace(/^\+/, ''));
  const value = Number(exact);
  return Number.isSafeInteger(value) ? value : exact.toString();
}

function brokenRule(rule: FieldRule, text: string, value: FieldValue): string | null {
  if (rule.scale !== undefined && (text.split('.')[1]?.length ?? 0) > rule.scale) {
    return `"${shortened(text)}" has more than ${rule.scale} digits behind the point`;
  }
  if (rule.type === 'integer' || rule.type === 'decimal') {
    if (rule.min !== undefined && Number(value) < rule.min) return `"${shortened(text)}" is less than ${rule.min}`;
    if (rule.max !== undefined && Number(value) > rule.max) return `"${shortened(text)}" is more than ${rule.max}`;
  }
  if (rule.maxLength !== undefined && text.length > rule.maxLength)
    return `is longer than ${rule.maxLength} characters`;
  if (rule.values && !rule.values.includes(text)) return `"${shortened(text)}" is not one of ${rule.values.join(', ')}`;
  return null;
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
