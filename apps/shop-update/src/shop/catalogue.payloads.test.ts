import { describeOnEveryEngine } from '@lockstep/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OpenQueue, openQueue } from '../queue/queue.fixture.js';
import type { BuiltPayload, CalledItem } from '../queue/shop-call.js';
import type { ShopMethod, Topic } from '../queue/topics.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { CataloguePayloads } from './catalogue.payloads.js';

const KNOWN = 1;
const NEW = 2;

describeOnEveryEngine('what is said of items', (engines) => {
  let queue: OpenQueue;
  const payloads = new CataloguePayloads(new ShopSettings());

  beforeAll(async () => {
    queue = await openQueue(engines);
    await queue.addSet(KNOWN, 3);
    await queue.addSet(NEW, 3, false);
  });

  afterAll(async () => {
    await queue?.close();
  });

  const sql = (text: string) => queue.dataSource.query(text);
  const item = (itemId: number, productSetId: number, productId: number | null, topic: Topic): CalledItem => ({
    itemId,
    productSetId,
    productId,
    topic,
    requeueCount: 0,
    enqueuedAtNs: '1',
  });
  const build = (method: ShopMethod, ...items: CalledItem[]): Promise<BuiltPayload> =>
    payloads.build(queue.dataSource.manager, method, items);
  const entries = ({ params }: BuiltPayload) => (params?.['productsInfo'] ?? []) as Record<string, unknown>[];

  it('stands in the order of the items, whatever the order of the rows', async () => {
    const built = await build('Product.updateStock', item(9, KNOWN, 103, 'stock'), item(5, KNOWN, 101, 'stock'));
    expect(entries(built).map((entry) => entry['seller_sku'])).toEqual(['SKU-103', 'SKU-101']);
    expect(built.sent.map(({ itemId }) => itemId)).toEqual([9, 5]);
  });

  it('has the same fingerprint as long as it is the same', async () => {
    const price = () => build('Product.updatePrices', item(5, KNOWN, 101, 'price'));
    const [before, again] = [await price(), await price()];
    expect(again.sent).toEqual(before.sent);
    await sql('UPDATE product SET price = 61 WHERE id = 101');
    expect((await price()).sent).not.toEqual(before.sent);
  });

  it('creates a set with its approved variations that the shop does not have', async () => {
    await sql("UPDATE product SET qc_status = 'pending' WHERE id = 202");
    const built = await build('Product.createProducts', item(5, NEW, null, 'new_product_set'));
    expect(entries(built).map((entry) => entry['id_catalog_product'])).toEqual(['201', '203']);
    expect(built.sent).toHaveLength(1);
    await sql("UPDATE product SET src_id = '77' WHERE id = 201");
    const rest = await build('Product.createProducts', item(5, NEW, null, 'new_product_set'));
    expect(entries(rest).map((entry) => entry['id_catalog_product'])).toEqual(['203']);
  });

  it('is nothing where there is nothing left to say, and leaves the others alone', async () => {
    await sql("UPDATE product SET deleted = true WHERE id = 102; UPDATE product SET src_id = '78' WHERE id = 203");
    const stock = await build('Product.updateStock', item(1, KNOWN, 102, 'stock'), item(2, KNOWN, 101, 'stock'));
    expect(stock.refused).toMatchObject([{ itemId: 1, why: 'nothing_to_say' }]);
    expect(stock.sent.map(({ itemId }) => itemId)).toEqual([2]);
    const status = await build('Product.updateProducts', item(1, KNOWN, 102, 'status'));
    expect(entries(status)).toMatchObject([{ status: 'deleted' }]);
    const created = await build('Product.createProducts', item(3, NEW, 203, 'new_product'));
    expect([created.params, created.refused]).toMatchObject([null, [{ itemId: 3, why: 'nothing_to_say' }]]);
  });

  it('is refused where something is missing that the shop must have', async () => {
    await sql('UPDATE product SET price = NULL WHERE id IN (103, 202)');
    const price = await build('Product.updatePrices', item(1, KNOWN, 103, 'price'));
    expect([price.params, price.refused]).toMatchObject([null, [{ itemId: 1, why: 'incomplete' }]]);
    const images = await build('Product.updateImageCollection', item(2, NEW, null, 'images'));
    expect(images.refused).toMatchObject([{ itemId: 2, why: 'incomplete' }]);
    const creation = await build('Product.createProducts', item(3, NEW, 202, 'new_product'));
    expect(creation.refused).toMatchObject([{ itemId: 3, why: 'incomplete' }]);
    await sql('UPDATE product_set SET price = 12 WHERE id = 2');
    const fromSet = await build('Product.createProducts', item(3, NEW, 202, 'new_product'));
    expect(entries(fromSet)).toMatchObject([{ price: '12.00' }]);
  });
});
