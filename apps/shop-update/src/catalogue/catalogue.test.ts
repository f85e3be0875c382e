import {
  createTestDatabase,
  createTestVhost,
  describeWithEngines,
  type TestDatabase,
  type TestVhost,
} from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { caller, startShopUpdate } from '../shop-update.fixture.js';

const SET = {
  sellerId: 1,
  name: 'Lamp Oak',
  brand: '87',
  attributeSet: '4',
  primaryCategory: '611',
  categories: ['611', '60'],
  images: [{ url: 'https://img.example/a.jpg', hash: 'abc' }],
};
const PRODUCT = {
  productSetId: 11,
  sellerSku: 'LAMP-OAK-40',
  title: 'Lamp Oak 40',
  description: 'Desk lamp',
  price: '59.00',
  specialPrice: '49.90',
  specialFromDate: '2026-03-01',
  specialToDate: '2026-03-31T22:00:00Z',
  stock: 25,
  consignmentStock: 3,
  status: 'active',
  qcStatus: 'approved',
  ean: '4006381333931',
  taxClass: '1',
  shipmentType: '2',
  attributes: { 12: 'active', 44: ['3'], width: 40 },
};

describeWithEngines('the catalogue over REST', (engines) => {
  let database: TestDatabase;
  let vhost: TestVhost;
  let app: NestExpressApplication;
  const call = caller(() => app);
  const put = (path: string, body: object) => call('put', path).send(body);

  beforeAll(async () => {
    [database, vhost] = await Promise.all([createTestDatabase(engines), createTestVhost(engines)]);
    app = await startShopUpdate({ databaseUrl: database.url, rabbitmqUrl: vhost.url });
    await put('/api/sellers/1', { name: 'Lamps Ltd', active: true });
    await put('/api/product-sets/11', SET);
  });

  afterAll(async () => {
    await app?.close();
    await Promise.all([database?.remove(), vhost?.remove()]);
  });

  it('creates, shows and replaces; the version grows with each change and with nothing else', async () => {
    const created = await put('/api/products/101', PRODUCT);
    expect([created.status, created.body]).toMatchObject([
      201,
      { id: 101, version: 1, ...PRODUCT, shopSku: null, srcId: null, srcUpdatedAt: null, locations: [] },
    ]);
    const same = await put('/api/products/101', PRODUCT);
    expect([same.status, same.body.version]).toEqual([200, 1]);
    const replaced = await put('/api/products/101', { productSetId: 11, sellerSku: 'LAMP-OAK-40', price: '5' });
    expect([replaced.status, replaced.body]).toMatchObject([
      200,
      { version: 2, price: '5.00', title: null, stock: 0, status: 'active', qcStatus: 'pending', attributes: {} },
    ]);
    expect((await call('get', '/api/product-sets/11')).body).toMatchObject({ id: 11, version: 1, ...SET });
  });

  it('changes some fields, and checks the whole', async () => {
    await put('/api/products/102', { ...PRODUCT, sellerSku: 'PATCHED' });
    const changed = await call('patch', '/api/products/102').send({ stock: 7, specialPrice: null });
    expect([changed.status, changed.body]).toMatchObject([
      200,
      { ...PRODUCT, sellerSku: 'PATCHED', version: 2, stock: 7, specialPrice: null },
    ]);
    for (const [body, path] of [
      [{ sellerSku: null }, 'sellerSku'],
      [{ price: 5 }, 'price'],
      [{ shopSku: 'X' }, 'shopSku'],
    ] as const) {
      const answer = await call('patch', '/api/products/102').send(body);
      expect([answer.status, answer.body.errors?.[0]?.path]).toEqual([400, path]);
    }
    expect((await call('patch', '/api/sellers/999').send({ active: false })).status).toBe(404);
    expect((await call('patch', '/api/sellers/1').send({ name: 'Lamps & Co' })).body).toMatchObject({
      name: 'Lamps & Co',
      active: true,
      version: 2,
    });
  });

  it('deletes what nothing belongs to, leaves a tombstone, and takes it up again under the next version', async () => {
    await put('/api/sellers/2', { name: 'Leaving' });
    await put('/api/product-sets/21', { sellerId: 2, name: 'Leaving' });
    await put('/api/products/201', { productSetId: 21, sellerSku: 'L' });
    expect((await call('delete', '/api/sellers/2')).body.code).toBe('SELLER_IN_USE');
    expect((await call('delete', '/api/product-sets/21')).body.code).toBe('PRODUCT_SET_IN_USE');
    for (const path of ['/api/products/201', '/api/product-sets/21', '/api/sellers/2']) {
      expect([path, (await call('delete', path)).status]).toEqual([path, 204]);
      expect([path, (await call('get', path)).status, (await call('delete', path)).status]).toEqual([path, 404, 404]);
    }
    expect((await put('/api/product-sets/21', { sellerId: 2, name: 'Nobody’s' })).body).toMatchObject({
      status: 400,
      code: 'SELLER_NOT_FOUND',
      errors: [{ path: 'sellerId' }],
    });
    const again = await put('/api/sellers/2', { name: 'Leaving' });
    expect([again.status, again.body.version]).toEqual([201, 3]);
  });

  it('keeps a SKU unique within a seller, also when a set moves to another', async () => {
    await put('/api/sellers/3', { name: 'Third' });
    await put('/api/product-sets/31', { sellerId: 3, name: 'Third’s' });
    await put('/api/product-sets/32', { sellerId: 1, name: 'First’s' });
    await put('/api/products/301', { productSetId: 31, sellerSku: 'SAME' });
    await put('/api/products/302', { productSetId: 32, sellerSku: 'SAME' });
    const taken = await put('/api/products/303', { productSetId: 31, sellerSku: 'SAME' });
    expect([taken.status, taken.body.code]).toEqual([409, 'SELLER_SKU_TAKEN']);
    const moved = await call('patch', '/api/product-sets/32').send({ sellerId: 3 });
    expect([moved.status, moved.body.code]).toEqual([409, 'SELLER_SKU_TAKEN']);
    await call('delete', '/api/products/301');
    expect((await call('patch', '/api/product-sets/32').send({ sellerId: 3 })).status).toBe(200);
    expect((await call('get', '/api/products/302')).body.version, 'its seller is another').toBe(2);
    expect((await call('get', '/api/products?sellerId=3')).body.items.map(({ id }: { id: number }) => id)).toEqual([
      302,
    ]);
  });

  it('lists with filters, an order and pages', async () => {
    await put('/api/product-sets/41', { sellerId: 1, name: 'Listed' });
    for (const [id, sellerSku] of [
      [403, 'A'],
      [401, 'C'],
      [402, 'B'],
    ] as const) {
      await put(`/api/products/${id}`, { productSetId: 41, sellerSku, status: id === 402 ? 'inactive' : 'active' });
    }
    const ids = async (query: string) =>
      (await call('get', `/api/products?productSetId=41${query}`)).body.items.map(({ id }: { id: number }) => id);
    expect(await ids('')).toEqual([401, 402, 403]);
    expect(await ids('&sort=sellerSku')).toEqual([403, 402, 401]);
    expect(await ids('&sort=-sellerSku&pageSize=2&page=2')).toEqual([403]);
    expect(await ids('&status=inactive')).toEqual([402]);
    expect((await call('get', '/api/products?productSetId=41&pageSize=1')).body).toMatchObject({
      total: 3,
      page: 1,
      pageSize: 1,
      cursor: null,
    });
    for (const query of ['sort=price', 'colour=red', 'page=0', 'productSetId=x']) {
      expect([query, (await call('get', `/api/products?${query}`)).status]).toEqual([query, 400]);
    }
    for (const path of [
      '/api/sellers?active=true',
      '/api/product-sets?sellerId=1',
      '/api/brands',
      '/api/categories',
      '/api/locations',
    ]) {
      expect([path, (await call('get', path)).status]).toEqual([path, 200]);
    }
  });

  it.each<[string, string, object, string]>([
    ['a price that is a number', '/api/products/501', { ...PRODUCT, price: 59 }, 'price'],
    ['a price with three decimals', '/api/products/501', { ...PRODUCT, price: '59.001' }, 'price'],
    ['a negative price', '/api/products/501', { ...PRODUCT, price: '-1.00' }, 'price'],
    ['a stock below none', '/api/products/501', { ...PRODUCT, stock: -1 }, 'stock'],
    ['a status nobody knows', '/api/products/501', { ...PRODUCT, status: 'gone' }, 'status'],
    ['no SKU', '/api/products/501', { ...PRODUCT, sellerSku: undefined }, 'sellerSku'],
    ['an unknown field', '/api/products/501', { ...PRODUCT, colour: 'red' }, 'colour'],
    ['attributes that are a list', '/api/products/501', { ...PRODUCT, attributes: ['a'] }, 'attributes'],
    ['attributes within attributes', '/api/products/501', { ...PRODUCT, attributes: { a: { b: 1 } } }, 'attributes'],
    ['a day that does not exist', '/api/products/501', { ...PRODUCT, specialToDate: '2026-02-30' }, 'specialToDate'],
    ['a set that is not there', '/api/products/501', { ...PRODUCT, productSetId: 999 }, 'productSetId'],
    ['an image without an address', '/api/product-sets/51', { ...SET, images: [{ hash: 'x' }] }, 'images.0.url'],
    ['a category that is an object', '/api/product-sets/51', { ...SET, categories: [{}] }, 'categories'],
    ['the character NUL', '/api/sellers/5', { name: 'a\0b' }, 'name'],
    ['no name', '/api/sellers/5', { active: true }, 'name'],
    ['an id that is none', '/api/sellers/0', { name: 'A' }, 'id'],
  ])('refuses %s and names the field', async (_, path, body, field) => {
    const answer = await put(path, body);
    expect([answer.status, answer.headers['content-type']]).toEqual([400, expect.stringContaining('problem+json')]);
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(field);
  });

  it('lets viewers read and operators write', async () => {
    const keyOf = async (role: string) => (await call('post', '/api/tokens').send({ name: role, role })).body.key;
    const viewer = await keyOf('viewer');
    const operator = await keyOf('operator');
    expect((await call('get', '/api/sellers/1', null)).status).toBe(401);
    expect((await call('get', '/api/sellers/1', viewer)).status).toBe(200);
    for (const method of ['put', 'patch', 'delete'] as const) {
      expect((await call(method, '/api/sellers/6', viewer).send({ name: 'A' })).status).toBe(403);
    }
    expect((await call('put', '/api/sellers/6', operator).send({ name: 'A' })).status).toBe(201);
  });

  it('documents its routes with the shapes that check them', async () => {
    const { components, paths } = (await call('get', '/api/docs-json')).body;
    expect(components.schemas.SellerBody.required).toEqual(['name']);
    expect(components.schemas.SellerPatch.required).toBeUndefined();
    expect(Object.keys(components.schemas.ProductPatch.properties)).toEqual(
      Object.keys(components.schemas.ProductBody.properties),
    );
    expect(paths['/api/products/{id}'].patch.requestBody.content['application/json'].schema.$ref).toContain(
      'ProductPatch',
    );
  });
});
