import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../problems/problem.js';

/** Limits of one stream. */
export interface NdjsonLimits {
  /** A longer line is answered as an error and skipped. Bytes. @default 1048576 */
  readonly maxLineBytes?: number;
  /** A longer body ends the reading with 413. Bytes. @default 1073741824 */
  readonly maxBytes?: number;
}

/** One line that is not blank, counted from 1 as an editor does: its value, or why it has none. */
export type NdjsonLine =
  | { readonly line: number; readonly value: unknown }
  | { readonly line: number; readonly error: string };

const DEFAULT_MAX_LINE_BYTES = 1_048_576;
const DEFAULT_MAX_BYTES = 1_073_741_824;
const NEWLINE = 0x0a;

/**
 * Reads newline-delimited JSON line by line as it arrives; never more than one line and one chunk is in memory, and the
 * sender is slowed down to the pace of the reader. A broken line is told and the next one read. A byte order mark, CRLF,
 * blank lines and a last line without newline are fine. A line with the character NUL is an error: PostgreSQL cannot store it.
 *
 * Throws `ProblemError` 413 past `maxBytes`, 415 for a compressed body.
 */
export async function* readNdjson(request: IncomingMessage, limits: NdjsonLimits = {}): AsyncGenerator<NdjsonLine> {
  const { maxLineBytes = DEFAULT_MAX_LINE_BYTES, maxBytes = DEFAULT_MAX_BYTES } = limits;
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new ProblemError(415, 'UNSUPPORTED_MEDIA_TYPE', 'A compressed body is not accepted here.');
  }
  let line = 0;
  for await (const content of splitLines(request, maxLineBytes, maxBytes)) {
    line++;
    if (content === 'too long') yield { line, error: `the line is longer than ${maxLineBytes} bytes` };
    else yield* parseLine(line, content);
  }
}

function tooLarge(maxBytes: number): ProblemError {
  const detail = `The body is larger than ${maxBytes} bytes; lines before that were read.`;
  // What is still on its way is not read, so the connection cannot serve another request.
  return new ProblemError(413, 'PAYLOAD_TOO_LARGE', detail, {}, { Connection: 'close' });
}

async function* splitLines(
  request: IncomingMessage,
  maxLineBytes: number,
  maxBytes: number,
): AsyncGenerator<Buffer | 'too long'> {
  let bytes = 0;
  let parts: Buffer[] = [];
  let length = 0;
  const keep = (part: Buffer) => {
    length += part.length;
    if (length <= maxLineBytes) parts.push(part);
    else parts = [];
  };
  const take = (): Buffer | 'too long' => {
    const content = length > maxLineBytes ? 'too long' : Buffer.concat(parts);
    parts = [];
    length = 0;
    return content;
  };
  // Not destroyed on an early end: the answer still has to leave through the same socket.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      keep(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    keep(chunk.subarray(start));
  }
  if (length > 0) yield take();
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function* parseLine(line: number, content: Buffer): Generator<NdjsonLine> {
  const parsed = parseText(content);
  if (parsed) yield { line, ...parsed };
}

/** `undefined` for a blank line. */
function parseText(content: Buffer): { value: unknown } | { error: string } | undefined {
  try {
    // The decoder drops a byte order mark, JSON.parse the carriage return.
    const text = decoder.decode(content);
    if (text.trim() === '') return undefined;
    const value: unknown = JSON.parse(text);
    if (text.includes('\\u0000') && hasNul(value)) return { error: 'the line contains the character NUL' };
    return { value };
  } catch (error) {
    return { error: error instanceof SyntaxError ? `not valid JSON: ${error.message}` : 'not valid UTF-8' };
  }
}

function hasNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0');
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, each]) => key.includes('\0') || hasNul(each));
}
