import { toComparable } from '../query/filter-values.js';
import type { ScalarField } from '../schema/index-schema.js';

/** What PostgreSQL's text cannot hold: NUL, and half of a surrogate pair. */
const UNSTORABLE = /[\0\p{Cs}]/gu;

/**
 * The text as PostgreSQL can hold it: what it cannot becomes U+FFFD. Documents and queries take the same way, so that what is
 * asked for is found all the same.
 */
export function toText(text: string): string {
  return text.replace(UNSTORABLE, '\uFFFD');
}

/** A value of a field as it is stored and compared: see `toComparable`. */
export function toStoredValue(type: ScalarField['type'], value: unknown): string | number {
  const comparable = toComparable(type, value);
  return typeof comparable === 'string' ? toText(comparable) : comparable;
}

/** True for text that {@link toText} would change. */
export function isUnstorable(text: string): boolean {
  return text.search(UNSTORABLE) >= 0;
}

/** A word as it stands in the text form of a `tsvector` or `tsquery`, whatever it holds. */
export function quoteLexeme(word: string): string {
  return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
