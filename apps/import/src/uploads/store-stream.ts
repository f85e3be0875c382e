import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ProblemError } from '@lockstep/service';
import type { FeedImportType } from '../feeds/read-feed.js';
import { findArchive, importTypeOf, SIGNATURE_BYTES } from './file-signature.js';

/** A file of an upload, on disk. */
export interface ReceivedFile {
  /** From 1, in the order of the upload. */
  readonly fileNo: number;
  /** As its sender calls it; never part of a path. */
  readonly name: string;
  readonly importType: FeedImportType;
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** What is left of the bytes that an upload may have in all. */
export interface ByteBudget {
  readonly maxBytes: number;
  used: number;
}

const MAX_NAME = 200;

/**
 * Writes a stream to a file at the pace of the disk, hashing it on the way. Throws `ProblemError` 413 past the budget and
 * 415 for an archive as soon as its first bytes tell; removing the file is the caller's.
 */
export async function storeStream(
  source: Readable,
  file: { fileNo: number; name: string; mediaType: string; path: string },
  budget: ByteBudget,
): Promise<ReceivedFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  let head: Buffer = Buffer.alloc(0);
  const name = displayName(file.name, file.fileNo);
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      budget.used += chunk.length;
      hash.update(chunk);
      if (budget.used > budget.maxBytes) return done(tooLarge(budget.maxBytes));
      if (head.length < SIGNATURE_BYTES) {
        head = Buffer.concat([head, chunk.subarray(0, SIGNATURE_BYTES - head.length)]);
        if (head.length === SIGNATURE_BYTES) return done(refusal(head, name), chunk);
      }
      done(null, chunk);
    },
    flush(done) {
      done(refusal(head, name));
    },
  });
  await pipeline(source, watch, createWriteStream(file.path, { flags: 'wx', mode: 0o600 }));
  const importType = importTypeOf(file.name, file.mediaType, head);
  return { fileNo: file.fileNo, name, importType, path: file.path, bytes, sha256: hash.digest('hex') };
}

function tooLarge(maxBytes: number): ProblemError {
  const detail = `The upload is larger than ${maxBytes} bytes; nothing of it was kept.`;
  // What is still on its way is not read, so the connection cannot serve another request.
  return new ProblemError(413, 'PAYLOAD_TOO_LARGE', detail, {}, { Connection: 'close' });
}

function refusal(head: Buffer, name: string): ProblemError | null {
  const archive = findArchive(head);
  if (!archive) return null;
  const detail = `"${name}" cannot be imported. ${archive}`;
  return new ProblemError(415, 'UNSUPPORTED_MEDIA_TYPE', detail, {}, { Connection: 'close' });
}

/** The last part of what the sender calls it, so that reports can name it. */
function displayName(name: string, fileNo: number): string {
  const last = name.split(/[\\/]/).at(-1) ?? '';
  const plain = last.replaceAll(/[\p{Control}\p{Surrogate}]/gu, '').trim();
  return plain.slice(0, MAX_NAME) || `file-${fileNo}`;
}
