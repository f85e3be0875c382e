import type { CursorPosition } from '../query/cursor.js';
import { toComparable } from '../query/filter-values.js';
import type { PlannedFacet, PlannedFilter, PlannedSort, QueryPlan } from '../query/plan-query.js';
import type { FacetCount, FilterValue } from '../query/search-query.js';
import type { TechnicalFields } from '../schema/index-source.js';

/** A stored document with its technical fields. */
export type Source = Readonly<Record<string, unknown>> & { readonly lockstep: TechnicalFields };

/** True when the document meets the text and all the conditions of the plan. */
export function meetsPlan(source: Source, plan: Pick<QueryPlan, 'tokens' | 'searchFields' | 'filters'>): boolean {
  const words = plan.searchFields.flatMap((field) => wordsOf(source, field).flat());
  return (
    plan.tokens.every((token) => words.some((word) => word.startsWith(token))) &&
    plan.filters.every((filter) => meets(source, source, '', filter))
  );
}

/** True when the document meets one condition. */
export function meetsFilter(source: Source, filter: PlannedFilter): boolean {
  return meets(source, source, '', filter);
}

/** `scope` is the document, or the nested element that paths after `prefix` start at. */
function meets(source: Source, scope: unknown, prefix: string, filter: PlannedFilter): boolean {
  const values = (path: string) => valuesAt(scope, path.slice(prefix.length).split('.'));
  switch (filter.kind) {
    case 'anyOf':
    case 'noneOf': {
      const wanted = new Set(filter.values.map((value) => toComparable(filter.type, value)));
      const isAny = values(filter.path).some((value) => wanted.has(toComparable(filter.type, value)));
      return isAny === (filter.kind === 'anyOf');
    }
    case 'range': {
      const from = filter.from === undefined ? Number.NEGATIVE_INFINITY : toComparable(filter.type, filter.from);
      const to = filter.to === undefined ? Number.POSITIVE_INFINITY : toComparable(filter.type, filter.to);
      return values(filter.path).some((value) => {
        const comparable = toComparable(filter.type, value);
        return comparable >= from && comparable <= to;
      });
    }
    case 'exists':
    case 'missing':
      return values(filter.path).length > 0 === (filter.kind === 'exists');
    case 'prefix':
      return values(filter.path).some((value) => String(value).startsWith(filter.value));
    case 'phrase': {
      const wanted = ` ${filter.tokens.join(' ')}${filter.lastIsPrefix ? '' : ' '}`;
      return wordsOf(source, filter.field).some((words) => ` ${words.join(' ')} `.includes(wanted));
    }
    case 'not':
      return !meets(source, scope, prefix, filter.filter);
    case 'nested':
      return valuesAt(scope, filter.path.slice(prefix.length).split('.')).some((element) =>
        filter.filters.every((each) => meets(source, element, `${filter.path}.`, each)),
      );
    case 'or':
      return filter.filters.some((each) => meets(source, scope, prefix, each));
    case 'and':
      return filter.filters.every((each) => meets(source, scope, prefix, each));
  }
}

/** Where the document stands in the order: its value under each sort, null where missing, then its id. */
export function positionOf(source: Source, sort: readonly PlannedSort[]): CursorPosition {
  return [...sort.map((by) => sortValueOf(source, by)), source.lockstep.id];
}

/** Orders positions: missing last in both directions, the id ascending. */
export function comparePositions(a: CursorPosition, b: CursorPosition, sort: readonly PlannedSort[]): number {
  for (const [at, value] of a.entries()) {
    const other = b[at]!;
    if (value === null || other === null) {
      if (value !== other) return value === null ? 1 : -1;
      continue;
    }
    const order = compareValues(value, other);
    if (order !== 0) return sort[at]?.direction === 'desc' ? -order : order;
  }
  return 0;
}

/** Values of a facet over these documents with the number of documents, or of elements, that have each. */
export function countFacet(sources: readonly Source[], facet: PlannedFacet): FacetCount[] {
  const counts = new Map<FilterValue, number>();
  for (const source of sources) {
    for (const values of countedIn(source, facet)) {
      for (const value of new Set(values as FilterValue[])) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || compareValues(toOrdered(a.value), toOrdered(b.value)))
    .slice(0, facet.size);
}

/** Values that count together, each once: those of a document, or of one element. */
function countedIn(source: Source, { field, within }: PlannedFacet): unknown[][] {
  if (!within) return [valuesAt(source, field.split('.'))];
  const { path, filters } = within.nested;
  const values = valuesAt(source, path.split('.'))
    .filter((element) => filters.every((each) => meets(source, element, `${path}.`, each)))
    .map((element) => valuesAt(element, field.slice(path.length + 1).split('.')));
  return within.count === 'elements' ? values : [values.flat()];
}

function sortValueOf(source: Source, { field, type }: PlannedSort): string | number | null {
  if (type === 'keyword') return source.lockstep.sort?.[field] ?? null;
  const numbers = valuesAt(source, field.split('.')).map((value) => Number(toComparable(type, value)));
  return numbers.length === 0 ? null : Math.min(...numbers);
}

function toOrdered(value: FilterValue): string | number {
  return typeof value === 'boolean' ? Number(value) : value;
}

/** By code point for texts, as UTF-8 bytes compare. */
function compareValues(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

function wordsOf(source: Source, field: string): string[][] {
  const text = source.lockstep.text?.[field];
  return (text === undefined ? [] : [text].flat()).map((words) => words.split(' '));
}

/** All values at a path, arrays opened, nulls left out. */
function valuesAt(scope: unknown, path: readonly string[]): unknown[] {
  if (Array.isArray(scope)) return scope.flatMap((element) => valuesAt(element, path));
  if (scope === null || scope === undefined) return [];
  const [name, ...rest] = path;
  return name === undefined ? [scope] : valuesAt((scope as Record<string, unknown>)[name], rest);
}
