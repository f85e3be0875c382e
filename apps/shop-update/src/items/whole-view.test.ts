import { type ShopSimulator, startShopSimulator } from '@lockstep/shop-simulator';
import { createTestPlaces, describeOnEveryEngine, type TestPlaces, waitFor } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { caller, startShopUpdate } from '../shop-update.fixture.js';

describeOnEveryEngine('what people see of a change', (engines) => {
  let places: TestPlaces;
  let shop: ShopSimulator;
  let app: NestExpressApplication;
  let reader: string;
  const call = caller(() => app);
  const get = async (path: string, query: object = {}) => (await call('get', path, reader).query(query)).body;

  beforeAll(async () => {
    [places, shop] = await Promise.all([createTestPlaces(engines), startShopSimulator()]);
    app = await startShopUpdate({
      databaseUrl: places.databaseUrl,
      rabbitmqUrl: places.rabbitmqUrl,
      elasticsearchUrl: places.elasticsearchUrl,
      indexPrefix: places.indexPrefix,
      env: { SHOP_URL_ALLOW_PRIVATE: 'on', LOG_LEVEL: 'fatal' },
    });
    const scopes = ['logs:read'];
    reader = (await call('post', '/api/tokens').send({ name: 'reader', role: 'viewer', scopes })).body.key;
    shop.behave({ username: 'sc', password: 'pw-secret-1' });
    const settings = {
      shopUrl: shop.shopUrl,
      username: 'sc',
      password: 'pw-secret-1',
      venture: 'Jumia',
      stockHoldSeconds: 0,
    };
    expect((await call('put', '/api/shop-update/config').send(settings)).status).toBe(200);
    await call('put', '/api/sellers/1').send({ name: 'Lamps', active: true });
    const set = { sellerId: 1, name: 'Lamp', brand: '87', attributeSet: '4', primaryCategory: '611', categories: [] };
    await call('put', '/api/product-sets/11').send(set);
    const product = {
      productSetId: 11,
      sellerSku: 'LAMP-OAK-40',
      title: 'Lamp',
      description: 'Desk lamp',
      price: '59.00',
    };
    await call('put', '/api/products/101').send({ ...product, qcStatus: 'approved' });
    await waitFor('the creation', async () => (await get('/api/products/101')).srcId);
  });

  afterAll(async () => {
    await app?.close();
    await shop?.stop();
    await places?.remove();
  });

  it('is one story in the list, on its page, in the log, in the graphs and in plain words', async () => {
    await call('patch', '/api/products/101').send({ price: '49.00' });
    const [item] = await waitFor(
      'the price',
      async () => (await get('/api/shop-update/items', { tab: 'synced', topic: 'price' })).items,
      {
        until: (items) => items.length === 1,
      },
    );
    expect(item).toMatchObject({
      sellerSku: 'LAMP-OAK-40',
      sku: expect.any(String),
      statusLabel: 'Synced',
      flow: 'synchronous',
    });
    const page = await waitFor('its answer', () => get(`/api/shop-update/items/${item.id}`), {
      until: ({ attempts }) => attempts[0]?.response !== null,
    });
    expect(page.timeline.map(({ to }: { to: string }) => to)).toEqual([
      'pending',
      'processing',
      'building_request_payload',
      'made_request',
      'got_response',
      'building_response_payload',
      'response_processing',
      'synced',
    ]);
    const [attempt] = page.attempts;
    expect(attempt).toMatchObject({
      requestId: item.requestId,
      method: 'Product.updatePrices',
      outcome: 'answered',
      itemOutcome: 'synced',
      request: { seller_sku: 'LAMP-OAK-40', price: '49.00' },
      response: { direction: 'RawResponse', text: expect.stringContaining('"status":"success"') },
    });
    const [received] = shop.calls().filter(({ method }) => method === 'Product.updatePrices');
    const sent = Object.fromEntries(
      Object.entries(received!.headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    for (const name of ['X-SC-Flow', 'X-SC-Topic', 'X-SC-Requeue-Count', 'X-SC-Enqueued-At', 'X-SC-Item-Id']) {
      expect([name, attempt.headers[name]]).toEqual([name, sent[name.toLowerCase()]]);
    }
    const q = `venture:"jumia" AND message:"LAMP-OAK-40" AND message:"Product.updatePrices" AND requestId:${item.requestId}`;
    const logged = await waitFor('the log', () => get('/api/logs', { q }), { until: ({ total }) => total >= 1 });
    expect(JSON.stringify(await get('/api/logs', { q: '' }))).not.toContain('pw-secret-1');
    expect(logged.items[0].itemIds).toContain(String(item.id));
    const calls = await get('/api/shop-update/analytics/api-calls');
    expect(calls.methods.find(({ method }: { method: string }) => method === 'Product.updatePrices')).toMatchObject({
      calls: 1,
      failures: 0,
    });
    const [kpi] = (await get('/api/shop-update/analytics/sync-kpi')).windows;
    expect(kpi).toMatchObject({
      range: '24h',
      unfinished: 0,
      points: expect.arrayContaining([{ seconds: 600, percent: 100 }]),
    });
    expect(await get('/api/products/101/sync')).toMatchObject({
      isLive: true,
      headline: 'It is live, and the shop knows everything.',
    });
  });
});
