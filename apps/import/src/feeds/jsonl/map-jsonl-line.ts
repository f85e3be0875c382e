import type { FieldValue } from '@lockstep/contracts';
import type { ImportTypes, LinkTagRule, ObjectTypeRule } from '../../import-types/import-types.js';
import { type FeedItem, feedError, type ImportErrorCode, type LinkEnd, type Place } from '../feed-item.js';
import type { FeedLimits } from '../feed-limits.js';
import { type FoundValue, linkTagOf, makeLink, makeObject, objectTypeOf } from '../make-object.js';
import { unstorable } from '../read-value.js';
import { JsonNumber, type JsonValue, parseJson } from './parse-json.js';

/** What the lines of a file are read with. */
export interface JsonlReader {
  readonly fileNo: number;
  readonly types: ImportTypes;
  readonly limits: FeedLimits;
  /** What was warned of already, once a name. */
  readonly warned: Set<string>;
}

type Table = { readonly [name: string]: JsonValue };

/** Members that the file of failed rows adds. */
const OURS = new Set(['_errors', '_status']);
const OBJECT_MEMBERS = new Set(['type', 'ref', 'fields', 'identifierIds', 'links']);
const LINK_MEMBERS = new Set(['tag', 'ref', 'type', 'properties']);
/** Names that are warned of in a file; a name a line would otherwise fill the memory. */
const MAX_WARNED = 1_000;

/** A line that is not of the neutral format. */
class LineFault extends Error {
  constructor(
    readonly code: ImportErrorCode,
    message: string,
    readonly column: string | null = null,
  ) {
    super(message);
  }
}

/** The object of a line and its links; a line that is none is one error. */
export function mapJsonlLine(text: string, row: number, reader: JsonlReader): FeedItem[] {
  const place: Place = { fileNo: reader.fileNo, row, line: row, column: null };
  try {
    return new Line(place, reader).read(parse(text));
  } catch (error) {
    if (!(error instanceof LineFault)) throw error;
    return [feedError(error.code, { ...place, column: error.column }, error.message)];
  }
}

function parse(text: string): Table {
  let value: JsonValue;
  try {
    value = parseJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new LineFault('INVALID_JSON', `not valid JSON: ${error.message}`);
  }
  if (!isTable(value)) throw new LineFault('INVALID_JSON', 'a line must be an object in braces');
  return value;
}

function isTable(value: JsonValue | undefined): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

class Line {
  private readonly items: FeedItem[] = [];

  constructor(
    private readonly place: Place,
    private readonly reader: JsonlReader,
  ) {}

  read(line: Table): FeedItem[] {
    const { types, limits } = this.reader;
    const objectType = this.text(line, 'type');
    if (objectType === '') throw new LineFault('INVALID_JSON', 'the member "type" is missing', 'type');
    const rule = objectTypeOf(types, objectType);
    if (!rule) throw new LineFault('UNKNOWN_OBJECT_TYPE', `there is no object type "${shortened(objectType)}"`, 'type');
    const fields = this.table(line, 'fields');
    const links = this.list(line, 'links');
    this.warnOfOthers(line, OBJECT_MEMBERS, 'a line');
    const object = makeObject(
      {
        place: this.place,
        objectType,
        rule,
        reference: this.text(line, 'ref'),
        referenceColumn: 'ref',
        values: this.valuesOf(fields, objectType, rule),
        columnOf: (field) => `fields.${field}`,
        identifierIds: this.identifierIds(line),
        isDefined: fields !== null,
      },
      limits,
    );
    this.items.push(object);
    const { reference } = object;
    const child = reference === null ? null : { objectType, reference };
    for (const [index, link] of links.entries()) this.addLink(link, `links.${index}`, child);
    if (this.items.length <= limits.maxItemsOfRecord) return this.items;
    throw new LineFault('FILE_TOO_LARGE', `the line holds more than ${limits.maxItemsOfRecord} objects and links`);
  }

  /** '' where it is absent; numbers as they are written. */
  private text(table: Table, name: string, path = name): string {
    const value = table[name];
    if (value === undefined || value === null) return '';
    if (value instanceof JsonNumber) return value.text;
    if (typeof value === 'string') return value.trim();
    throw new LineFault('INVALID_JSON', `"${name}" must be a text`, path);
  }

  private table(table: Table, name: string): Table | null {
    const value = table[name];
    if (value === undefined || value === null) return null;
    if (isTable(value)) return value;
    throw new LineFault('INVALID_JSON', `"${name}" must be an object in braces`, name);
  }

  private list(table: Table, name: string): readonly JsonValue[] {
    const value = table[name];
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value;
    throw new LineFault('INVALID_JSON', `"${name}" must be a list in brackets`, name);
  }

  private valuesOf(fields: Table | null, objectType: string, rule: ObjectTypeRule): Map<string, FoundValue> {
    const values = new Map<string, FoundValue>();
    for (const [field, raw] of Object.entries(fields ?? {})) {
      const column = `fields.${field}`;
      if (!Object.hasOwn(rule.fields, field)) this.warn(column, `${objectType} has no field "${shortened(field)}"`);
      else if (raw !== null) values.set(field, { column, raw });
    }
    return values;
  }

  private identifierIds(line: Table): Record<string, string> {
    const ids = this.table(line, 'identifierIds') ?? {};
    const texts = Object.keys(ids).map((name) => [name, this.text(ids, name, `identifierIds.${name}`)] as const);
    const unstorableName = texts.find(([name]) => unstorable(name));
    if (unstorableName)
      throw new LineFault('INVALID_VALUE', 'a name holds a character that cannot be stored', 'identifierIds');
    return Object.fromEntries(texts.filter(([, id]) => id !== ''));
  }

  /** Of an object without reference there are none: that was told already. */
  private addLink(link: JsonValue, path: string, child: LinkEnd | null): void {
    if (!isTable(link)) throw new LineFault('INVALID_JSON', 'a link must be an object in braces', path);
    const tag = this.text(link, 'tag', `${path}.tag`);
    const reference = this.text(link, 'ref', `${path}.ref`);
    if (tag === '' || reference === '') throw new LineFault('INVALID_JSON', 'a link needs "tag" and "ref"', path);
    this.warnOfOthers(link, LINK_MEMBERS, 'a link');
    if (!child) return;
    const { types, limits } = this.reader;
    const rule = linkTagOf(types, tag);
    const parent = { objectType: this.text(link, 'type', `${path}.type`) || (rule?.parent ?? ''), reference };
    const place = { ...this.place, column: path };
    const properties = rule ? this.propertiesOf(link, tag, rule, path) : {};
    this.items.push(makeLink({ place, tag, child, parent, properties }, types, limits));
  }

  private propertiesOf(link: Table, tag: string, rule: LinkTagRule, path: string): Record<string, FieldValue> {
    const properties: Record<string, FieldValue> = {};
    for (const [name, raw] of Object.entries(this.table(link, 'properties') ?? {})) {
      if (!rule.properties.includes(name)) this.warn(`links.${name}`, `${tag} has no property "${shortened(name)}"`);
      else if (raw !== null) properties[name] = this.property(raw, `${path}.properties.${name}`);
    }
    return properties;
  }

  private property(raw: JsonValue, path: string): FieldValue {
    const value = raw instanceof JsonNumber ? raw.text : raw;
    const fault = typeof value === 'string' ? unstorable(value) : null;
    if (fault) throw new LineFault('INVALID_VALUE', `the property ${fault}`, path);
    if (typeof value === 'string' || typeof value === 'boolean') return value;
    throw new LineFault('INVALID_VALUE', 'a property must be a text, a number, true or false', path);
  }

  private warnOfOthers(table: Table, known: ReadonlySet<string>, of: string): void {
    for (const name of Object.keys(table)) {
      if (!known.has(name) && !OURS.has(name)) this.warn(name, `${of} has no member "${shortened(name)}"`);
    }
  }

  private warn(column: string, why: string): void {
    const { warned } = this.reader;
    if (warned.size >= MAX_WARNED || warned.has(why)) return;
    warned.add(why);
    const shown = shortened(column);
    const place = { ...this.place, column: shown };
    this.items.push(feedError('UNKNOWN_COLUMN_IGNORED', place, `"${shown}" is ignored: ${why}`, 'warning'));
  }
}

/** Names come from outside, and stand in reports: short, and storable. */
function shortened(text: string): string {
  return (text.length > 100 ? `${text.slice(0, 100)}...` : text)
    .replaceAll('\0', '\uFFFD')
    .replaceAll(/\p{Surrogate}/gu, '\uFFFD');
}
