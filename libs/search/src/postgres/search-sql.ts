/** A plan as one statement, so that the page, the total and the facets are of one moment. */
import type { CursorPosition } from '../query/cursor.js';
import type { PlannedSort, QueryPlan } from '../query/plan-query.js';
import type { FacetCount, FilterValue } from '../query/search-query.js';
import { toCondition } from './condition-sql.js';
import { elementTypeOf, type IndexLayout } from './index-layout.js';
import { Parameters } from './parameters.js';
import { toText } from './stored-value.js';

/** The tables of an index, quoted and with their schema. */
export interface IndexTables {
  /** One row a document: what can be asked for. */
  readonly documents: string;
  /** One row a document: its source. Apart, because it is large and only read for what was found. */
  readonly sources: string;
}

/** A statement and its values. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A row of the answer: the first holds the total and the facets, each other a document. */
export type SearchRow =
  | { readonly place: 0; readonly total: number; readonly facets: readonly (readonly FacetRow[])[] }
  | { readonly place: number; readonly source: string; readonly position: CursorPosition };

/** A value as it is stored, and its documents. */
export type FacetRow = readonly [value: string | number, count: number];

/** Values of a facet that are answered. */
const FACET_SIZE = 100;

/** The statement of a search; its page has one document more when another page follows. */
export function toSearchStatement(tables: IndexTables, layout: IndexLayout, plan: QueryPlan): Statement {
  const parameters = new Parameters();
  const condition = toCondition(layout, plan, parameters);
  const found = `FROM ${tables.documents} d WHERE ${condition}`;
  const sorts = plan.sort.map((by) => ({ ...by, value: sortValueOf(layout, by) }));
  const after = plan.after ? `AND ${toAfter(sorts, plan.after, parameters)}` : '';
  const orderBy = (names: readonly string[], id: string) =>
    [...sorts.map(({ direction }, at) => `${names[at]} ${direction} NULLS LAST`), id].join(', ');
  const names = sorts.map((_, at) => `sort_${at}`);
  const facets = plan.facets.map(({ field }) => toFacet(layout, field, found));
  // The page is cut before its rows are numbered: numbered first, all that was found would have to be sorted.
  return {
    text: `
      SELECT 0 AS place, (SELECT count(*)::float8 ${found}) AS total, json_build_array(${facets.join(', ')}) AS facets,
             NULL AS source, NULL::json AS position
      UNION ALL
      SELECT row_number() OVER (ORDER BY ${orderBy(names, 'page.id')})::int, NULL, NULL,
             s.source, json_build_array(${[...names, 'page.id'].join(', ')})
      FROM (SELECT ${['d.id', ...sorts.map(({ value }, at) => `${value} AS sort_${at}`)].join(', ')}
            ${found} ${after}
            ORDER BY ${orderBy(
              sorts.map(({ value }) => value),
              'd.id',
            )}
            LIMIT ${plan.size + 1} OFFSET ${plan.after ? 0 : plan.from}) page
      JOIN ${tables.sources} s ON s.id = page.id
      ORDER BY place`,
    values: parameters.values,
  };
}

/** The rows of a facet as counts, in the field's own type. */
export function toFacetCounts(type: QueryPlan['facets'][number]['type'], rows: readonly FacetRow[]): FacetCount[] {
  return rows.map(([value, count]) => ({ value: toFacetValue(type, value), count }));
}

function toFacetValue(type: string, value: string | number): FilterValue {
  if (type === 'boolean') return value === 1;
  return type === 'date' ? new Date(value).toISOString().slice(0, 10) : value;
}

function sortValueOf(layout: IndexLayout, { field, type }: PlannedSort): string {
  const column = type === 'keyword' ? layout.sortKeys.get(field) : layout.values.get(field)?.one;
  return column === undefined ? `NULL::${elementTypeOf(type)}` : `d.${column}`;
}

/** Rows behind a position: behind it by the first sort, or level with it there and behind by what follows. */
function toAfter(
  sorts: readonly (PlannedSort & { readonly value: string })[],
  after: CursorPosition,
  parameters: Parameters,
): string {
  const [first, ...others] = sorts;
  const [value, ...rest] = after;
  if (first === undefined) return `d.id > ${parameters.add(toText(String(value)), 'text')}`;
  const behind = toAfter(others, rest, parameters);
  // Missing values come last, so nothing else is behind them.
  if (value === null || value === undefined) return `(${first.value} IS NULL AND ${behind})`;
  const given =
    typeof value === 'string' ? parameters.add(toText(value), 'text') : parameters.add(value, 'double precision');
  const isBeyond = `${first.value} ${first.direction === 'desc' ? '<' : '>'} ${given}`;
  return `(${isBeyond} OR ${first.value} IS NULL OR (${first.value} = ${given} AND ${behind}))`;
}

/** Counted by what documents hold before anything is opened: nearly all hold one value, and few hold other ones. */
function toFacet(layout: IndexLayout, field: string, found: string): string {
  const columns = layout.values.get(field);
  if (columns === undefined) return `'[]'::json`;
  const { one, all } = columns;
  return `(
    SELECT coalesce(json_agg(json_build_array(value, count) ORDER BY count DESC, value), '[]') FROM (
      SELECT each.value, sum(held.count)::float8 AS count
      FROM (SELECT d.${one} AS one, d.${all} AS several, count(*) AS count ${found} AND d.${one} IS NOT NULL GROUP BY 1, 2) held,
           unnest(coalesce(held.several, ARRAY[held.one])) each(value)
      GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${FACET_SIZE}) most)`;
}
