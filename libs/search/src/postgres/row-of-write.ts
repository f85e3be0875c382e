import type { IndexWrite } from '../engine/search-engine.js';
import { findRefusal } from '../engine/writable.js';
import { findMisfit } from '../schema/find-misfit.js';
import type { FieldDefinitions } from '../schema/index-schema.js';
import { bucketOf, type TechnicalFields } from '../schema/index-source.js';
import type { IndexLayout } from './index-layout.js';
import { isUnstorable, quoteLexeme, toArrayText, toStoredValue, toText } from './stored-value.js';

/** A row of an index. */
export interface IndexTableRow {
  readonly id: string;
  readonly source: string;
  /** One value a column of the layout, as it is sent. */
  readonly cells: readonly Cell[];
}

type Cell = string | number | boolean | null | undefined;

/** A document, or one element of a nested field: comparable values, or elements of a nested field, by path. */
type Values = Map<string, unknown[]>;

/** The row of a write, or why no index of this layout can hold it. */
export function toRow(layout: IndexLayout, write: IndexWrite): IndexTableRow | string {
  const refusal = findRefusal(write) ?? (isUnstorable(write.id) ? 'The id holds a character that is none.' : undefined);
  if (refusal !== undefined) return refusal;
  const source = parse(write.source);
  const misfit = findMisfit(layout, source);
  if (misfit !== undefined) return misfit;
  const { lockstep, ...document } = source as Record<string, unknown> & { lockstep: Partial<TechnicalFields> };
  const cells: Cell[] = layout.columns.map(() => null);
  const put = (column: string, value: Cell) => {
    cells[layout.positions.get(column)!] = value;
  };
  put('id', write.id);
  put('version', write.version);
  put('deleted', lockstep.deleted === true);
  put('bucket', lockstep.bucket ?? bucketOf(write.id));
  putValues(put, layout, document);
  for (const [field, column] of layout.sortKeys) {
    const key = lockstep.sort?.[field];
    if (key !== undefined) put(column, toText(String(key)));
  }
  putWords(put, layout, lockstep.text ?? {});
  return { id: write.id, source: write.source, cells };
}

type Put = (column: string, value: Cell) => void;

function putValues(put: Put, layout: IndexLayout, document: Readonly<Record<string, unknown>>): void {
  for (const [path, values] of valuesOf(layout.fields, document)) {
    const columns = layout.values.get(path);
    if (columns === undefined) put(layout.nested.get(path)!, JSON.stringify(values));
    else if (values.length === 1) put(columns.one, values[0] as Cell);
    else {
      const distinct = [...new Set(values as (string | number)[])].sort(compare);
      put(columns.one, distinct[0]);
      if (distinct.length > 1) put(columns.all, toArrayText(distinct));
    }
  }
}

function putWords(put: Put, layout: IndexLayout, text: Readonly<Record<string, string | readonly string[]>>): void {
  const words = new Set<string>();
  for (const field of layout.searchFields) {
    for (const value of textsIn(text[field])) for (const word of wordsIn(value)) words.add(quoteLexeme(word));
  }
  if (words.size > 0) put('words', [...words].join(' '));
  for (const [field, column] of layout.phrases) {
    const placed = placeWords(textsIn(text[field]));
    if (placed !== '') put(column, placed);
  }
}

/** Positions left free between two values, so that no sequence of words goes across. */
const VALUE_GAP = 2;

/** Words with their positions, as the text form of a `tsvector`. */
function placeWords(texts: readonly string[]): string {
  let position = 0;
  const placed: string[] = [];
  for (const text of texts) {
    for (const word of wordsIn(text)) {
      position += 1;
      placed.push(`${quoteLexeme(word)}:${position}`);
    }
    position += VALUE_GAP;
  }
  return placed.join(' ');
}

function textsIn(text: string | readonly string[] | undefined): readonly string[] {
  return text === undefined ? [] : typeof text === 'string' ? [text] : text;
}

function wordsIn(text: string): string[] {
  return toText(String(text))
    .split(' ')
    .filter((word) => word !== '');
}

/** All values of all fields that can be asked for, arrays opened, nulls left out. Elements of a nested field are objects of the same kind. */
function valuesOf(fields: FieldDefinitions, holder: Readonly<Record<string, unknown>>): Values {
  const values: Values = new Map();
  collect(fields, holder, '', values);
  return values;
}

function collect(
  fields: FieldDefinitions,
  holder: Readonly<Record<string, unknown>>,
  prefix: string,
  into: Values,
): void {
  for (const [name, given] of Object.entries(holder)) {
    const field = fields[name]!;
    if (field.type === 'stored' || given === null || given === undefined) continue;
    const path = prefix + name;
    if (field.type !== 'object' && field.type !== 'nested' && typeof given !== 'object') {
      add(into, path, toStoredValue(field.type, given));
      continue;
    }
    for (const value of openArrays(given)) {
      if (field.type === 'object') collect(field.fields, value as Record<string, unknown>, `${path}.`, into);
      else if (field.type === 'nested') add(into, path, toElement(field.fields, value as Record<string, unknown>));
      else add(into, path, toStoredValue(field.type, value));
    }
  }
}

function toElement(fields: FieldDefinitions, element: Readonly<Record<string, unknown>>): Record<string, unknown[]> {
  return Object.fromEntries(valuesOf(fields, element));
}

function openArrays(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return [value];
  return value.flat(Number.POSITIVE_INFINITY).filter((each) => each !== null);
}

function add(into: Values, path: string, value: unknown): void {
  const values = into.get(path);
  if (values) values.push(value);
  else into.set(path, [value]);
}

/** By code point for texts, as UTF-8 bytes compare. */
function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

function parse(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}
