import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { EntityManager } from 'typeorm';
import { quoteName } from './quote-name.js';

/**
 * A value for COPY. Objects and arrays are written as JSON, for `json` and `jsonb` columns; for a PostgreSQL array give
 * `arrayLiteral(values)`. `undefined` is NULL.
 */
export type CopyValue = string | number | bigint | boolean | Date | Buffer | null | undefined | object;

/** Text is handed to the socket in pieces of about this many characters. */
const CHUNK_LENGTH = 64 * 1024;

/**
 * Writes rows by `COPY ... FROM STDIN` inside the caller's transaction and resolves with their number. The fastest way in
 * (one statement, no parameters); memory stays flat however many rows there are.
 *
 * `table` is a name in the service's schema; each row holds one value for each of `columns`, in their order.
 * Throws when `manager` is not in a transaction, when a row has another length, or what PostgreSQL says; note that text
 * cannot hold the character NUL and that one bad row fails the whole copy.
 */
export async function copyInto(
  manager: EntityManager,
  table: string,
  columns: readonly string[],
  rows: Iterable<readonly CopyValue[]> | AsyncIterable<readonly CopyValue[]>,
): Promise<number> {
  if (!manager.queryRunner?.isTransactionActive) throw new Error('copyInto needs a manager that is in a transaction');
  const client = (await manager.queryRunner.connect()) as PoolClient;
  const sql = `COPY ${quoteName(table)} (${columns.map(quoteName).join(', ')}) FROM STDIN`;
  const copy = client.query(copyFrom(sql));
  await pipeline(Readable.from(encode(rows, columns.length)), copy);
  return copy.rowCount;
}

async function* encode(
  rows: Iterable<readonly CopyValue[]> | AsyncIterable<readonly CopyValue[]>,
  width: number,
): AsyncGenerator<string> {
  let text = '';
  for await (const row of rows) {
    if (row.length !== width) throw new Error(`a row has ${row.length} values for ${width} columns`);
    text += `${row.map(encodeCopyValue).join('\t')}\n`;
    if (text.length < CHUNK_LENGTH) continue;
    yield text;
    text = '';
  }
  if (text) yield text;
}

/** One value in COPY's text format. */
export function encodeCopyValue(value: CopyValue): string {
  if (value === null || value === undefined) return '\\N';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (typeof value === 'string') return escapeText(value);
  if (value instanceof Date) return value.toISOString();
  // bytea's own hex form begins with a backslash, which COPY wants doubled.
  if (Buffer.isBuffer(value)) return `\\\\x${value.toString('hex')}`;
  return escapeText(JSON.stringify(value));
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

function escapeText(text: string): string {
  return text.replaceAll(/[\\\b\f\n\r\t\v]/g, (character) => ESCAPES[character] ?? character);
}

/** `['a', null, 'b "c"']` -> `{"a",NULL,"b \"c\""}`: a one-dimensional PostgreSQL array as text. */
export function arrayLiteral(values: readonly (string | number | boolean | null)[]): string {
  const parts = values.map((value) =>
    value === null ? 'NULL' : `"${String(value).replaceAll(/["\\]/g, (character) => `\\${character}`)}"`,
  );
  return `{${parts.join(',')}}`;
}
