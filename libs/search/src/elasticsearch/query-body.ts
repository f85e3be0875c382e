import type { CursorPosition } from '../query/cursor.js';
import type { PlannedFacet, PlannedFilter, PlannedSort, QueryPlan } from '../query/plan-query.js';
import type { FacetCount, FilterValue } from '../query/search-query.js';

type Json = Readonly<Record<string, unknown>>;

/**
 * Stands for a missing number, date or boolean in a sort, at the end in both directions. The engine's own marker is the
 * largest 64-bit integer, which JavaScript cannot hold.
 */
const MISSING_NUMBER = Number.MAX_SAFE_INTEGER;

const NOTHING: Json = { match_none: {} };
const LIVE: Json = { term: { 'lockstep.deleted': false } };

/** The body of a search for a plan; one row more than the page tells whether another page follows. */
export function toSearchBody(plan: QueryPlan): Json {
  return {
    query: allClauses([
      ...(plan.tombstones ? [] : [LIVE]),
      ...plan.tokens.map((token) => toTokenQuery(plan.searchFields, token)),
      ...plan.filters.map(toFilterQuery),
    ]),
    sort: [...plan.sort.map(toSortClause), { 'lockstep.id': 'asc' }],
    size: plan.size + 1,
    ...(plan.after ? { search_after: toSearchAfter(plan.sort, plan.after) } : { from: plan.from }),
    track_total_hits: true,
    ...(plan.facets.length > 0 && { aggs: toAggregations(plan) }),
  };
}

/** Conditions as a query that tombstones never meet: for counts and for the filter of an alias. */
export function toFilterBody(filters: readonly PlannedFilter[]): Json {
  return allClauses([LIVE, ...filters.map(toFilterQuery)]);
}

/** The `sort` values of a hit, missing ones as null. */
export function toPosition(values: readonly (string | number | null)[]): CursorPosition {
  return values.map((value) => (value === MISSING_NUMBER || value === -MISSING_NUMBER ? null : value));
}

/** A value of a facet as the engine answers it. */
export interface FacetBucket {
  readonly key: string | number;
  readonly key_as_string?: string;
  readonly doc_count: number;
  /** Documents of the elements that were counted. */
  readonly documents?: { readonly doc_count: number };
}

/** The answer of a facet's aggregation. */
export interface FacetAnswer {
  readonly buckets?: readonly FacetBucket[];
  /** Of a nested field. */
  readonly elements?: { readonly values: { readonly buckets: readonly FacetBucket[] } };
}

/** The answer of a facet's aggregation as counts. */
export function toFacetCounts({ type }: PlannedFacet, answer: FacetAnswer | undefined): FacetCount[] {
  const buckets = answer?.elements?.values.buckets ?? answer?.buckets ?? [];
  return buckets.map((bucket) => ({
    value: toFacetValue(type, bucket),
    count: bucket.documents?.doc_count ?? bucket.doc_count,
  }));
}

function toFacetValue(type: string, bucket: { key: string | number; key_as_string?: string }): FilterValue {
  if (type === 'boolean') return bucket.key === 1;
  return type === 'date' ? (bucket.key_as_string ?? bucket.key) : bucket.key;
}

function allClauses(clauses: readonly Json[]): Json {
  return { bool: { filter: clauses } };
}

function toTokenQuery(fields: readonly string[], token: string): Json {
  if (fields.length === 0) return NOTHING;
  return anyClause(fields.map((field) => ({ prefix: { [`lockstep.text.${field}`]: { value: token } } })));
}

function toFilterQuery(filter: PlannedFilter): Json {
  switch (filter.kind) {
    case 'anyOf':
      return { terms: { [filter.path]: filter.values } };
    case 'noneOf':
      return notClause({ terms: { [filter.path]: filter.values } });
    case 'range':
      return toRangeQuery(filter);
    case 'exists':
      return { exists: { field: filter.path } };
    case 'missing':
      return notClause({ exists: { field: filter.path } });
    case 'prefix':
      return { prefix: { [filter.path]: { value: filter.value } } };
    case 'phrase':
      return toPhraseQuery(filter);
    case 'not':
      return notClause(toFilterQuery(filter.filter));
    case 'nested':
      return { nested: { path: filter.path, query: { bool: { filter: filter.filters.map(toFilterQuery) } } } };
    case 'or':
      return filter.filters.length === 0 ? NOTHING : anyClause(filter.filters.map(toFilterQuery));
    case 'and':
      return { bool: { filter: filter.filters.map(toFilterQuery) } };
  }
}

function toPhraseQuery({ field, tokens, lastIsPrefix }: Extract<PlannedFilter, { kind: 'phrase' }>): Json {
  const path = `lockstep.text.${field}`;
  if (!lastIsPrefix) return { match_phrase: { [path]: { query: tokens.join(' ') } } };
  const [prefix, ...before] = tokens.toReversed();
  if (before.length === 0) return { prefix: { [path]: { value: prefix } } };
  // A phrase with a prefix of the engine's own tries only some of the words that begin so.
  const words = before.toReversed().map((token) => ({ match: { query: token } }));
  const sequence = { ordered: true, max_gaps: 0, intervals: [...words, { prefix: { prefix } }] };
  return { intervals: { [path]: { all_of: sequence } } };
}

function toRangeQuery({ path, from, to }: Extract<PlannedFilter, { kind: 'range' }>): Json {
  if (from === undefined && to === undefined) return { exists: { field: path } };
  return { range: { [path]: { ...(from !== undefined && { gte: from }), ...(to !== undefined && { lte: to }) } } };
}

function anyClause(clauses: readonly Json[]): Json {
  return { bool: { should: clauses, minimum_should_match: 1 } };
}

function notClause(clause: Json): Json {
  return { bool: { must_not: [clause] } };
}

function toSortClause({ field, type, direction }: PlannedSort): Json {
  if (type === 'keyword') return { [`lockstep.sort.${field}`]: { order: direction, missing: '_last' } };
  // The smallest of several values counts in both directions, as for keywords.
  return { [field]: { order: direction, mode: 'min', missing: missingNumber(direction) } };
}

function toSearchAfter(sort: readonly PlannedSort[], after: CursorPosition): (string | number | null)[] {
  return after.map((value, at) => {
    const by = sort[at];
    return value === null && by && by.type !== 'keyword' ? missingNumber(by.direction) : value;
  });
}

function missingNumber(direction: 'asc' | 'desc'): number {
  return direction === 'asc' ? MISSING_NUMBER : -MISSING_NUMBER;
}

function toAggregations(plan: QueryPlan): Json {
  return Object.fromEntries(plan.facets.map((facet) => [facet.field, toAggregation(facet)]));
}

function toAggregation({ field, size, within }: PlannedFacet): Json {
  const isOfDocuments = within?.count === 'documents';
  const order = [isOfDocuments ? { documents: 'desc' } : { _count: 'desc' }, { _key: 'asc' }];
  const values = {
    terms: { field, size, order },
    ...(isOfDocuments && { aggs: { documents: { reverse_nested: {} } } }),
  };
  if (!within) return values;
  const { path, filters } = within.nested;
  const elements = { filter: { bool: { filter: filters.map(toFilterQuery) } }, aggs: { values } };
  return { nested: { path }, aggs: { elements } };
}
