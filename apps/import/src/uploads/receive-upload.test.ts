import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ProblemError, problemBody } from '@lockstep/service';
import { waitFor } from '@lockstep/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ReceivedUpload, receiveUpload, type UploadOptions } from './receive-upload.js';

let directory: string;
let server: Server;
let options: UploadOptions;
let upload: ReceivedUpload | null;
let failure: unknown;
let started: boolean;

beforeAll(async () => {
  server = createServer((request, response) => {
    started = true;
    receiveUpload(request, options).then(
      (received) => {
        upload = received;
        response.end('{}');
      },
      (error: unknown) => {
        failure = error;
        if (!(error instanceof ProblemError)) return response.writeHead(500).end(String(error));
        response.writeHead(error.status, error.headers).end(JSON.stringify(problemBody(error, '/', undefined)));
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lockstep-uploads-'));
  options = { directory, maxBytes: 1_000_000 };
  upload = null;
  failure = null;
  started = false;
  return () => rm(directory, { recursive: true, force: true });
});

function url(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function send(body: FormData | Buffer | string, headers: Record<string, string> = {}) {
  const init = { method: 'POST', body: body as BodyInit, headers };
  const response = await fetch(url(), init);
  const answer = (await response.json()) as { code?: string; detail?: string };
  return { status: response.status, code: answer.code, detail: answer.detail };
}

function formOf(...files: [content: string | Uint8Array<ArrayBuffer>, name: string, type?: string][]): FormData {
  const form = new FormData();
  for (const [content, name, type = 'text/csv'] of files) form.append('file', new Blob([content], { type }), name);
  return form;
}

async function isEmpty(): Promise<boolean> {
  return (await readdir(directory)).length === 0;
}

describe('receiving an upload', () => {
  it('stores the files of a form byte by byte, with their hashes, and hands over its fields', async () => {
    const form = formOf(['a,b\n1,2\n', 'first.csv'], ['{"type":"x"}\n', 'second.jsonl', 'application/octet-stream']);
    form.append('configId', 'catalog-csv');
    form.append('dryRun', 'true');
    expect((await send(form)).status).toBe(200);
    expect({ ...upload!.fields }).toEqual({ configId: 'catalog-csv', dryRun: 'true' });
    const [first, second] = upload!.files;
    expect(first).toMatchObject({ fileNo: 1, name: 'first.csv', importType: 'csv', bytes: 8 });
    expect(first!.sha256).toBe(createHash('sha256').update('a,b\n1,2\n').digest('hex'));
    expect(await readFile(first!.path, 'utf8')).toBe('a,b\n1,2\n');
    expect(second).toMatchObject({ fileNo: 2, name: 'second.jsonl', importType: 'jsonl' });
    await upload!.discard();
    expect(await isEmpty()).toBe(true);
  });

  it('takes a raw body, whose type its media type or its beginning tells', async () => {
    await send('a,b\n', { 'content-type': 'text/csv' });
    expect(upload!.files).toMatchObject([{ fileNo: 1, name: 'file-1', importType: 'csv', bytes: 4 }]);
    await send('  <catalog/>', { 'content-type': 'application/octet-stream' });
    expect(upload!.files).toMatchObject([{ importType: 'xml' }]);
    await send('{"type":"x"}', { 'content-type': 'application/x-ndjson' });
    expect(upload!.files).toMatchObject([{ importType: 'jsonl' }]);
  });

  it('never makes a path of the name of a file', async () => {
    await send(formOf(['a\n', '../../../etc/passwd.csv']));
    const [file] = upload!.files;
    expect(file!.name).toBe('passwd.csv');
    expect(file!.path.startsWith(join(directory, ''))).toBe(true);
    expect(file!.path.endsWith('/1')).toBe(true);
  });

  it.each([
    ['a form', () => formOf(['a\n'.repeat(600_000), 'big.csv'])],
    [
      'a form of files that together make one',
      () => formOf(['a\n'.repeat(300_000), '1.csv'], ['a\n'.repeat(300_000), '2.csv']),
    ],
    ['a raw body', () => 'a\n'.repeat(600_000)],
  ])('refuses %s that is too large with 413, and leaves nothing on disk', async (_, body) => {
    expect(await send(body())).toMatchObject({ status: 413, code: 'PAYLOAD_TOO_LARGE' });
    expect(await isEmpty()).toBe(true);
  });

  const zip = Uint8Array.from([0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0]);
  const xlsx = new Uint8Array([...zip, ...Buffer.from('[Content_Types].xml')]);
  it.each([
    ['a zip archive', zip, 'unpack'],
    ['a spreadsheet', xlsx, 'save the sheet as CSV'],
    ['a gzip file', Uint8Array.from(gzipSync('a,b\n1,2\n')), 'unpack'],
    ['a 7z archive', Uint8Array.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0, 4]), 'unpack'],
  ])('refuses %s, whatever it is called, and says what to do', async (_, content, advice) => {
    const answer = await send(formOf([content, 'feed.csv']));
    expect(answer).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
    expect(answer.detail).toContain(advice);
    expect(await isEmpty()).toBe(true);
  });

  it('knows an archive as soon as it begins, long before its end', async () => {
    const content = new Uint8Array(900_000);
    content.set(zip);
    expect((await send(Buffer.from(content), { 'content-type': 'text/csv' })).status).toBe(415);
    expect(await isEmpty()).toBe(true);
  });

  it('refuses a compressed body, a form without a file, a file in another part, a field twice, and a broken form', async () => {
    expect((await send('a', { 'content-type': 'text/csv', 'content-encoding': 'gzip' })).status).toBe(415);
    const empty = new FormData();
    empty.append('configId', 'x');
    expect(await send(empty)).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
    const other = new FormData();
    other.append('upload', new Blob(['a']), 'a.csv');
    expect(await send(other)).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
    const twice = formOf(['a\n', 'a.csv']);
    twice.append('configId', 'x');
    twice.append('configId', 'y');
    expect(await send(twice)).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
    const type = { 'content-type': 'multipart/form-data; boundary=x' };
    expect(
      await send('--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc', type),
    ).toMatchObject({
      status: 400,
      code: 'BROKEN_FORM',
    });
    expect(await send('abc', { 'content-type': 'multipart/form-data' })).toMatchObject({ code: 'BROKEN_FORM' });
    expect(await isEmpty()).toBe(true);
  });

  it.each([
    [
      'a form',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\na,b',
    ],
    ['a raw body', 'text/csv', 'a,b\n1,2\n'],
  ])('leaves nothing of %s that its sender breaks off', async (_, contentType, begin) => {
    const headers = { 'content-type': contentType, 'content-length': '100000' };
    const request = httpRequest(url(), { method: 'POST', headers });
    request.on('error', () => undefined);
    request.write(begin);
    await waitFor('the upload to have begun', async () => started && !(await isEmpty()));
    request.destroy();
    await waitFor('the upload to be given up', async () => failure !== null && (await isEmpty()));
    expect(failure).toMatchObject({ status: 400, code: 'UPLOAD_BROKEN_OFF' });
  });
});
