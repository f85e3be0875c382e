import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { FeedConfig } from '../feed-configs/feed-config.js';
import { parseFeedConfig } from '../feed-configs/parse-feed-config.js';
import { EXAMPLE_IMPORT_TYPES } from '../import-types/example-import-types.js';
import type { FeedError, FeedItem, FeedLink, FeedObject } from './feed-item.js';
import { DEFAULT_FEED_LIMITS, type FeedLimits } from './feed-limits.js';
import { type FeedImportType, readFeedText } from './read-feed.js';
import { decodeUtf8 } from './read-text.js';

/** Path of a file in `fixtures/`. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
}

/** A mapping of `fixtures/`, or one given; changed members replace those of `csv`. */
export async function fixtureConfig(name: string, csv: object = {}): Promise<FeedConfig> {
  const body = JSON.parse(await readFile(fixturePath(`${name}.config.json`), 'utf8'));
  return configOf(body.importType === 'csv' ? { ...body, csv: { ...body.csv, ...csv } } : body);
}

export function configOf(body: object): FeedConfig {
  const { config, errors } = parseFeedConfig(body);
  if (errors) throw new Error(JSON.stringify(errors));
  return config;
}

/** The bytes in chunks of the sizes given, the last one for all that is left. */
export async function* chunksOf(bytes: Buffer, sizes: readonly number[] = []): AsyncGenerator<Buffer> {
  let at = 0;
  for (const size of sizes) {
    if (at >= bytes.length) return;
    yield bytes.subarray(at, at + size);
    at += size;
  }
  if (at < bytes.length) yield bytes.subarray(at);
}

export interface ReadOptions {
  importType: FeedImportType;
  config?: FeedConfig | null;
  limits?: Partial<FeedLimits>;
  chunks?: readonly number[];
}

/** All items of a feed with the example types. */
export async function readItems(content: Buffer | string, options: ReadOptions): Promise<FeedItem[]> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const limits = { ...DEFAULT_FEED_LIMITS, ...options.limits };
  const file = { fileNo: 1, importType: options.importType };
  const text = decodeUtf8(chunksOf(bytes, options.chunks));
  const items: FeedItem[] = [];
  for await (const batch of readFeedText(text, file, options.config ?? null, EXAMPLE_IMPORT_TYPES, limits)) {
    items.push(...batch);
  }
  return items;
}

export async function readFixture(name: string, options: ReadOptions): Promise<FeedItem[]> {
  return readItems(await readFile(fixturePath(name)), options);
}

export function objectsOf(items: readonly FeedItem[]): FeedObject[] {
  return items.filter((item) => item.kind === 'object');
}

export function linksOf(items: readonly FeedItem[]): FeedLink[] {
  return items.filter((item) => item.kind === 'link');
}

/** All errors and warnings, of objects and links too. */
export function errorsOf(items: readonly FeedItem[]): FeedError[] {
  return items.flatMap((item) => (item.kind === 'error' ? [item.error] : item.errors));
}

/** Each error as `row CODE column`. */
export function toldOf(items: readonly FeedItem[]): string[] {
  return errorsOf(items).map(({ code, place }) => `${place.row} ${code} ${place.column ?? '-'}`);
}
