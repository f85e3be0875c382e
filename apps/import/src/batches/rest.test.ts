import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, describeWithEngines, type TestDatabase, waitFor } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FeedConfigsStore } from '../feed-configs/feed-configs.store.js';
import { AbandonedUploads } from './abandoned-uploads.js';
import { FakeHandOver } from './batches.fixture.js';
import { caller, startBatches } from './rest.fixture.js';

const fixture = (name: string) => readFile(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8');

describeWithEngines('the REST of imports until they start', (engines) => {
  let app: NestExpressApplication;
  let database: TestDatabase;
  let directory: string;
  const handOver = new FakeHandOver();
  const call = caller(() => app);
  const jsonl = (...lines: object[]) => lines.map((line) => JSON.stringify(line)).join('\n');
  const brand = { type: 'brand', ref: 'B-1', fields: { name: 'Acme' } };
  const orphan = {
    type: 'product',
    ref: 'P-1',
    fields: { title: '=cmd' },
    links: [{ tag: 'productHasBrand', ref: 'B-404' }],
  };
  const variant = {
    type: 'variant',
    ref: 'S-1',
    fields: { sku: 'S-1' },
    links: [{ tag: 'variantOfProduct', ref: 'P-1' }],
  };

  const send = (body: string, query = '') =>
    call('post', `/api/imports${query}`).set('Content-Type', 'application/x-ndjson').send(body);
  const settled = (id: string) =>
    waitFor('the batch to be prepared', async () => (await call('get', `/api/imports/${id}`)).body, {
      until: ({ importBatchStatus }) => !['received', 'parsing'].includes(importBatchStatus),
    });
  const importOf = async (body: string, query = '') =>
    settled((await send(body, query).expect(202)).body.importBatchId);

  beforeAll(async () => {
    database = await createTestDatabase(engines);
    directory = await mkdtemp(join(tmpdir(), 'lockstep-test-'));
    app = await startBatches(database.url, directory, handOver);
  });

  afterAll(async () => {
    await app?.close();
    await database?.remove();
    await rm(directory, { recursive: true, force: true });
  });

  it('takes a file in, says where to follow it, and starts it', async () => {
    const answer = await send(jsonl(brand)).expect(202);
    const { importBatchId } = answer.body;
    expect(answer.headers['location']).toBe(`/api/imports/${importBatchId}`);
    const batch = await settled(importBatchId);
    expect(batch).toMatchObject({
      importBatchStatus: 'processingObjects',
      counts: { objects: { processing: 1 }, links: {} },
      levels: [{ level: 0, objects: 1, finished: 0 }],
      plan: { create: 1, messages: { 'shop-update': 1 } },
      errors: 0,
    });
    expect(batch.files).toEqual([expect.objectContaining({ fileNo: 1, importType: 'jsonl' })]);
    expect(JSON.stringify(batch)).not.toContain(directory);
  });

  it('takes several files with a mapping each, and reports every fault of all of them', async () => {
    const configs = [
      JSON.parse(await fixture('categories-csv.config.json')),
      JSON.parse(await fixture('catalog-csv.config.json')),
    ];
    configs[1].csv.ignoreRows = [];
    const bad = await fixture('catalog-bad.csv');
    const answer = await call('post', '/api/imports')
      .attach('file', Buffer.from(await fixture('catalog-bad-categories.csv')), 'categories.csv')
      .attach('file', Buffer.from(bad), 'catalog-bad.csv')
      .field('config', JSON.stringify(configs))
      .expect(202);
    const batch = await settled(answer.body.importBatchId);
    expect(batch).toMatchObject({ importBatchStatus: 'error', failure: expect.stringContaining('INVALID') });
    const { body } = await call('get', `/api/imports/${answer.body.importBatchId}/errors?severity=error&pageSize=50`);
    expect(body.items.map((each: { code: string; rowNumber: number }) => `${each.rowNumber} ${each.code}`)).toEqual([
      '2 MISSING_REQUIRED_FIELD',
      '3 DUPLICATE_REFERENCE',
      expect.stringMatching(/^4 (INVALID_VALUE|UNKNOWN_REFERENCE)$/),
      expect.stringMatching(/^4 (INVALID_VALUE|UNKNOWN_REFERENCE)$/),
      '5 DUPLICATE_REFERENCE',
      '6 SELF_LINK_NOT_ALLOWED',
      '7 COLUMN_COUNT',
      '8 MISSING_REFERENCE',
      '9 CSV_UNTERMINATED_QUOTE',
    ]);
    expect(body.items.every((each: { file: string }) => each.file === 'catalog-bad.csv')).toBe(true);
    const failed = await call('get', `/api/imports/${answer.body.importBatchId}/failed-rows?fileNo=2`).expect(200);
    expect(failed.text.split('\n')[0]).toContain('_errors');
    expect(failed.text).toContain('P-1');
  });

  it('finds a stored mapping by its id', async () => {
    const config = JSON.parse(await fixture('categories-csv.config.json'));
    await app.get(FeedConfigsStore).save('categories', config, 'test');
    const answer = await call('post', '/api/imports?configId=categories&name=categories.csv')
      .set('Content-Type', 'text/csv')
      .send(await fixture('categories.csv'))
      .expect(202);
    expect(await settled(answer.body.importBatchId)).toMatchObject({ counts: { objects: { processing: 4 } } });
  });

  it('tells what a dry run would do, and never sends it', async () => {
    const batch = await importOf(jsonl(brand), '?dryRun=true');
    expect(batch).toMatchObject({ importBatchStatus: 'validated', endTime: expect.any(String), plan: { create: 1 } });
    const { body } = await call('post', `/api/imports/${batch.importBatchId}/confirm`).expect(409);
    expect(body).toMatchObject({ code: 'IMPORT_IS_DRY_RUN', importBatchStatus: 'validated' });
  });

  it('waits for confirmation where that is wanted, and starts once', async () => {
    const { importBatchId } = await importOf(jsonl(brand), '?confirm=true');
    const { body } = await call('post', `/api/imports/${importBatchId}/confirm`).expect(202);
    expect(body).toEqual({ importBatchId, importBatchStatus: 'processingObjects' });
    const again = await call('post', `/api/imports/${importBatchId}/confirm`).expect(409);
    expect(again.body.code).toBe('IMPORT_NOT_WAITING');
  });

  it('makes one batch of one id, however often it is sent, and leaves no second copy of its files', async () => {
    const importBatchId = randomUUID();
    await send(jsonl(brand), `?importBatchId=${importBatchId}`).expect(202);
    const folders = (await readdir(directory)).length;
    const { body } = await send(jsonl(brand), `?importBatchId=${importBatchId}`).expect(202);
    expect(body.importBatchId).toBe(importBatchId);
    expect((await readdir(directory)).length).toBe(folders);
    const other = await send(jsonl(orphan), `?importBatchId=${importBatchId}`).expect(409);
    expect(other.body).toMatchObject({ code: 'IMPORT_ID_TAKEN', importBatchId });
  });

  it('refuses the same files a second time where that is wanted', async () => {
    const body = jsonl({ ...brand, ref: randomUUID() });
    const first = await importOf(body);
    const answer = await send(body, '?rejectDuplicateUpload=true').expect(409);
    expect(answer.body).toMatchObject({ code: 'DUPLICATE_UPLOAD', importBatchId: first.importBatchId });
    await send(body).expect(202);
  });

  describe('of one that leaves out what is wrong', () => {
    let path: string;

    beforeAll(async () => {
      const { importBatchId } = await importOf(jsonl(orphan, variant, brand), '?skipInvalid=true&name=feed.jsonl');
      path = `/api/imports/${importBatchId}`;
    });

    it('lists objects with what blocks them', async () => {
      const { body } = await call('get', `${path}/objects?status=blocked`).expect(200);
      expect(body).toMatchObject({ total: 1, page: 1 });
      expect(body.items[0]).toMatchObject({
        objectType: 'variant',
        referenceId: 'S-1',
        level: -1,
        places: [{ fileNo: 1, file: 'feed.jsonl', rowNumber: 2 }],
        blockedBy: [{ objectType: 'product', referenceId: 'P-1', status: 'error' }],
      });
    });

    it('lists links with their ends', async () => {
      const { body } = await call('get', `${path}/links`).expect(200);
      expect(body.items).toHaveLength(1);
      expect(body.items[0]).toMatchObject({
        linkTag: 'variantOfProduct',
        status: 'blocked',
        child: { referenceId: 'S-1' },
        parent: { referenceId: 'P-1' },
        blockedBy: [{ referenceId: 'P-1' }],
      });
    });

    it('writes a report for people and for programs', async () => {
      const csv = await call('get', `${path}/report`).expect(200);
      expect(csv.headers['content-type']).toContain('text/csv');
      expect(csv.headers['content-disposition']).toContain('attachment');
      expect(csv.text.trim().split('\r\n')).toHaveLength(4);
      const lines = await call('get', `${path}/report?format=jsonl`).buffer(true).expect(200);
      const text = lines.text ?? lines.body.toString();
      expect(
        text
          .trim()
          .split('\n')
          .map((line: string) => JSON.parse(line)),
      ).toMatchObject([
        { rowNumber: 1, referenceId: 'P-1', status: 'error', errors: [{ code: 'UNKNOWN_REFERENCE' }] },
        { rowNumber: 2, referenceId: 'S-1', status: 'blocked', blockedBy: ['product P-1'] },
        { rowNumber: 3, referenceId: 'B-1', status: 'processing' },
      ]);
    });

    it('gives the failed rows back in their own form', async () => {
      const answer = await call('get', `${path}/failed-rows`).buffer(true).expect(200);
      const text: string = answer.text ?? answer.body.toString();
      expect(text.trim().split('\n')).toHaveLength(2);
      expect(text).toContain('UNKNOWN_REFERENCE');
    });
  });

  it('shows what an object waits for', async () => {
    const product = { ...orphan, links: [{ tag: 'productHasBrand', ref: 'B-1' }] };
    const { importBatchId } = await importOf(jsonl(product, brand));
    const { body } = await call('get', `/api/imports/${importBatchId}/objects?reference=P-1`).expect(200);
    expect(body.items[0]).toMatchObject({ status: 'processing', waitingFor: [{ referenceId: 'B-1' }] });
  });

  it('streams what happens to a batch until its end, and goes on after the last event a client saw', async () => {
    const { importBatchId } = await importOf(jsonl(orphan));
    const answer = await call('get', `/api/imports/${importBatchId}/events`).buffer(true).expect(200);
    const events = [...answer.text.matchAll(/event: (\w+)\nid: (\d+)/g)].map(([, type, id]) => ({ type, id }));
    expect(events.at(-1)?.type).toBe('end');
    const resumed = await call('get', `/api/imports/${importBatchId}/events`)
      .set('Last-Event-ID', String(events.at(-1)?.id))
      .buffer(true);
    expect([...resumed.text.matchAll(/event: (\w+)/g)].map(([, type]) => type)).toEqual(['end']);
  });

  it('lists batches newest first', async () => {
    const { importBatchId } = await importOf(jsonl(brand), '?dryRun=true');
    const { body } = await call('get', '/api/imports?pageSize=1').expect(200);
    expect(body.items.map((each: { importBatchId: string }) => each.importBatchId)).toEqual([importBatchId]);
    const validated = await call('get', '/api/imports?status=cancelled').expect(200);
    expect(validated.body.total).toBe(0);
  });

  it.each<['get' | 'post', string, number, string]>([
    ['get', '/api/imports/not-a-uuid', 400, 'BAD_REQUEST'],
    ['get', `/api/imports/${randomUUID()}`, 404, 'IMPORT_NOT_FOUND'],
    ['get', `/api/imports/${randomUUID()}/objects`, 404, 'IMPORT_NOT_FOUND'],
    ['get', `/api/imports/${randomUUID()}/report`, 404, 'IMPORT_NOT_FOUND'],
    ['post', `/api/imports/${randomUUID()}/confirm`, 404, 'IMPORT_NOT_FOUND'],
    ['get', '/api/imports?pageSize=201', 400, 'VALIDATION_FAILED'],
    ['get', '/api/imports?status=done', 400, 'VALIDATION_FAILED'],
    ['post', '/api/imports?colour=red', 400, 'VALIDATION_FAILED'],
  ])('%s %s is %i %s', async (method, path, status, code) => {
    const { body, headers } = await call(method, path).expect(status);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(body).toMatchObject({ status, code });
  });

  it.each<[string, number, string]>([
    ['?dryRun=yes', 400, 'VALIDATION_FAILED'],
    ['?configId=nowhere', 404, 'CONFIG_NOT_FOUND'],
    [`?resumeOf=${randomUUID()}`, 400, 'VALIDATION_FAILED'],
  ])('refuses a submission with %s, and keeps nothing of it', async (query, status, code) => {
    const folders = (await readdir(directory)).length;
    const { body } = await send(jsonl(brand), query).expect(status);
    expect(body.code).toBe(code);
    expect((await readdir(directory)).length).toBe(folders);
  });

  it('removes uploads that never became a batch, once they are old, and no others', async () => {
    const uploads = app.get(AbandonedUploads);
    await mkdir(join(directory, randomUUID()));
    const { importBatchId } = await importOf(jsonl(orphan));
    expect(await uploads.sweep()).toBe(0);
    expect(await uploads.sweep(new Date(Date.now() + 25 * 3_600_000))).toBe(1);
    await call('get', `/api/imports/${importBatchId}/failed-rows`).expect(200);
  });

  it('asks for a mapping where a file needs one', async () => {
    const { body } = await call('post', '/api/imports').set('Content-Type', 'text/csv').send('a,b\n1,2\n').expect(400);
    expect(body).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ path: 'config' }] });
  });

  it('lets viewers read and only operators import', async () => {
    const keys = Object.fromEntries(
      await Promise.all(
        ['viewer', 'operator'].map(async (role) => [
          role,
          (await call('post', '/api/tokens').send({ name: role, role })).body.key,
        ]),
      ),
    );
    const post = (key: string | null) =>
      call('post', '/api/imports', key).set('Content-Type', 'application/x-ndjson').send(jsonl(brand));
    await post(null).expect(401);
    await post(keys.viewer).expect(403);
    const { body } = await post(keys.operator).expect(202);
    await call('get', `/api/imports/${body.importBatchId}`, keys.viewer).expect(200);
    await settled(body.importBatchId);
    const rows: unknown[] = await app
      .get(DataSource)
      .query(`SELECT 1 FROM import_batch WHERE id = $1 AND submitted_by = 'operator'`, [body.importBatchId]);
    expect(rows).toHaveLength(1);
  });
});
