import { toComparable } from '../query/filter-values.js';
import type { ScalarField } from '../schema/index-schema.js';

/** What PostgreSQL's text cannot hold: NUL, and half of a surrogate pair. */
const UNSTORABLE = /[\0\p{Cs}]/gu;
/** Quick to look for; nearly no text has it. */
const SUSPECT = /[\0\ud800-\udfff]/;

/**
 * The text as PostgreSQL can hold it: what it cannot becomes U+FFFD. Documents and queries take the same way, so that what is
 * asked for is found all the same.
 */
export function toText(text: string): string {
  return SUSPECT.test(text) ? text.replace(UNSTORABLE, '\uFFFD') : text;
}

/** A value of a field as it is stored and compared: see `toComparable`. */
export function toStoredValue(type: ScalarField['type'], value: unknown): string | number {
  const comparable = toComparable(type, value);
  return typeof comparable === 'string' ? toText(comparable) : comparable;
}

/** True for text that {@link toText} would change. */
export function isUnstorable(text: string): boolean {
  return toText(text) !== text;
}

/** Values as the text form of an array: text and null, numbers, booleans. Faster than the driver's own. */
export function toArrayText(values: readonly (string | number | boolean | null | undefined)[]): string {
  return `{${values.map(toArrayElement).join(',')}}`;
}

const NEEDS_ESCAPE = /["\\]/g;

function toArrayElement(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value !== 'string') return String(value);
  return `"${value.includes('"') || value.includes('\\') ? value.replace(NEEDS_ESCAPE, '\\$&') : value}"`;
}

/** A word as it stands in the text form of a `tsvector` or `tsquery`, whatever it holds. */
export function quoteLexeme(word: string): string {
  return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
