import type { ImportTypes } from '../../import-types/import-types.js';
import { type FeedItem, feedError } from '../feed-item.js';
import type { FeedLimits } from '../feed-limits.js';
import { readJsonlLines } from './jsonl-lines.js';
import { type JsonlReader, mapJsonlLine } from './map-jsonl-line.js';

/** Items handed on at once. */
const BATCH = 1_000;

/** Objects and links of a JSONL file, line by line. A broken line costs only itself. */
export async function* readJsonlFeed(
  text: AsyncIterable<string>,
  fileNo: number,
  types: ImportTypes,
  limits: FeedLimits,
): AsyncGenerator<FeedItem[]> {
  const reader: JsonlReader = { fileNo, types, limits, warned: new Set() };
  for await (const lines of readJsonlLines(text, limits)) {
    let items: FeedItem[] = [];
    for (const { row, raw, fault } of lines) {
      if (fault) items.push(feedError(fault.code, { fileNo, row, line: row, column: null }, fault.message));
      else for (const item of mapJsonlLine(raw, row, reader)) items.push(item);
      if (items.length >= BATCH) {
        yield items;
        items = [];
      }
    }
    if (items.length > 0) yield items;
  }
}
