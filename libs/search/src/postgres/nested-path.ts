import type { PlannedFilter } from '../query/plan-query.js';
import { toStoredValue, toText } from './stored-value.js';

type Nested = Extract<PlannedFilter, { kind: 'nested' }>;

/** A JSON path that finds an element of a nested column, and the values that it names, as JSON. */
export interface ElementPath {
  /** Made of names of the schema and numbers of values alone. */
  readonly path: string;
  readonly values: string;
}

/**
 * A nested filter as a JSON path over the elements that `toRow` stores: objects that hold, by the path within the element, an
 * array of comparable values, or of elements again.
 */
export function toElementPath(filter: Nested): ElementPath {
  const values: unknown[] = [];
  const name = (value: unknown) => `$v${values.push(value) - 1}`;
  const path = `$[*] ? (${toConditions(filter.filters, `${filter.path}.`, ' && ', name)})`;
  return { path, values: JSON.stringify(Object.fromEntries(values.map((value, at) => [`v${at}`, value]))) };
}

type Name = (value: unknown) => string;

function toConditions(filters: readonly PlannedFilter[], prefix: string, by: ' && ' | ' || ', name: Name): string {
  // A path knows no true and no false of its own.
  if (filters.length === 0) return by === ' && ' ? '(1 == 1)' : '(1 == 2)';
  return filters.map((filter) => `(${toPathCondition(filter, prefix, name)})`).join(by);
}

/** A comparison holds when some value of its left side and some of its right meet it. */
function toPathCondition(filter: PlannedFilter, prefix: string, name: Name): string {
  const at = (path: string) => `@.${JSON.stringify(path.slice(prefix.length))}[*]`;
  switch (filter.kind) {
    case 'anyOf':
    case 'noneOf': {
      const wanted = name(filter.values.map((value) => toStoredValue(filter.type, value)));
      return `${filter.kind === 'noneOf' ? '!' : ''}(${at(filter.path)} == ${wanted}[*])`;
    }
    case 'range':
      return `exists(${at(filter.path)}${toEnds(filter, name)})`;
    case 'exists':
    case 'missing':
      return `${filter.kind === 'missing' ? '!' : ''}exists(${at(filter.path)})`;
    case 'prefix':
      return `${at(filter.path)} starts with ${name(toText(filter.value))}`;
    case 'nested':
      return `exists(${at(filter.path)} ? (${toConditions(filter.filters, `${filter.path}.`, ' && ', name)}))`;
    case 'or':
      return toConditions(filter.filters, prefix, ' || ', name);
    case 'and':
      return toConditions(filter.filters, prefix, ' && ', name);
    case 'not':
      return `!(${toPathCondition(filter.filter, prefix, name)})`;
    case 'phrase':
      throw new Error(`${filter.field} is matched by words inside a nested field.`);
  }
}

/** Both ends are asked of the same value. */
function toEnds({ type, from, to }: Extract<PlannedFilter, { kind: 'range' }>, name: Name): string {
  const ends = [
    ...(from === undefined ? [] : [`@ >= ${name(toStoredValue(type, from))}`]),
    ...(to === undefined ? [] : [`@ <= ${name(toStoredValue(type, to))}`]),
  ];
  return ends.length === 0 ? '' : ` ? (${ends.join(' && ')})`;
}
