import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { ProblemError, validationProblem } from '@lockstep/service';
import busboy from 'busboy';
import { type ByteBudget, type ReceivedFile, storeStream } from './store-stream.js';

export type { ReceivedFile } from './store-stream.js';

/** Where an upload goes, and how much of it is taken. */
export interface UploadOptions {
  /** Files are kept below it, each upload in a folder of its own. Made where it is missing. */
  readonly directory: string;
  /** Of all files together. */
  readonly maxBytes: number;
  /** @default 100 */
  readonly maxFiles?: number;
  /** Name of the file of a raw body; it tells the type where the media type does not. @default '' */
  readonly rawName?: string;
}

/** What came. */
export interface ReceivedUpload {
  readonly files: readonly ReceivedFile[];
  /** Other parts of the form, such as `config`, `configId` and options, as texts. Empty for a raw body. */
  readonly fields: Readonly<Record<string, string>>;
  /** Removes the files. */
  discard(): Promise<void>;
}

const MAX_FIELDS = 50;
/** Of a field: room for a large mapping. */
const MAX_FIELD_BYTES = 1_048_576;
const DEFAULT_MAX_FILES = 100;

/**
 * Streams an upload to disk: a form (`file` once or more, and fields) or a raw body. Memory does not grow with it, and the
 * sender is slowed down to the pace of the disk. Whatever goes wrong, nothing is left on disk.
 *
 * Throws `ProblemError` 400 (no file, a broken form, a field twice, an upload that broke off), 413 (too large, too many
 * files), 415 (compressed, or an archive: says what to do).
 */
export async function receiveUpload(request: IncomingMessage, options: UploadOptions): Promise<ReceivedUpload> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new ProblemError(415, 'UNSUPPORTED_MEDIA_TYPE', 'A compressed body is not accepted here; send it as it is.');
  }
  const folder = join(options.directory, randomUUID());
  const discard = () => rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const upload = isForm(request)
      ? await receiveForm(request, folder, options)
      : await receiveRaw(request, folder, options);
    if (upload.files.length === 0) {
      throw validationProblem([{ path: 'file', message: 'file must be given: the feed to import' }]);
    }
    return { ...upload, discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

function isForm(request: IncomingMessage): boolean {
  return /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '');
}

type Parts = Pick<ReceivedUpload, 'files' | 'fields'>;

async function receiveRaw(request: IncomingMessage, folder: string, options: UploadOptions): Promise<Parts> {
  const mediaType = request.headers['content-type'] ?? '';
  const name = options.rawName ?? '';
  const budget = { maxBytes: options.maxBytes, used: 0 };
  const body = detached(request);
  const file = await storeStream(body, { fileNo: 1, name, mediaType, path: join(folder, '1') }, budget);
  return { files: file.bytes > 0 ? [file] : [], fields: {} };
}

/** The body without its socket: that must stay whole for the answer, also when the reading ends early. */
function detached(request: IncomingMessage): Readable {
  const body = new PassThrough();
  const onClose = () => {
    if (!request.complete) body.destroy(brokenOff());
  };
  request.once('close', onClose);
  request.once('error', () => body.destroy(brokenOff()));
  body.once('close', () => {
    request.unpipe(body);
    request.off('close', onClose);
  });
  if (request.destroyed && !request.complete) body.destroy(brokenOff());
  // Read by somebody else already: nothing would ever come.
  else if (request.readableEnded) body.end();
  else request.pipe(body);
  return body;
}

function brokenOff(): ProblemError {
  return new ProblemError(400, 'UPLOAD_BROKEN_OFF', 'The upload broke off before its end; send it again.');
}

async function receiveForm(request: IncomingMessage, folder: string, options: UploadOptions): Promise<Parts> {
  const maxFiles = options.maxFiles ?? DEFAULT_MAX_FILES;
  const form = openForm(request, maxFiles);
  const body = detached(request);
  const budget: ByteBudget = { maxBytes: options.maxBytes, used: 0 };
  const fields: Record<string, string> = Object.create(null);
  const storing: Promise<ReceivedFile>[] = [];
  await new Promise<void>((resolve, reject) => {
    form.on('file', (part, stream, { filename, mimeType }) => {
      const fileNo = storing.length + 1;
      const target = { fileNo, name: filename ?? '', mediaType: mimeType, path: join(folder, String(fileNo)) };
      const stored = part === 'file' ? storeStream(stream, target, budget) : refuseFile(stream, part);
      storing.push(stored);
      stored.catch(reject);
    });
    form.on('field', (name, value, { nameTruncated, valueTruncated }) => {
      const fault = fieldFault(fields, name, nameTruncated || valueTruncated);
      if (fault) reject(fault);
      else fields[name] = value;
    });
    form.on('filesLimit', () => reject(tooMany(`more than ${maxFiles} files`)));
    form.on('fieldsLimit', () => reject(tooMany(`more than ${MAX_FIELDS} fields`)));
    form.on('partsLimit', () => reject(tooMany('too many parts')));
    form.on('error', (error) => reject(brokenForm(error)));
    form.on('close', resolve);
    body.on('error', reject);
    body.pipe(form);
  }).catch(async (error: unknown) => {
    body.unpipe(form);
    body.destroy();
    form.destroy();
    // Only when no stream writes any more can the folder be removed for good.
    await Promise.allSettled(storing);
    throw error;
  });
  return { files: await Promise.all(storing), fields };
}

function openForm(request: IncomingMessage, maxFiles: number): busboy.Busboy {
  const limits = { files: maxFiles, fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES, parts: maxFiles + MAX_FIELDS };
  try {
    return busboy({ headers: request.headers, limits, defParamCharset: 'utf8' });
  } catch (error) {
    throw brokenForm(error);
  }
}

function refuseFile(stream: Readable, part: string): Promise<never> {
  stream.resume();
  const message = 'a file must be sent in the part "file"';
  return Promise.reject(validationProblem([{ path: part.slice(0, 100), message }]));
}

function fieldFault(fields: Readonly<Record<string, string>>, name: string, isTruncated: boolean): ProblemError | null {
  if (isTruncated) return tooMany(`a field with more than ${MAX_FIELD_BYTES} bytes`);
  if (!(name in fields)) return null;
  return validationProblem([{ path: name, message: `${name} is given twice` }]);
}

function tooMany(what: string): ProblemError {
  return new ProblemError(413, 'PAYLOAD_TOO_LARGE', `The form has ${what}.`, {}, { Connection: 'close' });
}

function brokenForm(error: unknown): ProblemError {
  const reason = error instanceof Error ? error.message : String(error);
  return new ProblemError(400, 'BROKEN_FORM', `The form could not be read: ${reason}`, {}, { Connection: 'close' });
}
