import type { CsvFeedConfig } from '../../feed-configs/feed-config.js';
import type { ImportTypes } from '../../import-types/import-types.js';
import { type FeedItem, feedError, type LinkEnd, type Place } from '../feed-item.js';
import type { FeedLimits } from '../feed-limits.js';
import { type FoundValue, makeLink, makeObject } from '../make-object.js';
import type { CsvObjectPlan, CsvPlan, CsvRelationshipPlan } from './csv-plan.js';
import type { CsvRecord } from './csv-scanner.js';

/** What separates the values of a list in one cell. */
const LIST_SEPARATOR = '|';

/** What a file's rows are read with. */
export interface CsvRowReader {
  readonly fileNo: number;
  readonly plan: CsvPlan;
  readonly emptyAs: CsvFeedConfig['emptyAs'];
  readonly types: ImportTypes;
  readonly limits: FeedLimits;
}

/** Objects and links of one row; a row that cannot be told apart is one error. */
export function mapCsvRow(record: CsvRecord, reader: CsvRowReader): FeedItem[] {
  const { fileNo, plan, limits } = reader;
  const place: Place = { fileNo, row: record.row, line: record.line, column: null };
  if (record.cells.length !== plan.width) {
    return [feedError('COLUMN_COUNT', place, `${record.cells.length} of ${plan.width} columns`)];
  }
  const tooLong = record.cells.findIndex((cell) => cell.length > limits.maxFieldLength);
  if (tooLong >= 0) {
    const message = `column ${tooLong + 1} is longer than ${limits.maxFieldLength} characters`;
    return [feedError('INVALID_VALUE', place, message)];
  }
  const row = new Row(record.cells, place, reader);
  for (const object of plan.objects) row.addObject(object);
  row.addLinks();
  for (const relationship of plan.relationships) row.addRelationship(relationship);
  if (!row.isFull()) return row.items;
  const message = `the row holds more than ${limits.maxItemsOfRecord} objects and links`;
  return [feedError('FILE_TOO_LARGE', place, message)];
}

class Row {
  readonly items: FeedItem[] = [];
  private readonly present: { plan: CsvObjectPlan; end: LinkEnd }[] = [];

  constructor(
    private readonly cells: readonly string[],
    private readonly place: Place,
    private readonly reader: CsvRowReader,
  ) {}

  addObject(plan: CsvObjectPlan): void {
    if (plan.when && this.cells[plan.when.index] === '') return;
    const reference = this.cells[plan.reference.index]!;
    const values = this.valuesOf(plan);
    const ids = [...plan.identifierIds].map(([name, { index }]) => [name, this.cells[index]!] as const);
    const identifierIds = Object.fromEntries(ids.filter(([, id]) => id !== ''));
    const isThere = reference !== '' || Object.keys(identifierIds).length > 0 || this.hasText(values);
    if (!isThere) return;
    const { objectType, rule } = plan;
    const object = makeObject(
      {
        place: this.place,
        objectType,
        rule,
        reference,
        referenceColumn: plan.reference.title,
        // An object of which every cell is empty is a mention, also where empty cells are texts.
        values: this.hasText(values) ? values : new Map(),
        columnOf: (field) => plan.fields.get(field)?.column.title ?? field,
        identifierIds,
      },
      this.reader.limits,
    );
    this.items.push(object);
    if (object.reference !== null) this.present.push({ plan, end: { objectType, reference: object.reference } });
  }

  private valuesOf(plan: CsvObjectPlan): Map<string, FoundValue> {
    const values = new Map<string, FoundValue>();
    for (const [field, { column, rule }] of plan.fields) {
      const cell = this.cells[column.index]!;
      const isText = this.reader.emptyAs === 'text' && rule.type === 'string' && !rule.list;
      if (cell === '' && !isText) continue;
      values.set(field, { column: column.title, raw: rule.list ? splitCell(cell, LIST_SEPARATOR) : cell });
    }
    return values;
  }

  private hasText(values: ReadonlyMap<string, FoundValue>): boolean {
    for (const { raw } of values.values()) if (raw !== '') return true;
    return false;
  }

  /** Each instance may be linked to each of another object: what is too much is not even made. */
  isFull(): boolean {
    return this.items.length > this.reader.limits.maxItemsOfRecord;
  }

  /** Of objects that have no reference there are none: that was told already. */
  addLinks(): void {
    for (const { plan, end } of this.present) {
      if (this.isFull()) return;
      for (const link of plan.links) {
        if (link.to === 'column') {
          const parentType = this.reader.types.linkTags[link.tag]?.parent ?? '';
          const { index, title } = link.column;
          for (const reference of splitCell(this.cells[index]!, link.split)) {
            this.addLink({ tag: link.tag, child: end, parent: { objectType: parentType, reference }, column: title });
          }
        } else {
          for (const parent of this.parentsOf(link.as, plan.instance)) {
            this.addLink({ tag: link.tag, child: end, parent, column: plan.reference.title });
          }
        }
      }
    }
  }

  /** Objects that both occur several times a row belong together by instance. */
  private parentsOf(as: string, instance: string): LinkEnd[] {
    const named = this.present.filter(({ plan }) => plan.as === as);
    const same = named.filter(({ plan }) => instance !== '' && plan.instance === instance);
    return (same.length > 0 ? same : named).map(({ end }) => end);
  }

  addRelationship({ tag, child, parent, properties }: CsvRelationshipPlan): void {
    const ends = [child, parent].map(({ objectType, column }) => ({
      objectType,
      reference: this.cells[column.index]!,
    }));
    const missing = [child, parent].filter(({ column }) => this.cells[column.index] === '');
    if (missing.length === 2) return;
    for (const { objectType, column } of missing) {
      const place = { ...this.place, column: column.title };
      this.items.push(feedError('MISSING_REFERENCE', place, `${tag} names no ${objectType}`));
    }
    if (missing.length > 0) return;
    const named = [...properties].map(([name, { index }]) => [name, this.cells[index]!] as const);
    const given = Object.fromEntries(named.filter(([, value]) => value !== ''));
    this.addLink({ tag, child: ends[0]!, parent: ends[1]!, column: parent.column.title, properties: given });
  }

  private addLink(link: {
    tag: string;
    child: LinkEnd;
    parent: LinkEnd;
    column: string;
    properties?: Record<string, string>;
  }): void {
    if (this.isFull()) return;
    const { column, ...found } = link;
    const { types, limits } = this.reader;
    this.items.push(makeLink({ ...found, place: { ...this.place, column } }, types, limits));
  }
}

/** The texts between separators that are not empty. */
export function splitCell(cell: string, separator: string | null): string[] {
  if (cell === '') return [];
  if (separator === null) return [cell];
  return cell
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
