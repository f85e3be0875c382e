import { type ShopSimulator, startShopSimulator } from '@lockstep/shop-simulator';
import { createTestPlaces, describeOnEveryEngine, type TestPlaces, waitFor } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { caller, startShopUpdate } from '../shop-update.fixture.js';

interface ItemRow {
  readonly topic: string;
  readonly status: string;
  readonly reason: string | null;
  readonly blockedBy: unknown;
  readonly requestId: string | null;
}

describeOnEveryEngine('a change on its way to the shop', (engines) => {
  let places: TestPlaces;
  let app: NestExpressApplication;
  let shop: ShopSimulator;
  let nextSet = 11;
  const call = caller(() => app);
  const configure = async (change: object): Promise<void> => {
    const answer = await call('put', '/api/shop-update/config').send(change);
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  };

  beforeAll(async () => {
    [places, shop] = await Promise.all([createTestPlaces(engines), startShopSimulator()]);
    app = await startShopUpdate({
      databaseUrl: places.databaseUrl,
      rabbitmqUrl: places.rabbitmqUrl,
      elasticsearchUrl: places.elasticsearchUrl,
      indexPrefix: places.indexPrefix,
      env: { SHOP_URL_ALLOW_PRIVATE: 'on', LOG_LEVEL: 'fatal' },
    });
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as { port: number };
    await call('put', '/api/sellers/1').send({ name: 'Lamps Ltd', active: true });
    await configure({
      shopUrl: shop.shopUrl,
      username: 'sc_bridge',
      password: 'secret',
      stockHoldSeconds: 0,
      callbackApiKeys: ['k-7f3a'],
      callbackAllowedIps: ['127.0.0.1'],
    });
    shop.behave({
      username: 'sc_bridge',
      password: 'secret',
      callbacks: { url: `http://127.0.0.1:${port}/shop-update/`, apiKey: 'k-7f3a' },
    });
  });

  afterAll(async () => {
    await app?.close();
    await shop?.stop();
    await places?.remove();
  });

  beforeEach(async () => {
    shop.behave({ rules: [], callbacks: { mode: 'normal', copies: 1, contradicting: false } });
    await configure({ flow: 'synchronous' });
  });

  /** A set of one approved product of the same number times ten, which is then queued for creation. */
  const aProduct = async (): Promise<{ set: number; product: number }> => {
    const set = nextSet++;
    const body = {
      sellerId: 1,
      name: `Lamp ${set}`,
      brand: '87',
      attributeSet: '4',
      primaryCategory: '611',
      categories: [],
    };
    await call('put', `/api/product-sets/${set}`).send(body);
    const product = set * 10;
    await call('put', `/api/products/${product}`).send({
      productSetId: set,
      sellerSku: `LAMP-${set}`,
      price: '59.00',
      stock: 25,
      qcStatus: 'approved',
    });
    return { set, product };
  };
  const items = (set: number): Promise<ItemRow[]> =>
    app.get(DataSource).query(
      `SELECT topic, status, reason, blocked_by AS "blockedBy", request_id::text AS "requestId"
       FROM sync_item WHERE product_set_id = $1 ORDER BY id`,
      [set],
    );
  const untilSynced = async (set: number): Promise<void> => {
    await waitFor('everything to be synced', () => items(set), {
      until: (rows) => rows.length > 0 && rows.every(({ status }) => status === 'synced'),
    });
  };
  const itemOf = (set: number, topic: string, status: string): Promise<ItemRow | undefined> =>
    waitFor(`${topic} to be ${status}`, async () =>
      (await items(set)).findLast((row) => row.topic === topic && row.status === status),
    );
  const atShop = (product: number) =>
    shop.products().find(({ fields }) => fields['id_catalog_product'] === String(product));
  const productOf = async (product: number) => (await call('get', `/api/products/${product}`)).body;

  it('creates a product, keeps the ids that the shop gives, and follows with what changed', async () => {
    const { set, product } = await aProduct();
    await untilSynced(set);
    const created = atShop(product);
    expect(created).toMatchObject({ sellerSku: `LAMP-${set}`, fields: { price: '59.00', stock: 25, config_id: null } });
    expect(await productOf(product)).toMatchObject({ srcId: created?.id, shopSku: created?.sku });
    expect((await call('get', `/api/product-sets/${set}`)).body.srcId).toBe(created?.configId);

    await call('patch', `/api/products/${product}`).send({ price: '49.00', stock: 7, title: 'Lamp, lit' });
    await call('patch', `/api/product-sets/${set}`).send({
      images: [{ url: 'https://img.example/a.jpg', hash: 'aa' }],
    });
    await untilSynced(set);
    expect(atShop(product)?.fields).toMatchObject({ price: '49.00', quantity: '7', title: 'Lamp, lit' });
    expect(atShop(product)).toMatchObject({ images: [{ hash: 'aa', uri: '/a.jpg' }] });
  });

  it('leaves its calls in the log, without the password, and among the metrics', async () => {
    const { set, product } = await aProduct();
    await untilSynced(set);
    const entries = await waitFor(
      'the call to be in the log',
      async () => {
        const q = encodeURIComponent(`message:"LAMP-${set}" AND message:"Product.createProducts"`);
        return (await call('get', `/api/logs?q=${q}`)).body.items as { direction: string; message: string }[];
      },
      { until: (found) => found.length >= 2 },
    );
    expect(entries.map(({ direction }) => direction).sort()).toEqual(['RawResponse', 'Request']);
    expect(JSON.stringify(entries)).toContain(`"id_catalog_product\\":\\"${product}\\"`);
    expect(JSON.stringify(entries)).not.toContain('secret');
    const metrics = (await call('get', '/metrics', null)).text;
    expect(metrics).toMatch(
      /shop_update_calls_total\{method="Product.createProducts",flow="synchronous",outcome="answered"\} [1-9]/,
    );
  });

  it('adds a variation to a set that the shop has', async () => {
    const { set, product } = await aProduct();
    await untilSynced(set);
    const another = { productSetId: set, sellerSku: `LAMP-${set}-B`, price: '61.00', qcStatus: 'approved' };
    await call('put', `/api/products/${product + 1}`).send(another);
    await untilSynced(set);
    expect(atShop(product + 1)?.configId).toBe(atShop(product)?.configId);
    expect((await productOf(product + 1)).srcId).toBe(atShop(product + 1)?.id);
  });

  it.each(['normal', 'early', 'reversed'] as const)('is done by the callback in the other flow: %s', async (mode) => {
    await configure({ flow: 'asynchronous' });
    shop.behave({ callbacks: { mode, copies: 2, contradicting: true } });
    const { set, product } = await aProduct();
    await untilSynced(set);
    expect((await productOf(product)).srcId).toBe(atShop(product)?.id);
    const [{ requestId }] = (await items(set)) as [ItemRow];
    const verdicts = await waitFor(
      'both copies to be judged',
      async () =>
        (await call('get', `/api/shop-update/callbacks?requestId=${requestId}`)).body.items as { verdict: string }[],
      { until: (rows) => rows.length === 2 && rows.every(({ verdict }) => verdict !== 'received') },
    );
    expect(verdicts).toMatchObject([
      { verdict: 'duplicate', detail: 'It contradicts the one before, which stands.', remoteAddress: '127.0.0.1' },
      { verdict: 'applied', detail: null },
    ]);
  });

  it('ends under the flow it was sent with; what comes after the switch waits for it, and both are counted', async () => {
    const { set, product } = await aProduct();
    await untilSynced(set);
    await configure({ flow: 'asynchronous' });
    shop.behave({ callbacks: { mode: 'held' } });
    await call('patch', `/api/products/${product}`).send({ price: '10.00' });
    const open = await itemOf(set, 'price', 'got_acknowledgment');
    await configure({ flow: 'synchronous' });
    expect((await call('get', '/api/shop-update/config')).body).toMatchObject({
      flow: 'synchronous',
      draining: { flow: 'asynchronous', calls: 1 },
    });
    await call('patch', `/api/products/${product}`).send({ title: 'Later' });
    expect(await itemOf(set, 'content', 'pending')).toBeDefined();
    expect(atShop(product)?.fields['title']).not.toBe('Later');
    expect(await shop.release(String(open?.requestId))).toBe(true);
    await untilSynced(set);
    expect(atShop(product)?.fields).toMatchObject({ price: '10.00', title: 'Later' });
    expect((await call('get', '/api/shop-update/config')).body.draining.calls).toBe(0);
  });

  it('is blocked when the shop gives it the id of another product, names the holder and changes nothing else', async () => {
    const { set: holderSet, product: holder } = await aProduct();
    await untilSynced(holderSet);
    const before = await productOf(holder);
    shop.behave({ rules: [{ effect: 'id', id: before.srcId, method: 'Product.createProducts' }] });
    const { set, product } = await aProduct();
    const blocked = await itemOf(set, 'new_product_set', 'blocked');
    expect(blocked).toMatchObject({ reason: 'src_id_conflict', blockedBy: { kind: 'holder', id: holder } });
    expect(await productOf(product)).toMatchObject({ srcId: null, shopSku: null });
    expect(await productOf(holder)).toEqual(before);
  });

  it.each(['not_json', 'too_short', 'no_ids', 'wrong_sku'] as const)(
    'is blocked, not repeated, when the answer cannot be used: %s',
    async (shape) => {
      shop.behave({ rules: [{ effect: 'shape', shape, times: 1 }] });
      const { set, product } = await aProduct();
      expect(await itemOf(set, 'new_product_set', 'blocked')).toMatchObject({ reason: 'bad_response' });
      expect((await productOf(product)).srcId).toBeNull();
    },
  );

  it('waits for its retry when the shop refuses it, does not acknowledge it, or is in trouble', async () => {
    shop.behave({ rules: [{ effect: 'failure', message: 'No brand', code: 7, times: 1 }] });
    const refused = await aProduct();
    expect(await itemOf(refused.set, 'new_product_set', 'delayed')).toMatchObject({ reason: 'retry' });
    shop.behave({ rules: [{ effect: 'status', status: 500, times: 1 }] });
    const inTrouble = await aProduct();
    expect(await itemOf(inTrouble.set, 'new_product_set', 'delayed')).toMatchObject({ reason: 'retry' });
    await configure({ flow: 'asynchronous' });
    shop.behave({ rules: [{ effect: 'shape', shape: 'sync_ack', times: 1 }] });
    const { set } = await aProduct();
    expect(await itemOf(set, 'new_product_set', 'delayed')).toMatchObject({ reason: 'retry' });
  });

  it('stays while its topic is paused, and leaves when the pause ends', async () => {
    const { set, product } = await aProduct();
    await untilSynced(set);
    await configure({ topics: { stock: { paused: true } } });
    await call('patch', `/api/products/${product}`).send({ stock: 3, title: 'Not paused' });
    await itemOf(set, 'content', 'synced');
    expect(atShop(product)?.fields['quantity']).toBeUndefined();
    await configure({ topics: { stock: { paused: false } } });
    await untilSynced(set);
    expect(atShop(product)?.fields['quantity']).toBe('3');
  });
});
