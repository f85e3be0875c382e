import { describeWithEngines } from '@lockstep/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { importedLinks } from '../imports/imported-links.js';
import { type OpenQueue, openQueue } from '../queue/queue.fixture.js';
import { toProductRecord } from './product-body.js';
import { ProductSetsStore } from './product-sets.store.js';
import { ProductsStore, saveProducts } from './products.store.js';

const SET = { sellerId: 1, name: 'Lamp', brand: '87', images: [{ url: 'https://img.example/a.jpg', hash: 'abc' }] };
const PRODUCT = { productSetId: 1, sellerSku: 'LAMP-40', price: '59.00', stock: 25, qcStatus: 'approved' as const };

describeWithEngines('a change of the catalogue', (engines) => {
  let queue: OpenQueue;
  let sets: ProductSetsStore;
  let products: ProductsStore;

  beforeEach(async () => {
    queue = await openQueue(engines);
    sets = new ProductSetsStore(queue.dataSource);
    products = new ProductsStore(queue.dataSource);
  });

  afterEach(async () => {
    await queue?.close();
  });

  const where = async (): Promise<string[]> =>
    (await queue.items()).map(({ topic, productId, at }) => `${topic}${productId ? ` ${productId}` : ''} ${at}`);
  const forget = () => queue.dataSource.query('DELETE FROM sync_item');

  it('queues the creation of what is approved, and its pictures after it', async () => {
    await sets.save(1, SET);
    await products.save(11, { ...PRODUCT, qcStatus: 'pending' });
    expect(await where()).toEqual(['images blocked(no_src_id)']);
    await products.patch(11, { qcStatus: 'approved' });
    await products.save(12, { ...PRODUCT, sellerSku: 'LAMP-41' });
    expect(await where()).toEqual(['images blocked(no_src_id)', 'new_product_set pending']);
    await products.patch(11, { price: '49.00' });
    await queue.work();
    expect(await where()).toEqual(['images synced', 'new_product_set synced', 'price 11 synced']);
    expect(queue.shop.calls[0]?.params).toMatchObject({
      productsInfo: [{ price: '49.00' }, { seller_sku: 'LAMP-41' }],
    });
    await products.save(13, { ...PRODUCT, sellerSku: 'LAMP-42' });
    expect((await where()).at(-1)).toBe('new_product 13 pending');
  });

  it('queues each topic that it touches, and nothing when it changes nothing', async () => {
    await queue.addSet(1, 2);
    const { sellerSku, price, stock, ...shown } = (await products.find(101)) as never as Record<string, unknown>;
    expect([sellerSku, price, stock, typeof shown]).toEqual(['SKU-101', '59.00', 25, 'object']);
    await products.patch(101, { stock: 25 });
    expect(await where()).toEqual([]);
    await products.patch(101, {
      price: '1.00',
      status: 'inactive',
      consignmentStock: 4,
      stock: 3,
      qcStatus: 'rejected',
      title: 'L',
    });
    expect(await where()).toEqual([
      'content 101 pending',
      'status 101 pending',
      'qc_status_change 101 pending',
      'price 101 pending',
      'stock 101 delayed(stock_hold)',
      'consignment_stock_change 101 pending',
    ]);
    await forget();
    await sets.patch(1, { brand: '88' });
    expect(await where()).toEqual(['content 101 pending', 'content 102 pending']);
    await forget();
    await sets.patch(1, { images: [] });
    expect(await where()).toEqual(['images pending']);
  });

  it('ends what waits of a product that is gone, and tells the shop so where it has it', async () => {
    await queue.addSet(1, 1);
    await products.patch(101, { price: '1.00', stock: 3 });
    await products.remove(101);
    expect(await where()).toEqual(['price 101 cancelled', 'stock 101 cancelled', 'status 101 pending']);
    await queue.work();
    expect((await where()).at(-1)).toBe('status 101 synced');
    await sets.remove(1);
  });

  it('takes what waits of a product along to another set', async () => {
    await queue.addSet(1, 1);
    await queue.addSet(2, 1);
    await products.patch(101, { price: '1.00' });
    await products.patch(101, { productSetId: 2 });
    expect(await where()).toEqual(['price 101 superseded', 'content 101 pending', 'price 101 pending']);
    const rows = await queue.dataSource.query("SELECT product_set_id AS id FROM sync_item WHERE status = 'pending'");
    expect(rows).toEqual([{ id: 2 }, { id: 2 }]);
  });

  it('is queued for thousands at once, as an import makes them', async () => {
    const { dataSource } = queue;
    await dataSource.query(
      `INSERT INTO product_set (id, seller_id, name, categories, images, version)
       SELECT n, 1, 'Set', '{}', '[]', 1 FROM generate_series(1, 2000) AS n`,
    );
    const records = Array.from({ length: 4_000 }, (_, index) =>
      toProductRecord(index + 1, { ...PRODUCT, productSetId: 1 + (index % 2_000), sellerSku: `S-${index}` }),
    );
    await dataSource.transaction((manager) => saveProducts(manager, records));
    expect(
      await dataSource.query('SELECT topic, count(*)::int AS n, sum(merged)::int AS merged FROM sync_item GROUP BY 1'),
    ).toEqual([{ topic: 'new_product_set', n: 2_000, merged: 0 }]);
    expect(await dataSource.query('SELECT count(*)::int AS n FROM sync_lane WHERE ready_at IS NOT NULL')).toEqual([
      { n: 2_000 },
    ]);
  });

  it('comes from links of an import too', async () => {
    await queue.addSet(1, 1);
    const { dataSource } = queue;
    await dataSource.query("INSERT INTO category (name) VALUES ('Lamps'); INSERT INTO location (name) VALUES ('Here')");
    const link = (tag: string, child: [string, object], parent: [string, object], properties?: object) =>
      dataSource.transaction((manager) =>
        (importedLinks[tag] as (manager: unknown, items: unknown) => Promise<unknown>)(manager, [
          {
            child: { objectType: child[0], identifierIds: child[1] },
            parent: { objectType: parent[0], identifierIds: parent[1] },
            properties,
          },
        ]),
      );
    await link('productInCategory', ['productSet', { productSetId: '1' }], ['category', { categoryId: '1' }]);
    await link('variantStockedAt', ['product', { productId: '101' }], ['location', { locationId: '1' }], { qty: '7' });
    expect(await where()).toEqual(['content 101 pending', 'stock 101 delayed(stock_hold)']);
  });
});
