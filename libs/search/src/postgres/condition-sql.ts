/** Conditions of a plan as SQL over the columns of one index, `d` in the statement. */
import type { PlannedFilter, QueryPlan } from '../query/plan-query.js';
import type { FilterValue } from '../query/search-query.js';
import { elementTypeOf, type IndexLayout } from './index-layout.js';
import { toElementPath } from './nested-path.js';
import type { Parameters } from './parameters.js';
import { quoteLexeme, toStoredValue, toText } from './stored-value.js';

type Values = Extract<PlannedFilter, { kind: 'anyOf' | 'noneOf' }>;
type Range = Extract<PlannedFilter, { kind: 'range' }>;

/** All the conditions of a search, and, unless what is gone is asked for too, that the document lives. */
export function toCondition(
  layout: IndexLayout,
  { tokens, filters, tombstones }: Pick<QueryPlan, 'tokens' | 'filters' | 'tombstones'>,
  parameters: Parameters,
): string {
  const conditions = filters.map((filter) => toFilterSql(layout, filter, parameters));
  if (tokens.length > 0) conditions.unshift(toTextSql(layout, tokens, parameters));
  return [tombstones ? 'true' : 'NOT d.deleted', ...conditions].join(' AND ');
}

function toTextSql({ searchFields }: IndexLayout, tokens: readonly string[], parameters: Parameters): string {
  if (searchFields.length === 0) return 'false';
  return `d.words @@ ${parameters.add(tokens.map((token) => `${quoteLexeme(token)}:*`).join(' & '), 'tsquery')}`;
}

function toFilterSql(layout: IndexLayout, filter: PlannedFilter, parameters: Parameters): string {
  switch (filter.kind) {
    case 'anyOf':
      return toAnyOfSql(layout, filter, parameters);
    case 'noneOf':
      return `${toAnyOfSql(layout, filter, parameters)} IS NOT TRUE`;
    case 'range':
      return toRangeSql(layout, filter, parameters);
    case 'exists':
    case 'missing':
      return `(${smallestOf(layout, filter.path)} IS ${filter.kind === 'exists' ? 'NOT NULL' : 'NULL'})`;
    case 'prefix':
      return toPrefixSql(layout, filter.path, filter.value, parameters);
    case 'phrase':
      return toPhraseSql(layout, filter, parameters);
    case 'not':
      return `(${toFilterSql(layout, filter.filter, parameters)}) IS NOT TRUE`;
    case 'nested':
      return toNestedSql(layout, filter, parameters);
    case 'or':
      return joined(filter.filters, ' OR ', 'false');
    case 'and':
      return joined(filter.filters, ' AND ', 'true');
  }
  function joined(filters: readonly PlannedFilter[], by: string, none: string): string {
    if (filters.length === 0) return none;
    return `(${filters.map((each) => toFilterSql(layout, each, parameters)).join(by)})`;
  }
}

/** A generation that was made before a field was declared has no value in it. */
function smallestOf(layout: IndexLayout, path: string): string {
  const columns = layout.values.get(path);
  return columns ? `d.${columns.one}` : 'NULL';
}

function toAnyOfSql(layout: IndexLayout, { path, type, values }: Values, parameters: Parameters): string {
  const columns = layout.values.get(path);
  if (columns?.type !== type || values.length === 0) return 'false';
  const stored = values.map((value) => toStoredValue(type, value));
  const wanted = parameters.add(stored, `${elementTypeOf(type)}[]`);
  return `(d.${columns.one} = ANY(${wanted}) OR d.${columns.all} && ${wanted})`;
}

function toRangeSql(layout: IndexLayout, { path, type, from, to }: Range, parameters: Parameters): string {
  const columns = layout.values.get(path);
  if (columns?.type !== type) return 'false';
  const end = (value: FilterValue) => parameters.add(toStoredValue(type, value), elementTypeOf(type));
  const ends = [...(from === undefined ? [] : [`>= ${end(from)}`]), ...(to === undefined ? [] : [`<= ${end(to)}`])];
  if (ends.length === 0) return `(d.${columns.one} IS NOT NULL)`;
  return someValue(columns, (value) => ends.map((each) => `${value} ${each}`).join(' AND '));
}

function toPrefixSql(layout: IndexLayout, path: string, prefix: string, parameters: Parameters): string {
  const columns = layout.values.get(path);
  if (columns?.type !== 'keyword') return 'false';
  const beginning = parameters.add(toText(prefix), 'text');
  return someValue(columns, (value) => `starts_with(${value}, ${beginning})`);
}

/** The several values are only opened where there are several: a sub-select for every row would cost more than all the rest. */
function someValue({ one, all }: { one: string; all: string }, condition: (value: string) => string): string {
  const several = `(d.${all} IS NOT NULL AND EXISTS (SELECT FROM unnest(d.${all}) several(value) WHERE ${condition('value')}))`;
  return `((${condition(`d.${one}`)}) OR ${several})`;
}

function toPhraseSql(
  { phrases }: IndexLayout,
  { field, tokens, lastIsPrefix }: Extract<PlannedFilter, { kind: 'phrase' }>,
  parameters: Parameters,
): string {
  const column = phrases.get(field);
  if (column === undefined) return 'false';
  const sequence = tokens.map(quoteLexeme).join(' <-> ') + (lastIsPrefix ? ':*' : '');
  return `d.${column} @@ ${parameters.add(sequence, 'tsquery')}`;
}

function toNestedSql(
  layout: IndexLayout,
  filter: Extract<PlannedFilter, { kind: 'nested' }>,
  parameters: Parameters,
): string {
  const column = layout.nested.get(filter.path);
  if (column === undefined) return 'false';
  const { path, values } = toElementPath(filter);
  return `jsonb_path_exists(d.${column}, ${parameters.add(path, 'jsonpath')}, ${parameters.add(values, 'jsonb')})`;
}
