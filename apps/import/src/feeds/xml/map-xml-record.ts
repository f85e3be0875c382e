import type { XmlObjectMapping, XmlRecordMapping, XmlRelationshipMapping } from '../../feed-configs/feed-config.js';
import type { ImportTypes } from '../../import-types/import-types.js';
import { splitCell } from '../csv/map-csv-row.js';
import { type FeedItem, feedError, type LinkEnd, type Place } from '../feed-item.js';
import type { FeedLimits } from '../feed-limits.js';
import { type FoundValue, linkTagOf, makeLink, makeObject, objectTypeOf } from '../make-object.js';
import { selectElements, selectValues, type XmlElement } from './xml-element.js';

/** Objects and links of one record element. */
export function mapXmlRecord(
  element: XmlElement,
  mapping: XmlRecordMapping,
  place: Place,
  types: ImportTypes,
  limits: FeedLimits,
): FeedItem[] {
  const record = new RecordReader(place, types, limits);
  for (const object of mapping.objects) {
    for (const each of object.each ? selectElements(element, object.each) : [element]) {
      if (record.isFull()) break;
      record.addObject(object, each);
    }
  }
  record.addLinks();
  for (const relationship of mapping.relationships) record.addRelationship(relationship, element);
  if (!record.isFull()) return record.items;
  const message = `the record holds more than ${limits.maxItemsOfRecord} objects and links`;
  return [feedError('FILE_TOO_LARGE', place, message)];
}

class RecordReader {
  readonly items: FeedItem[] = [];
  private readonly present: { mapping: XmlObjectMapping; element: XmlElement; end: LinkEnd }[] = [];

  constructor(
    private readonly place: Place,
    private readonly types: ImportTypes,
    private readonly limits: FeedLimits,
  ) {}

  /** Each instance may be linked to each of another object: what is too much is not even made. */
  isFull(): boolean {
    return this.items.length > this.limits.maxItemsOfRecord;
  }

  addObject(mapping: XmlObjectMapping, element: XmlElement): void {
    const { objectType } = mapping;
    const rule = objectTypeOf(this.types, objectType);
    if (!rule) return;
    const reference = selectValues(element, mapping.reference)[0] ?? '';
    const values = new Map<string, FoundValue>();
    for (const [field, path] of Object.entries(mapping.fields)) {
      const texts = Object.hasOwn(rule.fields, field) ? selectValues(element, path) : [];
      if (texts.length > 0) values.set(field, { column: path.source, raw: texts });
    }
    const ids = Object.entries(mapping.identifierIds).flatMap(([name, path]) =>
      selectValues(element, path)
        .slice(0, 1)
        .map((id) => [name, id] as const),
    );
    // An element that the mapping calls an object is one, even with nothing in it.
    const isThere = mapping.each !== null || reference !== '' || values.size > 0 || ids.length > 0;
    if (!isThere) return;
    const object = makeObject(
      {
        place: this.place,
        objectType,
        rule,
        reference,
        referenceColumn: mapping.reference.source,
        values,
        columnOf: (field) => mapping.fields[field]?.source ?? field,
        identifierIds: Object.fromEntries(ids),
      },
      this.limits,
    );
    this.items.push(object);
    if (object.reference === null) return;
    this.present.push({ mapping, element, end: { objectType, reference: object.reference } });
  }

  /** Of objects that have no reference there are none: that was told already. */
  addLinks(): void {
    for (const { mapping, element, end } of this.present) {
      if (this.isFull()) return;
      for (const { tag, to } of mapping.links) {
        if ('as' in to) {
          for (const parent of this.parentsOf(to.as, element)) this.addLink(tag, end, parent, mapping.reference.source);
          continue;
        }
        const objectType = linkTagOf(this.types, tag)?.parent ?? '';
        const references = selectValues(element, to.path).flatMap((value) => splitCell(value, to.split));
        for (const reference of references) this.addLink(tag, end, { objectType, reference }, to.path.source);
      }
    }
  }

  /** Objects made of one element belong together, else all of that name in the record. */
  private parentsOf(as: string, element: XmlElement): LinkEnd[] {
    const named = this.present.filter(({ mapping }) => mapping.as === as);
    const same = named.filter((each) => each.element === element);
    return (same.length > 0 ? same : named).map(({ end }) => end);
  }

  addRelationship({ tag, child, parent, properties }: XmlRelationshipMapping, element: XmlElement): void {
    const children = selectValues(element, child.path);
    const parents = selectValues(element, parent.path);
    if (children.length + parents.length === 0) return;
    for (const [references, { objectType, path }] of [[children, child] as const, [parents, parent] as const]) {
      if (references.length > 0) continue;
      const place = { ...this.place, column: path.source };
      this.items.push(feedError('MISSING_REFERENCE', place, `${tag} names no ${objectType}`));
    }
    const named = Object.entries(properties).flatMap(([name, path]) =>
      selectValues(element, path)
        .slice(0, 1)
        .map((value) => [name, value] as const),
    );
    const given = Object.fromEntries(named);
    for (const reference of children) {
      if (this.isFull()) return;
      const end = { objectType: child.objectType, reference };
      for (const other of parents) {
        this.addLink(tag, end, { objectType: parent.objectType, reference: other }, parent.path.source, given);
      }
    }
  }

  private addLink(
    tag: string,
    child: LinkEnd,
    parent: LinkEnd,
    column: string,
    properties?: Readonly<Record<string, string>>,
  ): void {
    if (this.isFull()) return;
    const place = { ...this.place, column };
    this.items.push(
      makeLink({ place, tag, child, parent, ...(properties ? { properties } : {}) }, this.types, this.limits),
    );
  }
}
