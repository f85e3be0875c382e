import type { FeedConfig } from '../feed-configs/feed-config.js';
import type { ImportTypes } from '../import-types/import-types.js';
import { readCsvFeed } from './csv/read-csv-feed.js';
import { type FeedItem, feedError } from './feed-item.js';
import type { FeedLimits } from './feed-limits.js';
import { readJsonlFeed } from './jsonl/read-jsonl-feed.js';
import { readText } from './read-text.js';
import { readXmlFeed } from './xml/read-xml-feed.js';

/** How a feed is written. */
export const FEED_IMPORT_TYPES = ['csv', 'xml', 'jsonl'] as const;
export type FeedImportType = (typeof FEED_IMPORT_TYPES)[number];

/** A file of a batch. */
export interface FeedFile {
  readonly fileNo: number;
  readonly path: string;
  readonly importType: FeedImportType;
}

/**
 * What a file says, in batches of about 1,000 items, as it is read: memory does not grow with the file. What is wrong with
 * the file is told as items; only what the disk throws is thrown. Read again it gives the same.
 *
 * `config` is null for JSONL, whose format is the neutral one.
 */
export function readFeed(
  file: FeedFile,
  config: FeedConfig | null,
  types: ImportTypes,
  limits: FeedLimits,
): AsyncIterable<FeedItem[]> {
  return readFeedText(readText(file.path), file, config, types, limits);
}

/** As `readFeed`, of a text that comes from elsewhere. */
export function readFeedText(
  text: AsyncIterable<string>,
  { fileNo, importType }: Pick<FeedFile, 'fileNo' | 'importType'>,
  config: FeedConfig | null,
  types: ImportTypes,
  limits: FeedLimits,
): AsyncIterable<FeedItem[]> {
  if (importType === 'jsonl') return readJsonlFeed(text, fileNo, types, limits);
  if (importType === 'csv' && config?.importType === 'csv') return readCsvFeed(text, fileNo, config, types, limits);
  if (importType === 'xml' && config?.importType === 'xml') return readXmlFeed(text, fileNo, config, types, limits);
  return noMapping(fileNo, importType);
}

async function* noMapping(fileNo: number, importType: FeedImportType): AsyncGenerator<FeedItem[]> {
  const place = { fileNo, row: 1, line: 1, column: null };
  const message = `there is no mapping for this ${importType.toUpperCase()} file: give a configuration of its type`;
  yield [feedError('MISSING_COLUMN', place, message)];
}
