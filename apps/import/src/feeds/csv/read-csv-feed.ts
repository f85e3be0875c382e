import type { CsvFeedConfig } from '../../feed-configs/feed-config.js';
import type { ImportTypes } from '../../import-types/import-types.js';
import { type FeedItem, feedError, type Place } from '../feed-item.js';
import type { FeedLimits } from '../feed-limits.js';
import { planCsv, unknownTypesOf } from './csv-plan.js';
import { type CsvRowReader, mapCsvRow } from './map-csv-row.js';
import { readCsvRecords } from './read-csv-records.js';

/** Objects and links of a CSV file, as its rows come. A broken row costs itself; a broken quote ends the file. */
export async function* readCsvFeed(
  text: AsyncIterable<string>,
  fileNo: number,
  config: CsvFeedConfig,
  types: ImportTypes,
  limits: FeedLimits,
): AsyncGenerator<FeedItem[]> {
  const begin: Place = { fileNo, row: 1, line: 1, column: null };
  const unknown = unknownTypesOf(config.objects, config.relationships, types, begin);
  if (unknown.length > 0) {
    yield unknown;
    return;
  }
  let rows: CsvRowReader | null = null;
  const open = (titles: readonly string[], place: Place): readonly FeedItem[] => {
    const { plan, items } = planCsv(titles, config, types, place);
    rows = plan ? { fileNo, plan, emptyAs: config.emptyAs, types, limits } : null;
    return items;
  };
  if (config.titleRow === 0) {
    yield [...open(config.columnNames ?? [], begin)];
    if (!rows) return;
  }
  for await (const { records, fault } of readCsvRecords(text, config.dialect, limits)) {
    let items: FeedItem[] = [];
    for (const record of records) {
      if (rows) {
        if (config.ignoreRows.has(record.row)) continue;
        for (const item of mapCsvRow(record, rows)) items.push(item);
      } else if (record.row >= config.titleRow) {
        const { row, line } = record;
        for (const item of open(record.cells, { fileNo, row, line, column: null })) items.push(item);
        if (!rows) {
          yield items;
          return;
        }
      }
      if (items.length >= BATCH) {
        yield items;
        items = [];
      }
    }
    if (fault)
      items.push(feedError(fault.cause.code, { ...begin, row: fault.row, line: fault.line }, fault.cause.message));
    if (items.length > 0) yield items;
    if (fault) return;
  }
  // Without a title row every column of the mapping is missing.
  if (!rows) yield [...open([], begin)];
}

/** Items handed on at once. */
const BATCH = 1_000;
