import { compileSchema } from '@lockstep/contracts';
import { type FieldError, toFieldError } from '@lockstep/service';
import { parseColumnPattern } from '../feeds/csv/column-pattern.js';
import type { CsvDialect } from '../feeds/csv/csv-scanner.js';
import { parseXmlPath, type XmlPath } from '../feeds/xml/xml-path.js';
import type {
  CsvFeedConfig,
  CsvLinkTarget,
  CsvObjectMapping,
  CsvRelationshipMapping,
  FeedConfig,
  XmlFeedConfig,
  XmlLinkTarget,
  XmlObjectMapping,
  XmlRecordMapping,
  XmlRelationshipMapping,
} from './feed-config.js';
import {
  type CsvFormatBody,
  FeedConfigBody,
  ObjectMappingBody,
  ReferenceSourceBody,
  type RelationshipMappingBody,
} from './feed-config-body.js';

/** A mapping ready for use, or all that is wrong with it, by path. */
export type ParsedFeedConfig =
  | { readonly config: FeedConfig; readonly errors: null }
  | { readonly config: null; readonly errors: readonly FieldError[] };

/** Checks a configuration as it was sent and makes what the reader uses. Types are checked apart: they may change later. */
export function parseFeedConfig(value: unknown): ParsedFeedConfig {
  const faults = compileSchema(FeedConfigBody).check(value);
  if (faults.length > 0) return { config: null, errors: faults.map((fault) => toFieldError(fault)) };
  const body = value as FeedConfigBody;
  const check = new Check();
  const config = body.importType === 'csv' ? toCsvConfig(body, check) : toXmlConfig(body, check);
  return check.errors.length > 0 ? { config: null, errors: check.errors } : { config, errors: null };
}

/** Collects what is wrong, so that all of it is told at once. */
class Check {
  readonly errors: FieldError[] = [];

  fail(path: string, message: string): void {
    this.errors.push({ path, message: `${path} ${message}` });
  }

  /** Runs a parser; its error becomes one of ours. */
  parse<T>(path: string, parse: () => T, instead: T): T {
    try {
      return parse();
    } catch (error) {
      this.fail(path, (error as Error).message);
      return instead;
    }
  }

  path(path: string, source: unknown): XmlPath {
    const nothing: XmlPath = { source: '', steps: [], attribute: null };
    if (typeof source === 'string') return this.parse(path, () => parseXmlPath(source), nothing);
    this.fail(path, 'must be a path in the record, such as "name", "@code" or "categories/category/@ref"');
    return nothing;
  }

  byName(path: string, values: Readonly<Record<string, unknown>> | null | undefined): Record<string, string> {
    const entries = Object.entries(values ?? {});
    for (const [name, value] of entries) {
      if (typeof value !== 'string' || value === '' || value.length > 200) {
        this.fail(`${path}.${name}`, 'must be a text of 1 to 200 characters');
      }
    }
    return Object.fromEntries(entries) as Record<string, string>;
  }

  pathsByName(path: string, values: Readonly<Record<string, unknown>> | null | undefined): Record<string, XmlPath> {
    const entries = Object.entries(this.byName(path, values));
    return Object.fromEntries(entries.map(([name, source]) => [name, this.path(`${path}.${name}`, source)]));
  }

  /** Names of objects, by which links find them: each once, and each link's there. */
  names(path: string, objects: readonly ObjectMappingBody[]): void {
    const names = objects.map(nameOf);
    names.forEach((name, index) => {
      if (names.indexOf(name) < index) this.fail(`${path}.${index}.as`, `is "${name}", which another object is called`);
    });
    objects.forEach((object, index) => {
      object.links?.forEach(({ to }, number) => {
        const as = isTable(to) ? to['as'] : undefined;
        if (as === undefined) return;
        if (!names.includes(as as string)) {
          this.fail(`${path}.${index}.links.${number}.to.as`, `must be one of ${names.join(', ')}`);
        }
      });
    });
  }
}

function nameOf(object: ObjectMappingBody): string {
  return object.as ?? object.objectType;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toCsvConfig(body: FeedConfigBody, check: Check): CsvFeedConfig {
  const csv = body.csv ?? {};
  if (body.xml) check.fail('xml', 'belongs to importType xml');
  if (body.records) check.fail('records', 'belongs to importType xml');
  const objects = body.objects ?? [];
  const relationships = [...(body.relationships ?? []), ...(body.floatingRelationships ?? [])];
  if (objects.length + relationships.length === 0) check.fail('objects', 'or relationships must hold a mapping');
  check.names('objects', objects);
  const titleRow = csv.titleRow ?? 1;
  if (titleRow === 0 && !csv.columns) check.fail('csv.columns', 'must name the columns when there is no title row');
  if (titleRow > 0 && csv.columns) check.fail('csv.columns', 'is for files without title row (titleRow 0)');
  return {
    importType: 'csv',
    useUserReference: body.useUserReference ?? false,
    warnsOfUnknownColumns: body.onUnknownColumn !== 'ignore',
    dialect: toDialect(csv, check),
    titleRow,
    columnNames: csv.columns ?? null,
    ignoreRows: new Set(csv.ignoreRows ?? []),
    renameColumns: check.byName('csv.renameColumns', { ...csv.overwriteColumnName, ...csv.renameColumns }),
    emptyAs: csv.emptyAs ?? 'omit',
    objects: objects.map((object, index) => toCsvObject(object, `objects.${index}`, check)),
    relationships: relationships.map((each, index) => toCsvRelationship(each, `relationships.${index}`, check)),
  };
}

function toDialect(csv: CsvFormatBody, check: Check): CsvDialect {
  const quote = csv.quote ?? '"';
  const dialect = {
    recordDelimiter: csv.recordDelimiter ?? csv.recordDeliminator ?? 'auto',
    fieldDelimiter: csv.fieldDelimiter ?? csv.fieldDeliminator ?? ',',
    quote,
    escape: csv.escape ?? csv.escapeString ?? quote,
    trim: csv.trim ?? csv.removeWhiteSpace ?? true,
    dropFloatingEscapes: csv.removeFloatingEscapeString ?? false,
  };
  const ends = dialect.recordDelimiter === 'auto' ? '\r\n' : dialect.recordDelimiter;
  const marks = [...dialect.fieldDelimiter, ...ends];
  if ([...dialect.fieldDelimiter].some((each) => ends.includes(each))) {
    check.fail('csv.fieldDelimiter', 'must differ from what ends a record');
  }
  if (quote !== '' && marks.includes(quote)) check.fail('csv.quote', 'must differ from the delimiters');
  if (dialect.escape !== '' && marks.includes(dialect.escape))
    check.fail('csv.escape', 'must differ from the delimiters');
  return dialect;
}

function toCsvObject(object: ObjectMappingBody, path: string, check: Check): CsvObjectMapping {
  if (object.each) check.fail(`${path}.each`, 'belongs to importType xml');
  const { columns } = object;
  const pattern = columns ? check.parse(`${path}.columns`, () => parseColumnPattern(columns), null) : null;
  return {
    as: nameOf(object),
    objectType: object.objectType,
    reference: toReference(object, path, check),
    fields: check.byName(`${path}.fields`, object.fields),
    identifierIds: check.byName(`${path}.identifierIds`, object.identifierIds),
    columns: pattern,
    when: object.when ?? null,
    links: (object.links ?? []).map(({ tag, to }, index) => ({
      tag,
      to: toCsvTarget(to, `${path}.links.${index}.to`, check),
    })),
  };
}

function toReference(object: ObjectMappingBody, path: string, check: Check): CsvObjectMapping['reference'] {
  const source = object.reference;
  const [fault] = compileSchema(ReferenceSourceBody).check(source);
  if (fault) {
    check.errors.push(toFieldError(fault, `${path}.reference`));
    return { column: '' };
  }
  const { column, field } = source as ReferenceSourceBody;
  if (column && !field) return { column };
  if (field && !column) {
    if (!object.columns)
      check.fail(`${path}.reference.field`, 'needs columns, a pattern that says which fields there are');
    return { field };
  }
  check.fail(`${path}.reference`, 'must be {column} or, with columns, {field}');
  return { column: '' };
}

function toCsvTarget(to: unknown, path: string, check: Check): CsvLinkTarget {
  if (isTable(to)) {
    const { as, column, split, ...others } = to;
    const isPlain = Object.keys(others).length === 0;
    if (isPlain && typeof as === 'string' && column === undefined && split === undefined) return { as };
    if (isPlain && as === undefined && isName(column) && isSplit(split)) return { column, split: split ?? null };
  }
  check.fail(path, 'must be {as: object of this row} or {column, split: text between references}');
  return { as: '' };
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 200;
}

function isSplit(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || (typeof value === 'string' && value.length > 0 && value.length <= 10);
}

function toCsvRelationship(each: RelationshipMappingBody, path: string, check: Check): CsvRelationshipMapping {
  const end = (name: 'child' | 'parent') => {
    const { objectType, column } = each[name];
    if (!column) check.fail(`${path}.${name}.column`, 'must name the column of the reference');
    return { objectType, column: column ?? '' };
  };
  const properties = check.byName(`${path}.properties`, each.properties);
  return { tag: each.tag, child: end('child'), parent: end('parent'), properties };
}

function toXmlConfig(body: FeedConfigBody, check: Check): XmlFeedConfig {
  for (const name of ['csv', 'objects', 'relationships', 'floatingRelationships'] as const) {
    if (body[name])
      check.fail(name, name === 'csv' ? 'belongs to importType csv' : 'stands in records for importType xml');
  }
  if (!body.records?.length) check.fail('records', 'must say which elements are records');
  return {
    importType: 'xml',
    useUserReference: body.useUserReference ?? false,
    maxDepth: body.xml?.maxDepth ?? 32,
    maxTextLength: toLength(body.xml?.maxTextLength, check),
    records: (body.records ?? []).map((record, index) => toXmlRecord(record, `records.${index}`, check)),
  };
}

const UNITS: Readonly<Record<string, number>> = { '': 1, KB: 1_024, MB: 1_048_576 };
const MAX_TEXT = 16_777_216;

function toLength(value: number | string | null | undefined, check: Check): number {
  if (value === undefined || value === null) return 1_048_576;
  const match = /^(\d{1,9})\s*(KB|MB)?$/.exec(String(value));
  const length = match ? Number(match[1]) * UNITS[match[2] ?? '']! : 0;
  if (length < 1 || length > MAX_TEXT)
    check.fail('xml.maxTextLength', 'must be from 1 to 16MB, such as 262144 or 256KB');
  return length;
}

type RecordBody = NonNullable<FeedConfigBody['records']>[number];

function toXmlRecord(record: RecordBody, path: string, check: Check): XmlRecordMapping {
  const objects = record.objects ?? [];
  check.names(`${path}.objects`, objects);
  const nothing: XmlPath = { source: '', steps: [], attribute: null };
  return {
    path: check.parse(`${path}.path`, () => parseXmlPath(record.path, 'absolute'), nothing),
    objects: objects.map((object, index) => toXmlObject(object, `${path}.objects.${index}`, check)),
    relationships: (record.relationships ?? []).map((each, index) =>
      toXmlRelationship(each, `${path}.relationships.${index}`, check),
    ),
  };
}

function toXmlObject(object: ObjectMappingBody, path: string, check: Check): XmlObjectMapping {
  for (const name of ['columns', 'when'] as const) {
    if (object[name]) check.fail(`${path}.${name}`, 'belongs to importType csv');
  }
  const each = object.each ? check.path(`${path}.each`, object.each) : null;
  if (each?.attribute) check.fail(`${path}.each`, 'must lead to elements, not to an attribute');
  return {
    as: nameOf(object),
    objectType: object.objectType,
    reference: check.path(`${path}.reference`, object.reference),
    fields: check.pathsByName(`${path}.fields`, object.fields),
    identifierIds: check.pathsByName(`${path}.identifierIds`, object.identifierIds),
    each,
    links: (object.links ?? []).map(({ tag, to }, index) => ({
      tag,
      to: toXmlTarget(to, `${path}.links.${index}.to`, check),
    })),
  };
}

function toXmlTarget(to: unknown, path: string, check: Check): XmlLinkTarget {
  if (typeof to === 'string') return { path: check.path(path, to), split: null };
  if (isTable(to)) {
    const { as, path: source, split, ...others } = to;
    const isPlain = Object.keys(others).length === 0;
    if (isPlain && typeof as === 'string' && source === undefined && split === undefined) return { as };
    if (isPlain && as === undefined && isName(source) && isSplit(split)) {
      return { path: check.path(`${path}.path`, source), split: split ?? null };
    }
  }
  check.fail(path, 'must be a path, {path, split}, or {as: object of this record}');
  return { as: '' };
}

function toXmlRelationship(each: RelationshipMappingBody, path: string, check: Check): XmlRelationshipMapping {
  const end = (name: 'child' | 'parent') => ({
    objectType: each[name].objectType,
    path: check.path(`${path}.${name}.path`, each[name].path),
  });
  const properties = check.pathsByName(`${path}.properties`, each.properties);
  return { tag: each.tag, child: end('child'), parent: end('parent'), properties };
}
