/**
 * Where the fields of a schema stand in an index's table. One field of one value is one plain column, so that filtering and
 * sorting read few bytes a row; the rare document with several values has them in a second column beside it.
 */
import {
  defineIndexSchema,
  type FieldDefinition,
  type FieldDefinitions,
  type ScalarField,
} from '../schema/index-schema.js';

/** The columns of one field with values. */
export interface ValueColumns {
  readonly type: ScalarField['type'];
  /** The value, the smallest where there are several, null where there is none. */
  readonly one: string;
  /** All values, each once, the smallest first; null unless there are several. */
  readonly all: string;
}

/** A column of the table of documents. */
export interface Column {
  readonly name: string;
  /** As it is declared. */
  readonly type: string;
  /** The type that it is sent as: an array cannot be an element of one. */
  readonly sentAs: 'text' | 'bigint' | 'double precision' | 'boolean' | 'smallint';
}

/** Columns of an index by the path of the field. All names are fit for SQL without quotes. */
export interface IndexLayout {
  readonly fields: FieldDefinitions;
  readonly values: ReadonlyMap<string, ValueColumns>;
  /** Arrays of elements, by the path of the outermost nested field. */
  readonly nested: ReadonlyMap<string, string>;
  /** Folded sort keys. */
  readonly sortKeys: ReadonlyMap<string, string>;
  /** Words in their sequence, of the fields that can be matched. */
  readonly phrases: ReadonlyMap<string, string>;
  /** Fields whose words stand in `words`, the column of the free-text search; none: there is no such column. */
  readonly searchFields: readonly string[];
  /** Every column, in their order. */
  readonly columns: readonly Column[];
  /** Where each column stands among them. */
  readonly positions: ReadonlyMap<string, number>;
}

/** What an index of these fields looks like; the same for the same fields, whenever it is asked. */
export function layoutOf(fields: FieldDefinitions): IndexLayout {
  const { searchFields, matchFields, sortKeyFields } = defineIndexSchema({ name: 'layout', version: 0, fields });
  const places = [...placesOf(fields, '')];
  const values = places.flatMap(({ path, type }, at): [string, ValueColumns][] =>
    type === 'nested' ? [] : [[path, { type, one: nameOf('v', at, path), all: nameOf('a', at, path) }]],
  );
  const named = (kind: string, paths: readonly string[]) =>
    paths.map((path, at) => [path, nameOf(kind, at, path)] as const);
  const nested = named(
    'n',
    places.flatMap(({ path, type }) => (type === 'nested' ? [path] : [])),
  );
  const [sortKeys, phrases] = [named('s', sortKeyFields), named('p', matchFields)];
  const [texts, numbers] = [
    values.filter(([, { type }]) => type === 'keyword'),
    values.filter(([, { type }]) => type !== 'keyword'),
  ];
  // Numbers first, then what is nearly always null: a column behind texts is only reached by walking over all of them.
  const columns: Column[] = [
    ...KEY_COLUMNS,
    ...numbers.map(([, { type, one }]) => ({ name: one, type: sqlTypeOf(type), sentAs: elementTypeOf(type) })),
    ...values.map(([, { type, all }]) => sentAsText(all, `${elementTypeOf(type)}[]`)),
    ID_COLUMN,
    ...texts.map(([, { type, one }]) => ({ name: one, type: sqlTypeOf(type), sentAs: elementTypeOf(type) })),
    ...sortKeys.map(([, name]) => ({ name, type: sqlTypeOf('keyword'), sentAs: 'text' as const })),
    ...nested.map(([, name]) => sentAsText(name, 'jsonb')),
    ...(searchFields.length > 0 ? [sentAsText('words', 'tsvector')] : []),
    ...phrases.map(([, name]) => sentAsText(name, 'tsvector')),
  ];
  return {
    fields,
    values: new Map(values),
    nested: new Map(nested),
    sortKeys: new Map(sortKeys),
    phrases: new Map(phrases),
    searchFields,
    columns,
    positions: new Map(columns.map(({ name }, at) => [name, at])),
  };
}

function sentAsText(name: string, type: string): Column {
  return { name, type, sentAs: 'text' };
}

/** Columns with words: the ones that need an index. */
export function wordColumnsOf(layout: IndexLayout): string[] {
  return [...(layout.searchFields.length > 0 ? ['words'] : []), ...layout.phrases.values()];
}

/** The type in SQL of a value as it is compared. Keywords compare by code point, as UTF-8 bytes do, whatever the database's own order. */
function sqlTypeOf(type: ScalarField['type']): string {
  return type === 'keyword' ? 'text COLLATE "C"' : elementTypeOf(type);
}

/** {@link sqlTypeOf} where no collation can stand: in casts and in front of `[]`. */
export function elementTypeOf(type: ScalarField['type']): 'text' | 'bigint' | 'double precision' {
  if (type === 'keyword') return 'text';
  return type === 'double' ? 'double precision' : 'bigint';
}

const KEY_COLUMNS: readonly Column[] = [
  { name: 'version', type: 'bigint NOT NULL', sentAs: 'bigint' },
  { name: 'bucket', type: 'smallint NOT NULL', sentAs: 'smallint' },
  { name: 'deleted', type: 'boolean NOT NULL', sentAs: 'boolean' },
];
const ID_COLUMN: Column = { name: 'id', type: 'text COLLATE "C" PRIMARY KEY', sentAs: 'text' };

/** Longest name that PostgreSQL keeps. */
const MAX_NAME_LENGTH = 63;

/** `v3_lastname`: the number makes it the only one, the path is for people. */
function nameOf(kind: string, at: number, path: string): string {
  return `${kind}${at}_${path.toLowerCase().replaceAll('.', '_')}`.slice(0, MAX_NAME_LENGTH);
}

function* placesOf(
  fields: FieldDefinitions,
  prefix: string,
): Generator<{ path: string; type: ScalarField['type'] | 'nested' }> {
  for (const [name, field] of Object.entries(fields) as [string, FieldDefinition][]) {
    if (field.type === 'object') yield* placesOf(field.fields, `${prefix}${name}.`);
    else if (field.type !== 'stored') yield { path: prefix + name, type: field.type };
  }
}
