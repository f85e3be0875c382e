import type { ScalarField } from '../schema/index-schema.js';
import { SearchQueryError } from './query-errors.js';
import type { FilterValue } from './search-query.js';

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/**
 * The value as engines compare it, or an error: strings for keywords, `yyyy-MM-dd` for dates, RFC 3339 in UTC with
 * milliseconds for instants, finite numbers, booleans.
 *
 * @throws SearchQueryError `VALUE_INVALID`
 */
export function toFilterValue(type: ScalarField['type'], field: string, value: FilterValue): FilterValue {
  const accepted = ACCEPT[type](value);
  if (accepted === undefined) throw new SearchQueryError('VALUE_INVALID', `${field} takes ${EXPECTED[type]}.`);
  return accepted;
}

/** True for a value that a field of this type can hold. */
export function isFilterValue(type: ScalarField['type'], value: unknown): value is FilterValue {
  return ACCEPT[type](value) !== undefined;
}

/**
 * What a value is compared and ordered by: milliseconds since 1970 for dates and instants, 0 or 1 for booleans, numbers as
 * they are, text for keywords.
 */
export function toComparable(type: ScalarField['type'], value: unknown): string | number {
  if (type === 'date' || type === 'instant') return Date.parse(String(value));
  return type === 'keyword' ? String(value) : Number(value);
}

const EXPECTED: Readonly<Record<ScalarField['type'], string>> = {
  keyword: 'text',
  long: 'a whole number',
  double: 'a number',
  date: 'a date as yyyy-MM-dd',
  instant: 'an instant as RFC 3339 with a zone',
  boolean: 'true or false',
};

const ACCEPT: Readonly<Record<ScalarField['type'], (value: unknown) => FilterValue | undefined>> = {
  keyword: (value) => (typeof value === 'string' ? value : undefined),
  long: (value) => (Number.isSafeInteger(value) ? (value as number) : undefined),
  double: (value) => (Number.isFinite(value) ? (value as number) : undefined),
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  date: (value) => (typeof value === 'string' && isDate(value) ? value : undefined),
  instant: (value) => {
    if (typeof value !== 'string' || !INSTANT.test(value) || !isDate(value.slice(0, 10))) return undefined;
    const parsed = new Date(value);
    return Number.isNaN(parsed.getTime()) ? undefined : parsed.toISOString();
  },
};

/** True for a day of the calendar: `2026-02-30` is none, though JavaScript reads it as the second of March. */
function isDate(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  return new Date(value).getUTCDate() === Number(value.slice(8));
}
