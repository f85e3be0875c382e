import { isCalendarDate, isInstant } from '@lockstep/contracts';
import { type Filter, tokenize } from '@lockstep/search';
import { FIELD_NAMES, type LogField, logField } from './log-fields.js';
import { type LogBound, type LogQuery, LogQueryError, type LogTerm } from './log-query.js';

const DAY_MS = 86_400_000;

/** A query as a condition of the search library. @throws LogQueryError naming where in the query it went wrong */
export function toLogFilter(query: LogQuery): Filter {
  switch (query.kind) {
    case 'and':
      return { and: query.parts.map(toLogFilter) };
    case 'or':
      return { or: query.parts.map(toLogFilter) };
    case 'not':
      return { not: toLogFilter(query.part) };
    default:
      return termFilter(query);
  }
}

function termFilter(term: LogTerm): Filter {
  const field = logField(term.field);
  if (!field) {
    throw new LogQueryError(term.position, `There is no field '${term.field}'. Fields: ${FIELD_NAMES}.`);
  }
  switch (term.kind) {
    case 'exists':
      return field.isAlwaysThere ? { and: [] } : { field: field.path, exists: true };
    case 'range':
      return rangeFilter(field, term);
    case 'value':
      return valueFilter(field, term);
  }
}

function valueFilter(field: LogField, term: Extract<LogTerm, { kind: 'value' }>): Filter {
  const { value, isPrefix, position } = term;
  switch (field.kind) {
    case 'words':
      return wordsFilter(field.path, value, isPrefix, position);
    case 'name':
      return isPrefix ? prefixFilter(field, value) : { field: field.path, anyOf: writtenNames(field, value) };
    case 'id':
      return isPrefix ? { field: field.path, prefix: value } : { field: field.path, anyOf: [value] };
    case 'number':
    case 'instant': {
      if (isPrefix) throw new LogQueryError(position, `${term.field} takes no *.`);
      const bound = { value, isIncluded: true };
      return rangeFilter(field, { ...term, kind: 'range', from: bound, to: bound });
    }
  }
}

/** Shortest beginning of a word: shorter ones begin nearly every word there is. */
const MIN_PREFIX_LENGTH = 2;

function wordsFilter(path: string, value: string, isPrefix: boolean, position: number): Filter {
  const words = tokenize(value);
  if (words.length === 0) throw new LogQueryError(position, 'There is no letter and no digit to search for.');
  // `LAMP-*` is a phrase of whole words: nothing of the last one is given.
  const lastIsPrefix = isPrefix && /[\p{L}\p{N}\p{M}]$/u.test(value);
  if (lastIsPrefix && words.at(-1)!.length < MIN_PREFIX_LENGTH) {
    throw new LogQueryError(position, `At least ${MIN_PREFIX_LENGTH} letters or digits before the *.`);
  }
  return { field: path, matches: value, lastIsPrefix };
}

/** As the list writes it; what stands in no list was written in lower case, or by a stranger as it stands here. */
function writtenNames({ names }: LogField, value: string): string[] {
  const folded = value.toLowerCase();
  const listed = names?.find((name) => name.toLowerCase() === folded);
  return listed === undefined ? [...new Set([folded, value])] : [listed];
}

/** Names of a list are found by it, whatever their case; others are all lower case. */
function prefixFilter({ path, names }: LogField, value: string): Filter {
  const folded = value.toLowerCase();
  if (!names) return { field: path, prefix: folded };
  return { field: path, anyOf: names.filter((name) => name.toLowerCase().startsWith(folded)) };
}

function rangeFilter(field: LogField, term: Extract<LogTerm, { kind: 'range' }>): Filter {
  const { from, to, position } = term;
  const read = field.kind === 'number' ? readNumber : field.kind === 'instant' ? readInstant : undefined;
  if (!read) throw new LogQueryError(position, `${term.field} has no ranges.`);
  const range = {
    ...(from && { from: read(term, from, 'from') }),
    ...(to && { to: read(term, to, 'to') }),
  };
  return { field: field.path, range };
}

type Read = (term: LogTerm, bound: LogBound, end: 'from' | 'to') => number | string;

/** An end that is not included is one step further in: the index compares whole numbers, and milliseconds. */
const readNumber: Read = ({ field, position }, { value, isIncluded }, end) => {
  const number = Number(value);
  if (value.trim() === '' || !Number.isSafeInteger(number)) {
    throw new LogQueryError(position, `${field} takes a whole number.`);
  }
  return isIncluded ? number : number + (end === 'from' ? 1 : -1);
};

const readInstant: Read = ({ field, position }, { value, isIncluded }, end) => {
  if (isCalendarDate(value)) {
    const startMs = Date.parse(`${value}T00:00:00Z`);
    const isEndOfDay = (end === 'to') === isIncluded;
    return new Date(
      isEndOfDay ? startMs + DAY_MS - (end === 'to' ? 1 : 0) : startMs - (end === 'to' ? 1 : 0),
    ).toISOString();
  }
  if (!isInstant(value)) {
    throw new LogQueryError(position, `${field} takes an instant such as 2031-03-04T10:00:00Z, or a day.`);
  }
  const atMs = Date.parse(value);
  return new Date(isIncluded ? atMs : atMs + (end === 'from' ? 1 : -1)).toISOString();
};
