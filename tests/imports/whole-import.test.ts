import { describeOnEveryEngine } from '@lockstep/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { useStage } from '../stage/stage.js';
import { type Batch, exampleFeed, type ImportedObject, importAll, linesOf, objectsOf } from './importing.js';
import { uploadFolder } from './upload-folder.js';

describeOnEveryEngine('an import into the services that own what it makes', (engines) => {
  const settings = { IMPORT_UPLOAD_DIR: uploadFolder() };
  const stage = useStage(engines, { services: ['import', 'tcs', 'shop-update', 'returns'], settings });
  const BY_KIM = '&userId=kim';

  const idOf = (objects: Map<string, ImportedObject>, name: string, id: string) =>
    Number(objects.get(name)?.identifierIds?.[id]);
  const read = async (app: 'tcs' | 'shop-update' | 'returns', path: string) => {
    const { status, body } = await stage.call(app, 'GET', path);
    expect(status, `GET ${path}`).toBe(200);
    return body;
  };
  const wellDone = { importBatchStatus: 'complete', processingError: false, errors: 0 };

  describe('of the example catalogue', () => {
    let batch: Batch;
    let made: Map<string, ImportedObject>;

    beforeAll(async () => {
      batch = await importAll(stage, [exampleFeed('categories.csv'), exampleFeed('catalog.csv')], BY_KIM);
      made = await objectsOf(stage, batch);
    });

    it('ends complete, every object with the ids that its owner gave it', () => {
      expect(batch).toMatchObject({ ...wellDone, counts: { objects: { complete: 10 }, links: { complete: 11 } } });
      expect([...made.values()].filter(({ identifierIds }) => identifierIds === null)).toEqual([]);
    });

    it('makes a product set of each product, in its brand and categories', async () => {
      const set = await read('shop-update', `/api/product-sets/${idOf(made, 'product P-100', 'productSetId')}`);
      const categories = ['C-TRAIL', 'C-SALE'].map((each) => idOf(made, `category ${each}`, 'categoryId'));
      expect(set).toMatchObject({
        name: 'Trail "Runner" shoe',
        brand: String(idOf(made, 'brand B-ACME', 'brandId')),
      });
      expect([...(set['categories'] as string[])].map(Number).sort()).toEqual(categories.sort());
    });

    it('makes a product of each variant, at the price of its product', async () => {
      const product = await read('shop-update', `/api/products/${idOf(made, 'variant SKU-100-42', 'productId')}`);
      expect(product).toMatchObject({
        sellerSku: 'SKU-100-42',
        price: '79.90',
        productSetId: idOf(made, 'product P-100', 'productSetId'),
      });
    });

    it('is known to a later import by its references: stock comes to its variants', async () => {
      const places = ['L-BERLIN', 'L-YORK'].map((ref) => ({ type: 'location', ref, fields: {} }));
      expect(await importAll(stage, [linesOf(places)], `${BY_KIM}&useUserReference=true`)).toMatchObject(wellDone);
      const stock = await importAll(stage, [exampleFeed('stock.csv')], `${BY_KIM}&useUserReference=true`);
      expect(stock).toMatchObject({ ...wellDone, counts: { links: { complete: 3 } } });
      const product = await read('shop-update', `/api/products/${idOf(made, 'variant SKU-100-42', 'productId')}`);
      expect(product['locations']).toMatchObject([{ quantity: 12 }]);
    });

    it('orders of it come to the other service, and what exists is changed and not made again', async () => {
      const variantId = idOf(made, 'variant SKU-100-42', 'productId');
      const productSetId = idOf(made, 'product P-100', 'productSetId');
      const text = exampleFeed('orders.jsonl')
        .text.replace('{"variantId":"v-8812"}', JSON.stringify({ productId: variantId }))
        .replace('{"productId":"p-1"}', JSON.stringify({ productSetId }));
      const orders = await importAll(stage, [{ name: 'orders.jsonl', text }], '&existing=update');
      expect(orders).toMatchObject(wellDone);
      const objects = await objectsOf(stage, orders);
      const order = await read('returns', `/api/orders/${idOf(objects, 'order O-1001', 'orderId')}`);
      expect(order).toMatchObject({ customerOrderNumber: '1001', items: [{ quantity: 2 }] });
      const ofProduct = 'SELECT order_id::text FROM returns.order_item WHERE product_id = $1';
      expect(await stage.query(ofProduct, [variantId])).toEqual([{ order_id: String(order['id']) }]);
      expect(await read('shop-update', `/api/products/${variantId}`)).toMatchObject({ price: '69.90' });
    });
  });

  it('reads the same catalogue from XML', async () => {
    const categories = linesOf(['C-TRAIL', 'C-SALE'].map((ref) => ({ type: 'category', ref, fields: { name: ref } })));
    const batch = await importAll(stage, [categories, exampleFeed('catalog.xml')]);
    expect(batch).toMatchObject({ ...wellDone, counts: { objects: { complete: 6 } } });
    const made = await objectsOf(stage, batch);
    const product = await read('shop-update', `/api/products/${idOf(made, 'variant SKU-100-43', 'productId')}`);
    expect(product).toMatchObject({ sellerSku: 'SKU-100-43', price: '79.90' });
  });

  it('makes trainees on their programmes, a seller with his products, and a return of an order', async () => {
    const batch = await importAll(stage, [
      linesOf([
        {
          type: 'trainee',
          ref: 'T-1',
          fields: { surname: 'Okafor', forenames: 'Ada', gmcNumber: '7000001' },
          links: [{ tag: 'traineeOnProgramme', ref: 'G-1', properties: { startDate: '2026-08-05' } }],
        },
        { type: 'programme', ref: 'G-1', fields: { number: 'EAN001', name: 'Cardiology', owner: 'East' } },
        {
          type: 'productSet',
          ref: 'PS-1',
          fields: { name: 'Lamp' },
          links: [{ tag: 'productSetOfSeller', ref: 'S-1' }],
        },
        { type: 'seller', ref: 'S-1', fields: { name: 'Oak & Co', active: true } },
        {
          type: 'return',
          ref: 'R-1',
          fields: { customerReturnNumber: 'RET-1', returnType: 'CUSTOMER', refundAmount: '12.50' },
          links: [{ tag: 'returnOfOrder', ref: 'O-1' }],
        },
        { type: 'order', ref: 'O-1', fields: { no: '5001' }, links: [{ tag: 'orderForCustomer', ref: 'U-1' }] },
        { type: 'customer', ref: 'U-1', fields: { email: 'kim@example.org' } },
      ]),
    ]);
    expect(batch).toMatchObject({ ...wellDone, counts: { objects: { complete: 7 } } });
    const made = await objectsOf(stage, batch);
    const trainee = await read('tcs', `/api/trainees/${idOf(made, 'trainee T-1', 'personId')}`);
    expect(trainee).toMatchObject({
      surname: 'Okafor',
      programmeMemberships: [{ programmeNumber: 'EAN001', programmeName: 'Cardiology', startDate: '2026-08-05' }],
    });
    const set = await read('shop-update', `/api/product-sets/${idOf(made, 'productSet PS-1', 'productSetId')}`);
    expect(set).toMatchObject({ name: 'Lamp', sellerId: idOf(made, 'seller S-1', 'sellerId') });
    const back = await read('returns', `/api/returns/${idOf(made, 'return R-1', 'returnId')}`);
    expect(back).toMatchObject({ customerReturnNumber: 'RET-1', orderId: idOf(made, 'order O-1', 'orderId') });
  });

  it('tells of what an owner refuses, and makes what does not need it', async () => {
    const batch = await importAll(stage, [
      linesOf([
        { type: 'programme', ref: 'G-2', fields: { number: 'EAN002', name: 'Surgery' } },
        { type: 'programme', ref: 'G-3', fields: { number: 'EAN002', name: 'Surgery again' } },
        ...['G-2', 'G-3'].map((programme) => ({
          type: 'trainee',
          ref: `T-${programme}`,
          fields: { surname: 'Lund' },
          links: [{ tag: 'traineeOnProgramme', ref: programme }],
        })),
      ]),
    ]);
    expect(batch).toMatchObject({ importBatchStatus: 'complete', processingError: true });
    const path = `/api/imports/${batch.importBatchId}/errors?code=CREATE_FAILED`;
    expect((await stage.call('import', 'GET', path)).body).toMatchObject({
      total: 1,
      items: [{ message: expect.stringContaining('PROGRAMME_NUMBER_TAKEN') }],
    });
    expect(batch.counts.objects).toMatchObject({ complete: 2, error: 1, blocked: 1 });
  });
});
