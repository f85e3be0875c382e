import { hash } from 'node:crypto';
import type { SearchItem } from '../query/search-query.js';
import { toSortKey, toWords } from '../text/fold-text.js';
import type { IndexSchema } from './index-schema.js';

/** A document as it is written: `id` and `version` come from its owner. */
export interface IndexDocument {
  /** 1 to 512 bytes; the document's identity in every generation. */
  readonly id: string;
  /** A safe integer from 0, raised by the owner with every change. An older version never replaces a newer one. */
  readonly version: number;
  /** Fields of the schema, or null for a tombstone: the document is gone, and stays gone for older versions. */
  readonly document: Readonly<Record<string, unknown>> | null;
}

/** A document as it is read. `document` is null when `deleted`. */
export interface StoredDocument {
  readonly id: string;
  readonly version: number;
  readonly deleted: boolean;
  readonly document: Record<string, unknown> | null;
}

/** Beside the document's own fields: what the engine needs and an operator may read past. */
export interface TechnicalFields {
  readonly id: string;
  readonly version: number;
  readonly deleted: boolean;
  /** {@link bucketOf} of the id. */
  readonly bucket: number;
  /** `version` modulo 1,000,000: what is summed by bucket, small enough to stay exact in a double. */
  readonly remainder: number;
  /** Folded words by field; an array where the field holds several values. */
  readonly text?: Readonly<Record<string, string | readonly string[]>>;
  /** Folded sort key by field. */
  readonly sort?: Readonly<Record<string, string>>;
}

/** Versions are summed by bucket modulo this. The authority's own sum must do the same. */
export const VERSION_MODULUS = 1_000_000;

/**
 * The bucket of an id, 0 to 255: first byte of its SHA-256. In PostgreSQL: `get_byte(sha256(convert_to(id, 'UTF8')), 0)`.
 */
export function bucketOf(id: string): number {
  return Number.parseInt(hash('sha256', id).slice(0, 2), 16);
}

/**
 * The text that is stored in an index for a document: its own fields at the top, the technical ones under `lockstep`.
 * Owners keep this text in PostgreSQL and hand it on unread, so that bulk writing neither parses nor serialises.
 *
 * @throws RangeError when the version is no safe integer from 0.
 */
export function toIndexSource(schema: IndexSchema, { id, version, document }: IndexDocument): string {
  if (!Number.isSafeInteger(version) || version < 0) throw new RangeError(`Document ${id}: version ${version}.`);
  const [bucket, remainder] = [bucketOf(id), version % VERSION_MODULUS];
  if (document === null) return JSON.stringify({ lockstep: { id, version, deleted: true, bucket, remainder } });
  const [text, sort] = [foldFields(schema, document), sortKeys(schema, document)];
  const lockstep: TechnicalFields = { id, version, deleted: false, bucket, remainder, text, sort };
  // Two texts joined: copying a document of many fields into a larger object costs more than all of its JSON.
  const fields = JSON.stringify(document);
  return `${fields === '{}' ? '{' : `${fields.slice(0, -1)},`}"lockstep":${JSON.stringify(lockstep)}}`;
}

/** The document behind a stored source, given as text or already parsed. The inverse of {@link toIndexSource}. */
export function fromIndexSource(source: string | Readonly<Record<string, unknown>>): StoredDocument {
  const parsed = typeof source === 'string' ? (JSON.parse(source) as Record<string, unknown>) : source;
  const { lockstep, ...document } = parsed as { lockstep: TechnicalFields };
  const { id, version, deleted } = lockstep;
  return { id, version, deleted, document: deleted ? null : document };
}

/** What a search shows of a stored source. */
export function toSearchItem(source: string | Readonly<Record<string, unknown>>): SearchItem {
  const { id, version, deleted, document } = fromIndexSource(source);
  return { id, version, document: document ?? {}, ...(deleted && { deleted }) };
}

function foldFields(
  schema: IndexSchema,
  document: Readonly<Record<string, unknown>>,
): Record<string, string | string[]> {
  const text: Record<string, string | string[]> = {};
  for (const field of schema.textFields) {
    const value = document[field];
    // Most fields hold one value or none.
    if (typeof value === 'string') text[field] = toWords(value);
    else if (value !== null && value !== undefined) foldValues(text, field, textsOf(value));
  }
  return text;
}

function foldValues(text: Record<string, string | string[]>, field: string, values: readonly string[]): void {
  if (values.length === 1) text[field] = toWords(values[0]!);
  else if (values.length > 1) text[field] = values.map(toWords);
}

function sortKeys(schema: IndexSchema, document: Readonly<Record<string, unknown>>): Record<string, string> {
  const sort: Record<string, string> = {};
  for (const field of schema.sortKeyFields) {
    const [first, ...others] = textsOf(document[field]).map(toSortKey);
    if (first !== undefined) sort[field] = others.reduce(smaller, first);
  }
  return sort;
}

/** Code-point order, which is the byte order of UTF-8: `<` on JavaScript strings differs beyond U+FFFF. */
function smaller(a: string, b: string): string {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) <= 0 ? a : b;
}

function textsOf(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) return [String(value)];
  const texts: string[] = [];
  for (const part of value) texts.push(...textsOf(part));
  return texts;
}
