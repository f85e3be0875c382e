import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';

/** Bytes that are not UTF-8; what came before them was handed out. */
export class InvalidEncodingError extends Error {
  override readonly name = 'InvalidEncodingError';

  constructor(readonly byteOffset: number) {
    super(`byte ${byteOffset + 1} of the file is not valid UTF-8; save the file as UTF-8`);
  }
}

/** Large enough that a long record is rarely begun twice, small enough not to count. */
const CHUNK_BYTES = 262_144;
const BOM = '\uFEFF';

/** A file as text, chunk by chunk, without its byte order mark. Throws `InvalidEncodingError`, and what the disk throws. */
export function readText(path: string): AsyncGenerator<string> {
  return decodeUtf8(createReadStream(path, { highWaterMark: CHUNK_BYTES }));
}

/** Strictly decoded; a character cut by a chunk's border is completed by the next chunk. */
export async function* decodeUtf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  let begun = false;
  for await (const chunk of chunks) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const whole = bytes.subarray(0, bytes.length - incompleteTail(bytes));
    const valid = isUtf8(whole) ? whole.length : validLength(whole);
    const text = whole.toString('utf8', 0, valid);
    if (text !== '') {
      yield begun || !text.startsWith(BOM) ? text : text.slice(1);
      begun = true;
    }
    if (valid < whole.length) throw new InvalidEncodingError(offset + valid);
    rest = bytes.subarray(whole.length);
    offset += whole.length;
  }
  if (rest.length > 0) throw new InvalidEncodingError(offset);
}

/** Bytes at the end that begin a character of which more is to come. */
function incompleteTail(bytes: Buffer): number {
  for (let length = 1; length <= Math.min(3, bytes.length); length++) {
    const byte = bytes[bytes.length - length]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return length < sequenceLength(byte) ? length : 0;
  }
  return 0;
}

function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  return lead >= 0xe0 ? 3 : 2;
}

/** Length of the longest valid beginning that ends with a whole character. */
function validLength(bytes: Buffer): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const part = bytes.subarray(0, middle);
    if (isUtf8(part.subarray(0, middle - incompleteTail(part)))) low = middle;
    else high = middle - 1;
  }
  return low - incompleteTail(bytes.subarray(0, low));
}
