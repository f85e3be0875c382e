import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createTestPlaces,
  describeWithEngines,
  type MockOwner,
  type RunningService,
  startMockOwner,
  startService,
  type TestPlaces,
  waitFor,
} from '@lockstep/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ADMIN_KEY = 'test-admin-token';
/** Children before their parents, and an object that is there already. */
const FEED = [
  { type: 'variant', ref: 'SKU-1', fields: { sku: 'SKU-1' }, links: [{ tag: 'variantOfProduct', ref: 'P-1' }] },
  {
    type: 'product',
    ref: 'P-1',
    fields: { title: 'Shoe' },
    links: [
      { tag: 'productHasBrand', ref: 'B-1' },
      { tag: 'productInCategory', ref: 'C-1' },
    ],
  },
  { type: 'brand', ref: 'B-1', fields: { name: 'Acme' } },
  { type: 'category', ref: 'C-1', identifierIds: { categoryId: '7' } },
];

describeWithEngines('an import from its upload to its end', (engines) => {
  let places: TestPlaces;
  let service: RunningService;
  let owner: MockOwner;
  let directory: string;

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    directory = await mkdtemp(join(tmpdir(), 'lockstep-import-'));
    owner = await startMockOwner({ rabbitmqUrl: places.rabbitmqUrl, services: ['shop-update', 'returns'] });
    service = await startService({
      app: 'import',
      env: {
        NODE_ENV: 'test',
        HOST: '127.0.0.1',
        ...places.env,
        LOCKSTEP_ADMIN_TOKEN: ADMIN_KEY,
        IMPORT_UPLOAD_DIR: directory,
      },
    });
  });
  afterAll(async () => {
    await service?.kill('SIGTERM');
    await owner?.close();
    await places?.remove();
    await rm(directory, { recursive: true, force: true });
  });

  async function call(
    method: string,
    path: string,
    body?: string,
  ): Promise<{ status: number; body: unknown; location: string }> {
    const answer = await fetch(service.url + path, {
      method,
      headers: { authorization: `Bearer ${ADMIN_KEY}`, ...(body ? { 'content-type': 'application/x-ndjson' } : {}) },
      body,
    });
    return { status: answer.status, body: await answer.json(), location: answer.headers.get('location') ?? '' };
  }

  it('makes what a file says in the order of its links, and says so', async () => {
    const submitted = await call('POST', '/api/imports', FEED.map((line) => JSON.stringify(line)).join('\n'));
    expect(submitted).toMatchObject({ status: 202 });
    const batch = await waitFor(
      'the end',
      async () => (await call('GET', submitted.location)).body as Record<string, unknown>,
      {
        until: (seen) =>
          ['complete', 'error', 'cancelled'].includes(String(seen['importBatchStatus'] ?? seen['state'])),
      },
    );
    expect(JSON.stringify(batch)).toContain('"complete":4');
    expect(owner.double.made.filter(({ kind }) => kind === 'object').length).toBe(3);
    const [brand, product, variant] = owner.double.asked.filter(({ kind }) => kind === 'object');
    expect(brand?.parents).toEqual([]);
    expect(product?.parents.map(({ linkTag, separate }) => [linkTag, separate])).toEqual([
      ['productHasBrand', false],
      ['productInCategory', true],
    ]);
    expect(variant?.parents.length).toBe(1);
    expect(owner.double.made.filter(({ kind }) => kind === 'link').length).toBe(1);
  });
});
