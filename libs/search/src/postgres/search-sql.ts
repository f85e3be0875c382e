/** A plan as one statement, so that the page, the total and the facets are of one moment. */
import type { CursorPosition } from '../query/cursor.js';
import type { PlannedFacet, PlannedSort, QueryPlan } from '../query/plan-query.js';
import type { FacetCount, FilterValue } from '../query/search-query.js';
import { toCondition } from './condition-sql.js';
import { elementTypeOf, type IndexLayout } from './index-layout.js';
import { toElementPath } from './nested-path.js';
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

/** The statement of a search; its page has one document more when another page follows. */
export function toSearchStatement(tables: IndexTables, layout: IndexLayout, plan: QueryPlan): Statement {
  const parameters = new Parameters();
  const condition = toCondition(layout, plan, parameters);
  const sortNames = plan.sort.map((_, at) => `sort_${at}`);
  const order = [...plan.sort.map(({ direction }, at) => `sort_${at} ${direction} NULLS LAST`), 'id'].join(', ');
  const after = plan.after ? `WHERE ${toAfter(plan.sort, 0, plan.after, parameters)}` : '';
  const columns = [
    'd.id',
    ...plan.sort.map((by, at) => `${sortValueOf(layout, by)} AS sort_${at}`),
    ...plan.facets.map((facet, at) => facetColumnsOf(layout, facet, at)),
  ];
  // By id alone a page is read off the key and only the total looks at every row. Otherwise all rows are looked at for the
  // page too, and it is cheaper to keep what was found for the total, the page and the facets.
  const isKept = plan.sort.length + plan.facets.length + plan.tokens.length > 0;
  // The page is cut before its rows are numbered: numbered first, all that was found would have to be sorted.
  return {
    text: `
      WITH found AS ${isKept ? '' : 'NOT'} MATERIALIZED (
        SELECT ${columns.join(', ')} FROM ${tables.documents} d WHERE ${condition}
      )
      SELECT 0 AS place, (SELECT count(*)::float8 FROM found) AS total,
             json_build_array(${plan.facets.map((facet, at) => toFacet(facet, at, parameters)).join(', ')}) AS facets,
             NULL AS source, NULL::json AS position
      UNION ALL
      SELECT row_number() OVER (ORDER BY ${order})::int, NULL, NULL,
             source, json_build_array(${[...sortNames, 'id'].join(', ')})
      FROM (SELECT ${['id', ...sortNames].join(', ')} FROM found ${after}
            ORDER BY ${order} LIMIT ${plan.size + 1} OFFSET ${plan.after ? 0 : plan.from}) page
      JOIN ${tables.sources} USING (id)
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
function toAfter(sort: readonly PlannedSort[], at: number, after: CursorPosition, parameters: Parameters): string {
  const value = after[at]!;
  const by = sort[at];
  if (by === undefined) return `id > ${parameters.add(toText(String(value)), 'text')}`;
  const behind = toAfter(sort, at + 1, after, parameters);
  // Missing values come last, so nothing else is behind them.
  if (value === null) return `(sort_${at} IS NULL AND ${behind})`;
  const given =
    typeof value === 'string' ? parameters.add(toText(value), 'text') : parameters.add(value, 'double precision');
  const isBeyond = `sort_${at} ${by.direction === 'desc' ? '<' : '>'} ${given}`;
  return `(${isBeyond} OR sort_${at} IS NULL OR (sort_${at} = ${given} AND ${behind}))`;
}

function facetColumnsOf(layout: IndexLayout, { field, within }: PlannedFacet, at: number): string {
  if (within) {
    const column = layout.nested.get(within.nested.path);
    return `${column ? `d.${column}` : 'NULL::jsonb'} AS elements_${at}`;
  }
  const columns = layout.values.get(field);
  const [one, all] = columns ? [`d.${columns.one}`, `d.${columns.all}`] : ['NULL::text', 'NULL::text[]'];
  return `${one} AS one_${at}, ${all} AS all_${at}`;
}

function toFacet(facet: PlannedFacet, at: number, parameters: Parameters): string {
  const counts = facet.within ? toElementCounts(facet, facet.within, at, parameters) : toValueCounts(at);
  return `(
    SELECT coalesce(json_agg(json_build_array(value, count) ORDER BY count DESC, value), '[]') FROM (
      ${counts} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${facet.size}) most)`;
}

/** Counted by what documents hold before anything is opened: nearly all hold one value, and few hold other ones. */
function toValueCounts(at: number): string {
  return `SELECT each.value, sum(held.count)::float8 AS count
      FROM (SELECT one_${at} AS one, all_${at} AS several, count(*) AS count FROM found
            WHERE one_${at} IS NOT NULL GROUP BY 1, 2) held,
           unnest(coalesce(held.several, ARRAY[held.one])) each(value)`;
}

function toElementCounts(
  { field, type }: PlannedFacet,
  { nested, count }: NonNullable<PlannedFacet['within']>,
  at: number,
  parameters: Parameters,
): string {
  const { path, values } = toElementPath(nested);
  const elements = `jsonb_path_query(elements_${at}, ${parameters.add(path, 'jsonpath')}, ${parameters.add(values, 'jsonb')})`;
  const held = `each.element -> ${parameters.add(field.slice(nested.path.length + 1), 'text')}`;
  const cast = type === 'keyword' ? 'value COLLATE "C"' : `value::${elementTypeOf(type)}`;
  return `SELECT ${cast} AS value, count(*)::float8 AS count
      FROM (SELECT DISTINCT found.id, value${count === 'elements' ? ', each.place' : ''}
            FROM found, ${elements} WITH ORDINALITY each(element, place), jsonb_array_elements_text(${held}) held(value)) once`;
}
