/**
 * Checks a query against its schema and states it in terms that an engine can translate one to one: known fields only,
 * values of the right type, words instead of text. Every engine starts from this plan, so that all refuse alike.
 */
import {
  type FieldDefinition,
  type FieldDefinitions,
  findField,
  type IndexSchema,
  type ScalarField,
} from '../schema/index-schema.js';
import { tokenize } from '../text/fold-text.js';
import { type CursorPosition, decodeCursor, encodeCursor } from './cursor.js';
import { toFilterValue } from './filter-values.js';
import { PageTooDeepError, SearchQueryError, SearchTextTooLongError } from './query-errors.js';
import type { Facet, Filter, FilterValue, SearchQuery, Sort } from './search-query.js';

/** Longest search text, in characters (code points). */
const MAX_TEXT_LENGTH = 256;
/** Pages reach this row; a cursor goes further. */
export const MAX_PAGED_ROWS = 10_000;
const MAX_PAGE_SIZE = 1_000;
const DEFAULT_PAGE_SIZE = 20;
const MAX_SORTS = 4;
const MAX_FACETS = 20;
const DEFAULT_FACET_SIZE = 100;
const MAX_FACET_SIZE = 1_000;
/** Conditions of a query, counted through all its levels, and values of one condition. */
const MAX_CONDITIONS = 200;
const MAX_VALUES = 10_000;

/** A condition whose fields exist and whose values fit. `path` is the full dotted path of the document's field. */
export type PlannedFilter =
  | {
      readonly kind: 'anyOf' | 'noneOf';
      readonly path: string;
      readonly type: ScalarField['type'];
      readonly values: readonly FilterValue[];
    }
  | {
      readonly kind: 'range';
      readonly path: string;
      readonly type: ScalarField['type'];
      readonly from?: FilterValue;
      readonly to?: FilterValue;
    }
  | { readonly kind: 'exists' | 'missing'; readonly path: string }
  | { readonly kind: 'prefix'; readonly path: string; readonly value: string }
  | {
      readonly kind: 'phrase';
      readonly field: string;
      readonly tokens: readonly string[];
      readonly lastIsPrefix: boolean;
    }
  | { readonly kind: 'not'; readonly filter: PlannedFilter }
  | { readonly kind: 'nested'; readonly path: string; readonly filters: readonly PlannedFilter[] }
  | { readonly kind: 'or' | 'and'; readonly filters: readonly PlannedFilter[] };

/** An order to apply. Keywords compare their folded key; the rest by value, in a cursor as a number (epoch ms, 0 or 1). */
export interface PlannedSort {
  readonly field: string;
  readonly type: ScalarField['type'];
  readonly direction: 'asc' | 'desc';
}

/** Values to be counted. */
export interface PlannedFacet {
  /** What the counts are found under: the full dotted path of the field, which is also where its values are. */
  readonly field: string;
  readonly type: ScalarField['type'];
  readonly size: number;
  /** The elements that are looked at, and what of them is counted. */
  readonly within?: {
    readonly nested: Extract<PlannedFilter, { kind: 'nested' }>;
    readonly count: 'documents' | 'elements';
  };
}

/** A query ready to be translated. */
export interface QueryPlan {
  /** Distinct folded words of the text; each must be a prefix of a word in some of `searchFields`. */
  readonly tokens: readonly string[];
  readonly searchFields: readonly string[];
  readonly filters: readonly PlannedFilter[];
  readonly sort: readonly PlannedSort[];
  readonly from: number;
  readonly size: number;
  readonly after?: CursorPosition;
  readonly facets: readonly PlannedFacet[];
  /** Also what is gone. */
  readonly tombstones: boolean;
  /** The cursor that continues after a row at this position. */
  cursorAt(position: CursorPosition): string;
}

/**
 * Plans a query, or refuses it.
 *
 * @throws SearchTextTooLongError, PageTooDeepError, SearchQueryError
 */
export function planQuery(schema: IndexSchema, query: SearchQuery): QueryPlan {
  const sort = planSort(schema, query.sort ?? []);
  const order = sort.map((by) => `${by.field}:${by.direction}`).join(',');
  const kinds = [
    ...sort.map((by) => (by.type === 'keyword' ? ('text' as const) : ('number' as const))),
    'text' as const,
  ];
  const after = query.cursor === undefined ? undefined : decodeCursor(order, kinds, query.cursor);
  return {
    tokens: planText(query.text ?? ''),
    searchFields: schema.searchFields,
    filters: planFilters(schema, query.filters ?? []),
    sort,
    ...planPage(query),
    ...(after && { after }),
    facets: planFacets(schema, query.facets ?? []),
    tombstones: query.tombstones === true,
    cursorAt: (position) => encodeCursor(order, position),
  };
}

/**
 * Plans conditions alone: an alias's filter, or what is counted.
 *
 * @throws SearchQueryError
 */
export function planFilters(schema: IndexSchema, filters: readonly Filter[]): PlannedFilter[] {
  const conditions = countConditions(filters);
  if (conditions > MAX_CONDITIONS) {
    throw new SearchQueryError('QUERY_TOO_LARGE', `A query has at most ${MAX_CONDITIONS} conditions.`);
  }
  return filters.map((filter) => planFilter({ schema, fields: schema.fields, prefix: '' }, filter));
}

function planText(text: string): string[] {
  return [...new Set(tokenize(checkedText(text)))];
}

function checkedText(text: string): string {
  const isTooLong = text.length > MAX_TEXT_LENGTH && [...text].length > MAX_TEXT_LENGTH;
  if (isTooLong) throw new SearchTextTooLongError(MAX_TEXT_LENGTH);
  return text;
}

function planPage({ page, pageSize = DEFAULT_PAGE_SIZE, cursor }: SearchQuery): { from: number; size: number } {
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > MAX_PAGE_SIZE) {
    throw new SearchQueryError('PAGE_INVALID', `pageSize is a whole number from 1 to ${MAX_PAGE_SIZE}.`);
  }
  if (page === undefined) return { from: 0, size: pageSize };
  if (cursor !== undefined) throw new SearchQueryError('PAGE_INVALID', 'Give a page or a cursor, not both.');
  if (!Number.isInteger(page) || page < 1) throw new SearchQueryError('PAGE_INVALID', 'page is a whole number from 1.');
  if (page * pageSize > MAX_PAGED_ROWS) throw new PageTooDeepError(MAX_PAGED_ROWS);
  return { from: (page - 1) * pageSize, size: pageSize };
}

function planSort(schema: IndexSchema, sorts: readonly Sort[]): PlannedSort[] {
  if (sorts.length > MAX_SORTS) throw new SearchQueryError('QUERY_TOO_LARGE', `At most ${MAX_SORTS} sorts.`);
  return sorts.map(({ field, direction }) => {
    const definition = scalarField(schema.fields, field);
    if (!definition.sort) throw new SearchQueryError('FIELD_UNSUITABLE', `${field} cannot be sorted by.`);
    return { field, type: definition.type, direction: direction === 'desc' ? 'desc' : 'asc' };
  });
}

function planFacets(schema: IndexSchema, facets: readonly (string | Facet)[]): PlannedFacet[] {
  if (facets.length > MAX_FACETS) throw new SearchQueryError('QUERY_TOO_LARGE', `At most ${MAX_FACETS} facets.`);
  return facets.map((facet) => planFacet(schema, typeof facet === 'string' ? { field: facet } : facet));
}

function planFacet(schema: IndexSchema, facet: Facet): PlannedFacet {
  const { nested, field, size = DEFAULT_FACET_SIZE, count = 'documents', filters = [] } = facet;
  if (!Number.isInteger(size) || size < 1 || size > MAX_FACET_SIZE) {
    throw new SearchQueryError('VALUE_INVALID', `A facet answers 1 to ${MAX_FACET_SIZE} values.`);
  }
  const [within] = nested === undefined ? [] : planFilters(schema, [{ nested, filters }]);
  if (within === undefined) return { field, type: countedType(schema.fields, field), size };
  const elements = findField(schema.fields, nested as string) as { fields: FieldDefinitions };
  const type = countedType(elements.fields, field);
  return { field: `${nested}.${field}`, type, size, within: { nested: within as NestedFilter, count } };
}

type NestedFilter = Extract<PlannedFilter, { kind: 'nested' }>;

function countedType(fields: FieldDefinitions, field: string): ScalarField['type'] {
  const { type } = scalarField(fields, field);
  if (type === 'double' || type === 'instant') {
    throw new SearchQueryError('FIELD_UNSUITABLE', `${field} cannot be counted by value.`);
  }
  return type;
}

interface Scope {
  readonly schema: IndexSchema;
  readonly fields: FieldDefinitions;
  /** Path of the nested field we are in, with its dot. */
  readonly prefix: string;
}

function planFilter(scope: Scope, filter: Filter): PlannedFilter {
  if ('or' in filter) return { kind: 'or', filters: filter.or.map((branch) => planFilter(scope, branch)) };
  if ('and' in filter) return { kind: 'and', filters: filter.and.map((part) => planFilter(scope, part)) };
  if ('not' in filter) return { kind: 'not', filter: planFilter(scope, filter.not) };
  if ('nested' in filter) return planNested(scope, filter.nested, filter.filters);
  const { field } = filter;
  if ('anyOf' in filter) return planValues(scope, 'anyOf', field, filter.anyOf);
  if ('noneOf' in filter) return planValues(scope, 'noneOf', field, filter.noneOf);
  if ('range' in filter) return planRange(scope, field, filter.range);
  if ('prefix' in filter) return planPrefix(scope, field, filter.prefix);
  if ('matches' in filter) return planPhrase(scope, field, filter.matches, filter.lastIsPrefix ?? false);
  scalarField(scope.fields, field);
  return { kind: filter.exists ? 'exists' : 'missing', path: scope.prefix + field };
}

function planValues(
  scope: Scope,
  kind: 'anyOf' | 'noneOf',
  field: string,
  given: readonly FilterValue[],
): PlannedFilter {
  const { type } = scalarField(scope.fields, field);
  if (given.length > MAX_VALUES) {
    throw new SearchQueryError('QUERY_TOO_LARGE', `${field} takes at most ${MAX_VALUES} values.`);
  }
  const values = given.map((value) => toFilterValue(type, field, value));
  return { kind, path: scope.prefix + field, type, values };
}

function planRange(scope: Scope, field: string, { from, to }: { from?: FilterValue; to?: FilterValue }): PlannedFilter {
  const { type } = scalarField(scope.fields, field);
  if (type === 'keyword' || type === 'boolean') {
    throw new SearchQueryError('FIELD_UNSUITABLE', `${field} has no ranges.`);
  }
  return {
    kind: 'range',
    path: scope.prefix + field,
    type,
    ...(from !== undefined && { from: toFilterValue(type, field, from) }),
    ...(to !== undefined && { to: toFilterValue(type, field, to) }),
  };
}

function planPrefix(scope: Scope, field: string, value: string): PlannedFilter {
  const { type } = scalarField(scope.fields, field);
  if (type !== 'keyword') throw new SearchQueryError('FIELD_UNSUITABLE', `${field} has no prefixes.`);
  toFilterValue(type, field, value);
  return { kind: 'prefix', path: scope.prefix + field, value };
}

function planPhrase(scope: Scope, field: string, text: string, lastIsPrefix: boolean): PlannedFilter {
  if (findField(scope.fields, field) === undefined) throw unknownField(field);
  if (scope.prefix !== '' || !scope.schema.matchFields.includes(field)) {
    throw new SearchQueryError('FIELD_UNSUITABLE', `${field} cannot be matched by words.`);
  }
  const tokens = tokenize(checkedText(text));
  return tokens.length === 0 ? { kind: 'and', filters: [] } : { kind: 'phrase', field, tokens, lastIsPrefix };
}

function planNested(scope: Scope, path: string, filters: readonly Filter[]): PlannedFilter {
  const definition = findField(scope.fields, path);
  if (definition?.type !== 'nested') throw unknownField(path);
  const inner = { schema: scope.schema, fields: definition.fields, prefix: `${scope.prefix}${path}.` };
  return { kind: 'nested', path: scope.prefix + path, filters: filters.map((filter) => planFilter(inner, filter)) };
}

function scalarField(fields: FieldDefinitions, path: string): ScalarField {
  const definition: FieldDefinition | undefined = findField(fields, path);
  if (definition === undefined) throw unknownField(path);
  if ('fields' in definition || definition.type === 'stored') {
    throw new SearchQueryError('FIELD_UNSUITABLE', `${path} holds no plain values.`);
  }
  return definition;
}

function unknownField(path: string): SearchQueryError {
  return new SearchQueryError('FIELD_UNKNOWN', `There is no field '${path.slice(0, 100)}'.`);
}

function countConditions(filters: readonly Filter[]): number {
  return filters.reduce((sum, filter) => sum + 1 + countConditions(partsOf(filter)), 0);
}

function partsOf(filter: Filter): readonly Filter[] {
  if ('or' in filter) return filter.or;
  if ('and' in filter) return filter.and;
  if ('not' in filter) return [filter.not];
  return 'nested' in filter ? filter.filters : [];
}
