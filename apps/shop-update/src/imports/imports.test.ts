import type { IdentifierIds, ImportParent } from '@lockstep/contracts';
import {
  createTestDatabase,
  createTestVhost,
  describeWithEngines,
  type ImportAsker,
  openImportAsker,
  type TestDatabase,
  type TestVhost,
} from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { caller, startShopUpdate } from '../shop-update.fixture.js';

describeWithEngines('a catalogue of an import', (engines) => {
  let database: TestDatabase;
  let vhost: TestVhost;
  let app: NestExpressApplication;
  let asker: ImportAsker;
  const call = caller(() => app);

  beforeAll(async () => {
    [database, vhost] = await Promise.all([createTestDatabase(engines), createTestVhost(engines)]);
    app = await startShopUpdate({ databaseUrl: database.url, rabbitmqUrl: vhost.url });
    asker = await openImportAsker(vhost.url, 'shop-update');
  });

  afterAll(async () => {
    await asker?.close();
    await app?.close();
    await Promise.all([database?.remove(), vhost?.remove()]);
  });

  const parent = (objectType: string, identifierIds: IdentifierIds, separate = false): ImportParent => ({
    linkTag: 'any',
    objectType,
    identifierIds,
    separate,
  });
  const make = async (type: string, fields: Record<string, string | string[]>, parents: ImportParent[] = []) => {
    const [answer] = await asker.objects(type, [{ fields, parents }]);
    expect(answer?.errorsFound).toEqual([]);
    return answer?.identifierIds as IdentifierIds;
  };
  const showSet = async ({ productSetId }: IdentifierIds) =>
    (await call('get', `/api/product-sets/${productSetId}`)).body;
  const showProduct = async ({ productId }: IdentifierIds) => (await call('get', `/api/products/${productId}`)).body;

  it('is made level by level, each with the ids of its parents, as the example feed wants it', async () => {
    const brand = await make('brand', { name: 'Acme' });
    const shoes = await make('category', { name: 'Shoes' });
    const trail = await make('category', { name: 'Trail' }, [parent('category', shoes)]);
    const seller = await make('seller', { name: 'Acme Shop' });
    const set = await make('productSet', { title: 'Trail shoe', price: '79.90', tags: ['new', 'sale'] }, [
      parent('brand', brand),
      parent('seller', seller),
      parent('category', trail, true),
    ]);
    const variant = await make('product', { sku: 'SKU-100-42', size: '42' }, [parent('productSet', set)]);

    expect(await showSet(set)).toMatchObject({
      version: 1,
      sellerId: Number(seller['sellerId']),
      name: 'Trail shoe',
      brand: brand['brandId'],
      categories: [],
      price: '79.90',
      tags: ['new', 'sale'],
    });
    expect(await showProduct(variant)).toMatchObject({
      version: 1,
      productSetId: Number(set['productSetId']),
      sellerSku: 'SKU-100-42',
      price: '79.90',
      attributes: { size: '42' },
      qcStatus: 'pending',
    });
    const categories = (await call('get', '/api/categories')).body.items;
    expect(categories).toMatchObject([
      { name: 'Shoes', parentId: null },
      { name: 'Trail', parentId: Number(shoes['categoryId']) },
    ]);
  });

  it('is linked once, however often it is asked', async () => {
    const category = await make('category', { name: 'Jackets' });
    const location = await make('location', {});
    const set = await make('productSet', { name: 'Rain jacket' });
    const other = await make('productSet', { name: 'Cap' });
    const product = await make('product', { sku: 'SKU-200-M' }, [parent('productSet', set)]);
    const end = (objectType: string, identifierIds: IdentifierIds) => ({ objectType, identifierIds });
    const inCategory = { child: end('productSet', set), parent: end('category', category) };
    for (const _ of [1, 2]) {
      expect((await asker.links('productInCategory', [inCategory, inCategory])).map(({ status }) => status)).toEqual([
        'complete',
        'complete',
      ]);
    }
    const categoryId = category['categoryId'];
    expect(await showSet(set)).toMatchObject({ version: 2, categories: [categoryId], primaryCategory: categoryId });

    await asker.links('productRelated', [{ child: end('productSet', set), parent: end('productSet', other) }]);
    expect((await showSet(set)).related).toEqual([Number(other['productSetId'])]);

    const stocked = { child: end('product', product), parent: end('location', location) };
    const answers = await asker.links('variantStockedAt', [
      { ...stocked, properties: { qty: '5' } },
      { ...stocked, properties: { qty: 'many' } },
      { ...stocked, parent: end('location', { locationId: '987654' }), properties: { qty: '5' } },
    ]);
    expect(answers.map(({ status, errorsFound }) => errorsFound[0]?.code ?? status)).toEqual([
      'complete',
      'INVALID_VALUE',
      'REFERENCE_NOT_FOUND',
    ]);
    await asker.links('variantStockedAt', [{ ...stocked, properties: { qty: 8 } }]);
    expect(await showProduct(product)).toMatchObject({ stock: 8, locations: [{ quantity: 8 }], version: 3 });

    await asker.links('categoryHero', [{ child: end('category', category), parent: end('productSet', set) }]);
    expect((await call('get', '/api/categories')).body.items).toContainEqual({
      id: Number(categoryId),
      name: 'Jackets',
      parentId: null,
      heroProductSetId: Number(set['productSetId']),
    });
  });

  it('is refused item by item: a SKU that is taken, a parent that is not there, a value that is wrong', async () => {
    const seller = await make('seller', { name: 'Strict' });
    const set = await make('productSet', { name: 'Strict' }, [parent('seller', seller)]);
    const parents = [parent('productSet', set)];
    const answers = await asker.objects('product', [
      { fields: { sku: 'ONE' }, parents },
      { fields: { sku: 'ONE' }, parents },
      { fields: { sku: 'TWO', price: 'much' }, parents },
      { fields: { title: 'Nameless' }, parents },
      { fields: { sku: 'THREE' } },
      { fields: { sku: 'FOUR' }, parents: [parent('productSet', { productSetId: '7' })] },
      { fields: { sku: 'FIVE' }, parents },
    ]);
    expect(answers.map(({ status, errorsFound: [fault] }) => fault?.code ?? status)).toEqual([
      'complete',
      'SELLER_SKU_TAKEN',
      'INVALID_VALUE',
      'MISSING_REQUIRED_FIELD',
      'MISSING_REQUIRED_LINK',
      'REFERENCE_NOT_FOUND',
      'complete',
    ]);
    const [again] = await asker.objects('product', [{ fields: { sku: 'ONE' }, parents }]);
    expect(again?.errorsFound).toMatchObject([{ code: 'SELLER_SKU_TAKEN', field: 'sku' }]);
  });

  it('is changed in what is stated; products without a price of their own follow their set’s', async () => {
    const set = await make('productSet', { title: 'Before', price: '10.00' });
    const follows = await make('product', { sku: 'FOLLOWS' }, [parent('productSet', set)]);
    const own = await make('product', { sku: 'OWN', price: '11.00', size: 'M' }, [parent('productSet', set)]);
    await asker.objects('productSet', [
      { action: 'update', identifierIds: set, fields: { title: 'After' } },
      { action: 'update', identifierIds: { productId: set['productSetId'] as string }, fields: { price: '12.5' } },
      { action: 'update', identifierIds: { productSetId: '7' }, fields: { price: '1' } },
    ]);
    expect(await showSet(set)).toMatchObject({ name: 'After', price: '12.50', version: 3 });
    expect([(await showProduct(follows)).price, (await showProduct(own)).price]).toEqual(['12.50', '11.00']);
    await asker.objects('product', [{ action: 'update', identifierIds: own, fields: { stock: 4, colour: 'red' } }]);
    expect(await showProduct(own)).toMatchObject({
      stock: 4,
      attributes: { size: 'M', colour: 'red' },
      price: '11.00',
    });
    const found = await asker.objects('product', [
      { action: 'reference', identifierIds: own },
      { action: 'reference', identifierIds: { productId: '7' } },
    ]);
    expect(found).toMatchObject([{ identifierIds: own }, { errorsFound: [{ code: 'REFERENCE_NOT_FOUND' }] }]);
  });

  it('is linked crosswise by requests that come at the same time', async () => {
    const sets = await asker.objects(
      'productSet',
      Array.from({ length: 40 }, (_, index) => ({ fields: { name: `Crosswise ${index}` } })),
    );
    const ends = sets.map(({ identifierIds }) => ({
      objectType: 'productSet',
      identifierIds: identifierIds as IdentifierIds,
    }));
    const pairs = ends.slice(1).map((child, index) => ({ child, parent: ends[index] as (typeof ends)[number] }));
    const back = pairs.map(({ child, parent: other }) => ({ child: other, parent: child })).reverse();
    const answers = await Promise.all([pairs, back, pairs, back].map((links) => asker.links('productRelated', links)));
    expect(new Set(answers.flat().map(({ status }) => status))).toEqual(new Set(['complete']));
    const [, second] = sets;
    expect((await showSet(second?.identifierIds as IdentifierIds)).related).toHaveLength(2);
  });

  it('of hundreds of objects is made at once', async () => {
    const set = await make('productSet', { name: 'Many' });
    const items = Array.from({ length: 500 }, (_, index) => ({
      fields: { sku: `MANY-${index}`, size: 'M' },
      parents: [parent('productSet', set)],
    }));
    const request = await asker.sendObjects('product', items);
    const first = await asker.answersTo(request);
    await asker.sendAgain(request);
    expect(await asker.answersTo(request, 2)).toEqual(first);
    const { total } = (await call('get', `/api/products?productSetId=${set['productSetId']}`)).body;
    expect(total).toBe(500);
  });
});
