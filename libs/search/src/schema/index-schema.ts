import { createHash } from 'node:crypto';

/** Raised when the way text is folded or the technical fields change, so that every index asks for a rebuild. */
const FORMAT_VERSION = 1;

/** A field with a value of its own. All but `stored` can be filtered on; all of them may hold an array. */
export type ScalarField =
  | {
      /** Compared exactly as written in filters; folded where it is searched, matched or sorted. At most 32 KB. */
      readonly type: 'keyword';
      /** Takes part in the free-text search: each word of the text is a prefix of a word of some such field. @default false */
      readonly search?: boolean;
      /** Can be asked for words in sequence (filter `matches`). @default false */
      readonly match?: boolean;
      /** Can be sorted by, folded, in code-point order; an array by its smallest value. @default false */
      readonly sort?: boolean;
    }
  | {
      /** `long`: a safe integer. `date`: `yyyy-MM-dd`. `instant`: RFC 3339 with a zone, kept to the millisecond. */
      readonly type: 'long' | 'double' | 'date' | 'instant' | 'boolean';
      /** @default false */
      readonly sort?: boolean;
    };

/** One field of an index. */
export type FieldDefinition =
  | ScalarField
  | {
      /** `object`: fields addressed by a dotted path. `nested`: an array whose elements are matched one at a time. */
      readonly type: 'object' | 'nested';
      readonly fields: FieldDefinitions;
    }
  | {
      /** Any JSON, given back as it was: never compared, counted or sorted. */
      readonly type: 'stored';
      /**
       * Text, or several, of any length, that can be asked for words in sequence (filter `matches`). What is long and only
       * read costs far less so than as a keyword. @default false
       */
      readonly match?: boolean;
    };

/** Fields by name. */
export type FieldDefinitions = { readonly [name: string]: FieldDefinition };

/** What an index holds. Made by {@link defineIndexSchema}. */
export interface IndexSchema {
  /** Only for messages to people. */
  readonly name: string;
  /** Raised by the owner when documents change in meaning though not in shape. */
  readonly version: number;
  readonly fields: FieldDefinitions;
  /** Names of the fields of the free-text search. */
  readonly searchFields: readonly string[];
  /** Names of the fields whose words are kept in sequence. */
  readonly matchFields: readonly string[];
  /** Names of the fields whose words are kept, each once: those of the free-text search and those matched in sequence. */
  readonly textFields: readonly string[];
  /** Names of the keyword fields that carry a folded sort key. */
  readonly sortKeyFields: readonly string[];
  /** Tells this schema from any other: an index built from another hash needs a rebuild. */
  readonly hash: string;
}

/**
 * Declares an index as data. Documents may hold these fields and no others.
 *
 * @throws Error when a name is reserved (`lockstep`), holds a dot, or `search`, `match` or `sort` stands inside another field.
 * @example
 * defineIndexSchema({
 *   name: 'doctors',
 *   version: 1,
 *   fields: {
 *     doctorLastName: { type: 'keyword', search: true, sort: true },
 *     submissionDate: { type: 'date', sort: true },
 *     programmes: { type: 'nested', fields: { name: { type: 'keyword' } } },
 *   },
 * });
 */
export function defineIndexSchema(declaration: {
  name: string;
  version: number;
  fields: FieldDefinitions;
}): IndexSchema {
  const { name, version, fields } = declaration;
  checkFields(name, fields, true);
  const namesOf = (is: (field: FieldDefinition) => boolean): string[] =>
    Object.entries(fields).flatMap(([name, field]) => (is(field) ? [name] : []));
  return {
    name,
    version,
    fields,
    searchFields: namesOf(isSearched),
    matchFields: namesOf(isMatched),
    textFields: namesOf((field) => isSearched(field) || isMatched(field)),
    sortKeyFields: namesOf((field) => field.type === 'keyword' && field.sort === true),
    hash: createHash('sha256').update(canonicalJson({ FORMAT_VERSION, version, fields })).digest('hex').slice(0, 16),
  };
}

/**
 * The definition behind a dotted path, or undefined. Paths go through `object` fields; inside a `nested` field they start
 * at its elements.
 */
export function findField(fields: FieldDefinitions, path: string): FieldDefinition | undefined {
  const dot = path.indexOf('.');
  const name = dot < 0 ? path : path.slice(0, dot);
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (dot < 0 || field === undefined) return field;
  return field.type === 'object' ? findField(field.fields, path.slice(dot + 1)) : undefined;
}

/** JSON with sorted keys: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function isSearched(field: FieldDefinition): boolean {
  return 'search' in field && field.search === true;
}

function isMatched(field: FieldDefinition): boolean {
  return 'match' in field && field.match === true;
}

function checkFields(schema: string, fields: FieldDefinitions, top: boolean): void {
  for (const [name, field] of Object.entries(fields)) {
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name) || (top && name === 'lockstep')) {
      throw new Error(`Index schema ${schema}: '${name}' cannot be the name of a field.`);
    }
    const indexedAsText = isSearched(field) || isMatched(field);
    if (!top && (indexedAsText || ('sort' in field && field.sort))) {
      throw new Error(`Index schema ${schema}: '${name}' is inside another field and cannot be searched or sorted.`);
    }
    if ('fields' in field) checkFields(schema, field.fields, false);
  }
}
