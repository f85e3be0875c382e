import { createTestPlaces, describeOnEveryEngine, type TestPlaces } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { forgetItems, type GivenItem, givenItem } from '../items/items.fixture.js';
import { caller, startShopUpdate } from '../shop-update.fixture.js';

describeOnEveryEngine('why a product is, or is not, live', (engines) => {
  let places: TestPlaces;
  let app: NestExpressApplication;
  const call = caller(() => app);
  const sql = <Row>(text: string, values: unknown[] = []): Promise<Row[]> => app.get(DataSource).query(text, values);
  const given = (item: GivenItem) => givenItem(app.get(DataSource), item);

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    app = await startShopUpdate(places);
    const put = (path: string, body: object) => call('put', `/api/${path}`).send(body);
    await put('sellers/1', { name: 'Lamps', active: true });
    await put('product-sets/11', { sellerId: 1, name: 'Lamp', categories: [], images: [] });
    await put('products/101', {
      productSetId: 11,
      sellerSku: 'LAMP-OAK-40',
      title: 'Lamp Oak',
      price: '5',
      qcStatus: 'approved',
    });
    await put('products/102', { productSetId: 11, sellerSku: 'LAMP-OAK-60', price: '5' });
    await sql(`UPDATE product_set SET src_id = '771200' WHERE id = 11`);
    await sql(`UPDATE product SET src_id = '900101', shop_sku = 'LO410' WHERE id = 101`);
  });
  beforeEach(() => forgetItems(app.get(DataSource)));
  afterAll(async () => {
    await app?.close();
    await places?.remove();
  });

  it('tells of each topic what it waits for, until when, and what to do', async () => {
    await given({ topic: 'price', status: 'synced' });
    const stock = await given({ topic: 'stock', status: 'delayed', reason: 'stock_hold', availableInSeconds: 500 });
    await given({
      topic: 'content',
      status: 'delayed',
      reason: 'retry',
      availableInSeconds: 3_600,
      retryNo: 2,
      failures: 2,
      lastError: 'HTTP 500',
    });
    await given({ productId: null, topic: 'images', status: 'failed', failures: 28 });
    const { status, body } = await call('get', '/api/products/101/sync');
    expect([status, body]).toMatchObject([
      200,
      { productId: 101, sellerSku: 'LAMP-OAK-40', sku: 'LO410', title: 'Lamp Oak', isLive: true, reasons: [] },
    ]);
    expect(body.headline).toBe('It is live; the shop does not know 3 of its latest changes yet.');
    const topics = new Map(body.topics.map((each: { topic: string }) => [each.topic, each]));
    expect([...topics.keys()]).toEqual([
      'content',
      'status',
      'qc_status_change',
      'price',
      'stock',
      'consignment_stock_change',
      'images',
    ]);
    expect(topics.get('price')).toMatchObject({
      state: 'in_sync',
      topicLabel: 'Price',
      lastSyncedAt: expect.any(String),
      itemId: null,
    });
    expect(topics.get('stock')).toMatchObject({ state: 'waiting', until: expect.stringMatching(/Z$/), itemId: stock });
    expect(topics.get('content')).toMatchObject({
      state: 'waiting',
      text: expect.stringContaining('failed 2 times: HTTP 500.'),
    });
    expect(topics.get('images')).toMatchObject({ state: 'failed', whatToDo: expect.stringContaining('Reupload') });
  });

  it('names what keeps a product from being sold', async () => {
    await given({
      productId: 102,
      topic: 'price',
      status: 'blocked',
      reason: 'no_src_id',
      blockedBy: { kind: 'product', id: 102 },
    });
    const { body } = await call('get', '/api/products/102/sync');
    expect(body).toMatchObject({
      isLive: false,
      headline: 'It is not live. Quality control has not approved it yet.',
      reasons: ['Quality control has not approved it yet.', 'The shop has not created it yet.'],
    });
    expect(body.topics[0]).toMatchObject({ topic: 'new_product', state: 'never_sent' });
    expect((await call('get', '/api/products/999/sync')).body.code).toBe('PRODUCT_NOT_FOUND');
  });

  it('is shown by a link to whoever has it, until it expires or is revoked', async () => {
    await given({ status: 'failed', failures: 28, lastError: 'connect ECONNREFUSED 10.1.2.3' });
    const viewer = (await call('post', '/api/tokens').send({ name: 'viewer', role: 'viewer' })).body.key;
    expect((await call('post', '/api/products/101/sync-link', viewer).send({})).status).toBe(403);
    expect((await call('post', '/api/products/999/sync-link').send({})).status).toBe(404);
    const made = await call('post', '/api/products/101/sync-link').send({ expiresInHours: 1 });
    expect(made.status).toBe(201);
    const opened = await call('get', made.body.url, null);
    expect([opened.status, opened.body.productId, opened.headers['cache-control']]).toEqual([200, 101, 'no-store']);
    expect(opened.body.topics.every(({ itemId }: { itemId: unknown }) => itemId === null)).toBe(true);
    expect(JSON.stringify(opened.body)).not.toContain('10.1.2.3');
    const token = made.body.url.split('/').at(-1);
    const stored = await sql<{ row: string }>('SELECT row_to_json(l)::text AS row FROM product_sync_link l');
    expect(stored.map(({ row }) => row).join()).not.toContain(token);
    expect((await call('get', `/api/product-sync/${token}x`, null)).body.code).toBe('SYNC_LINK_INVALID');
    await sql(`UPDATE product_sync_link SET expires_at = now() - interval '1 second'`);
    expect((await call('get', made.body.url, null)).status).toBe(403);
    const other = await call('post', '/api/products/101/sync-link').send({});
    expect((await call('delete', '/api/products/101/sync-link')).status).toBe(204);
    expect((await call('get', other.body.url, null)).status).toBe(403);
  });
});
