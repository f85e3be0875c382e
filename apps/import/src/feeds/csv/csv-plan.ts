import type { CsvFeedConfig, CsvObjectMapping } from '../../feed-configs/feed-config.js';
import type { FieldRule, ImportTypes, ObjectTypeRule } from '../../import-types/import-types.js';
import { type FeedItem, feedError, type Place } from '../feed-item.js';
import { linkTagOf, objectTypeOf } from '../make-object.js';

/** A column of the file: where it is, and what it is called there. */
export interface CsvColumn {
  readonly index: number;
  readonly title: string;
}

export type CsvLinkPlan =
  | { readonly tag: string; readonly to: 'object'; readonly as: string }
  | { readonly tag: string; readonly to: 'column'; readonly column: CsvColumn; readonly split: string | null };

/** One object that each row may hold. */
export interface CsvObjectPlan {
  readonly as: string;
  /** '' where the row holds one such object; else what the columns' titles call this one. */
  readonly instance: string;
  readonly objectType: string;
  readonly rule: ObjectTypeRule;
  readonly reference: CsvColumn;
  readonly when: CsvColumn | null;
  readonly fields: ReadonlyMap<string, { readonly column: CsvColumn; readonly rule: FieldRule }>;
  readonly identifierIds: ReadonlyMap<string, CsvColumn>;
  readonly links: readonly CsvLinkPlan[];
}

export interface CsvRelationshipPlan {
  readonly tag: string;
  readonly child: { readonly objectType: string; readonly column: CsvColumn };
  readonly parent: { readonly objectType: string; readonly column: CsvColumn };
  readonly properties: ReadonlyMap<string, CsvColumn>;
}

/** What the columns of one file mean. */
export interface CsvPlan {
  readonly width: number;
  readonly objects: readonly CsvObjectPlan[];
  readonly relationships: readonly CsvRelationshipPlan[];
}

/** Columns that the file of failed rows adds. */
const OURS = new Set(['_errors', '_status']);

/**
 * Finds the columns of a mapping in the titles of a file. With errors there is no plan: what the rows would then say of
 * themselves could not be relied on.
 */
export function planCsv(
  titles: readonly string[],
  config: CsvFeedConfig,
  types: ImportTypes,
  place: Place,
): { plan: CsvPlan | null; items: readonly FeedItem[] } {
  const columns = new Columns(titles, config, place);
  const objects = config.objects.flatMap((mapping) => planObjects(mapping, columns, types));
  const relationships = config.relationships.map(({ tag, child, parent, properties }) => ({
    tag,
    child: { objectType: child.objectType, column: columns.need(child.column) },
    parent: { objectType: parent.objectType, column: columns.need(parent.column) },
    properties: columns.needByName(properties),
  }));
  if (columns.errors.length > 0) return { plan: null, items: columns.errors };
  const warnings = config.warnsOfUnknownColumns ? columns.unused() : [];
  return { plan: { width: titles.length, objects, relationships }, items: [...columns.warnings, ...warnings] };
}

/** Types and tags that a mapping names and that there are not. */
export function unknownTypesOf(
  objects: readonly { readonly objectType: string; readonly links?: readonly { readonly tag: string }[] }[],
  relationships: readonly {
    readonly tag: string;
    readonly child: { readonly objectType: string };
    readonly parent: { readonly objectType: string };
  }[],
  types: ImportTypes,
  place: Place,
): FeedItem[] {
  const ends = relationships.flatMap(({ child, parent }) => [child, parent]);
  const names = new Set([...objects, ...ends].map(({ objectType }) => objectType));
  const links = objects.flatMap((object) => object.links ?? []);
  const tags = new Set([...links, ...relationships].map(({ tag }) => tag));
  return [
    ...[...names]
      .filter((name) => !objectTypeOf(types, name))
      .map((name) => feedError('UNKNOWN_OBJECT_TYPE', place, `the mapping names "${name}", which is no object type`)),
    ...[...tags]
      .filter((tag) => !linkTagOf(types, tag))
      .map((tag) => feedError('INVALID_LINK_TAG', place, `the mapping names "${tag}", which is no link tag`)),
  ];
}

/** The columns of a file by title, and which of them were asked for. */
class Columns {
  readonly errors: FeedItem[] = [];
  readonly warnings: FeedItem[] = [];
  private readonly byTitle = new Map<string, CsvColumn>();
  private readonly missing = new Set<string>();
  private readonly used = new Set<number>();

  constructor(
    private readonly titles: readonly string[],
    config: CsvFeedConfig,
    private readonly place: Place,
  ) {
    titles.forEach((title, index) => {
      const name = Object.hasOwn(config.renameColumns, title) ? config.renameColumns[title]! : title;
      if (name === '') return;
      if (this.byTitle.has(name)) {
        const message = `the column "${title}" stands twice: columns ${this.byTitle.get(name)!.index + 1} and ${index + 1}`;
        this.errors.push(feedError('DUPLICATE_COLUMN', { ...place, column: title }, message));
      } else this.byTitle.set(name, { index, title });
    });
  }

  /** A column that must be there; a stand-in where it is not, which was then told. */
  need(title: string): CsvColumn {
    const column = this.byTitle.get(title);
    if (column) {
      this.used.add(column.index);
      return column;
    }
    if (!this.missing.has(title)) {
      const message = `the column "${title}" of the mapping is not in the file`;
      this.errors.push(feedError('MISSING_COLUMN', { ...this.place, column: title }, message));
    }
    this.missing.add(title);
    return { index: -1, title };
  }

  needByName(columns: Readonly<Record<string, string>>): Map<string, CsvColumn> {
    return new Map(Object.entries(columns).map(([name, title]) => [name, this.need(title)]));
  }

  /** Columns by instance and field, in the order of the file. */
  byInstance(pattern: NonNullable<CsvObjectMapping['columns']>): Map<string, Map<string, CsvColumn>> {
    const instances = new Map<string, Map<string, CsvColumn>>();
    for (const [title, column] of this.byTitle) {
      const found = pattern.match(title);
      if (!found) continue;
      this.used.add(column.index);
      const fields = instances.get(found.instance) ?? new Map<string, CsvColumn>();
      instances.set(found.instance, fields.set(found.field, column));
    }
    return instances;
  }

  ignored(column: CsvColumn, why: string): void {
    this.warnings.push(ignoredColumn(column, why, this.place));
  }

  unused(): FeedItem[] {
    return this.titles.flatMap((title, index) => {
      if (this.used.has(index) || OURS.has(title)) return [];
      return [ignoredColumn({ index, title }, 'the mapping does not name it', this.place)];
    });
  }
}

function ignoredColumn({ index, title }: CsvColumn, why: string, place: Place): FeedItem {
  const name = title === '' ? `number ${index + 1}` : `"${title}"`;
  const message = `the column ${name} is ignored: ${why}`;
  return feedError('UNKNOWN_COLUMN_IGNORED', { ...place, column: title }, message, 'warning');
}

function planObjects(mapping: CsvObjectMapping, columns: Columns, types: ImportTypes): CsvObjectPlan[] {
  const rule = objectTypeOf(types, mapping.objectType);
  if (!rule) return [];
  const make = (instance: string, find: (name: string) => CsvColumn, fields: ReadonlyMap<string, CsvColumn>) => ({
    as: mapping.as,
    instance,
    objectType: mapping.objectType,
    rule,
    reference: find('column' in mapping.reference ? mapping.reference.column : mapping.reference.field),
    when: mapping.when === null ? null : find(mapping.when),
    fields: planFields(mapping.objectType, rule, fields, columns),
    identifierIds: new Map(Object.entries(mapping.identifierIds).map(([name, title]) => [name, find(title)])),
    links: mapping.links.map(({ tag, to }): CsvLinkPlan => {
      if ('as' in to) return { tag, to: 'object', as: to.as };
      return { tag, to: 'column', column: find(to.column), split: to.split };
    }),
  });
  if (!mapping.columns) return [make('', (title) => columns.need(title), columns.needByName(mapping.fields))];
  return [...columns.byInstance(mapping.columns)].map(([instance, own]) => {
    const find = (name: string) => own.get(name) ?? columns.need(name);
    return make(instance, find, fieldsOfInstance(mapping, own, rule));
  });
}

/** Without `fields` each part of the pattern that is a field of the type is that field. */
function fieldsOfInstance(
  mapping: CsvObjectMapping,
  own: ReadonlyMap<string, CsvColumn>,
  rule: ObjectTypeRule,
): Map<string, CsvColumn> {
  const named = Object.entries(mapping.fields);
  if (named.length === 0) return new Map([...own].filter(([field]) => Object.hasOwn(rule.fields, field)));
  return new Map(named.flatMap(([field, part]) => (own.has(part) ? [[field, own.get(part)!] as const] : [])));
}

function planFields(
  objectType: string,
  rule: ObjectTypeRule,
  found: ReadonlyMap<string, CsvColumn>,
  columns: Columns,
): CsvObjectPlan['fields'] {
  const fields = new Map<string, { column: CsvColumn; rule: FieldRule }>();
  for (const [field, column] of found) {
    if (Object.hasOwn(rule.fields, field)) fields.set(field, { column, rule: rule.fields[field]! });
    else columns.ignored(column, `${objectType} has no field "${field}"`);
  }
  return fields;
}
