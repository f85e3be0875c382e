import type { XmlFeedConfig } from '../../feed-configs/feed-config.js';
import type { ImportTypes } from '../../import-types/import-types.js';
import { unknownTypesOf } from '../csv/csv-plan.js';
import { type FeedItem, feedError, type Place } from '../feed-item.js';
import type { FeedLimits } from '../feed-limits.js';
import { objectTypeOf } from '../make-object.js';
import { mapXmlRecord } from './map-xml-record.js';
import { readXmlRecords } from './read-xml-records.js';
import type { XmlShape } from './xml-scanner.js';

/** Items handed on at once. */
const BATCH = 1_000;

/** Objects and links of an XML file, as its records come. What is not well-formed ends the file with one error. */
export async function* readXmlFeed(
  text: AsyncIterable<string>,
  fileNo: number,
  config: XmlFeedConfig,
  types: ImportTypes,
  limits: FeedLimits,
): AsyncGenerator<FeedItem[]> {
  const begin: Place = { fileNo, row: 1, line: 1, column: null };
  const objects = config.records.flatMap((record) => record.objects);
  const relationships = config.records.flatMap((record) => record.relationships);
  const unknown = unknownTypesOf(objects, relationships, types, begin);
  if (unknown.length > 0) {
    yield unknown;
    return;
  }
  const ignored = ignoredFields(objects, types, begin);
  if (ignored.length > 0) yield ignored;
  for await (const { records, fault } of readXmlRecords(text, xmlShapeOf(config), limits)) {
    let items: FeedItem[] = [];
    for (const { row, line, element, matches } of records) {
      const place = { fileNo, row, line, column: null };
      for (const index of matches) {
        for (const item of mapXmlRecord(element, config.records[index]!, place, types, limits)) items.push(item);
      }
      if (items.length >= BATCH) {
        yield items;
        items = [];
      }
    }
    if (fault) {
      const { code, message, line } = fault.cause;
      items.push(feedError(code, { ...begin, row: fault.row, line }, message));
    }
    if (items.length > 0) yield items;
    if (fault) return;
  }
}

export function xmlShapeOf({ records, maxDepth, maxTextLength }: XmlFeedConfig): XmlShape {
  return { paths: records.map(({ path }) => path), maxDepth, maxTextLength };
}

function ignoredFields(
  objects: XmlFeedConfig['records'][number]['objects'],
  types: ImportTypes,
  place: Place,
): FeedItem[] {
  return objects.flatMap(({ objectType, fields }) => {
    const known = objectTypeOf(types, objectType)?.fields ?? {};
    return Object.entries(fields)
      .filter(([field]) => !Object.hasOwn(known, field))
      .map(([field, path]) => {
        const message = `${path.source} is ignored: ${objectType} has no field "${field}"`;
        return feedError('UNKNOWN_COLUMN_IGNORED', { ...place, column: path.source }, message, 'warning');
      });
  });
}
