import { describe, expect, it } from 'vitest';
import { generateProductSets, generateProducts, generateSellers } from '../shop/generate-catalogue.js';
import { generateOrders } from './generate-orders.js';
import { generateReturns } from './generate-returns.js';

const OPTIONS = { count: 400, seed: 7, asOf: '2026-11-21', products: 50 };

describe('generated orders and returns', () => {
  const orders = [...generateOrders(OPTIONS)];
  const returns = [...generateReturns(OPTIONS)];

  it('are the same for the same seed, and others for another', () => {
    expect([...generateReturns(OPTIONS)]).toEqual(returns);
    expect([...generateReturns({ ...OPTIONS, seed: 8 })]).not.toEqual(returns);
  });

  it('belong together: items are of the order, SKUs of the catalogue, and nothing comes back twice', () => {
    const items = new Map(orders.flatMap((order) => order.items.map((item) => [item.orderItemId, { order, item }])));
    const skus = new Set(
      [...generateProducts({ count: 50, seed: 7 })].map(({ body }) => (body as { sellerSku: string }).sellerSku),
    );
    const returned = returns.flatMap((each) => each.items.flatMap((item) => (each.orderId ? [{ each, item }] : [])));
    for (const { each, item } of returned) {
      const found = items.get(item.orderItemId as number);
      expect([found?.order.id, found?.item.sku]).toEqual([each.orderId, item.sku]);
      expect(skus.has(item.sku)).toBe(true);
    }
    const seconds = returned.map(({ item }) => item.orderItemId);
    // An order of one item that comes back in two parcels has it in both: rare, and told apart by the quantity of one.
    expect(seconds.length - new Set(seconds).size).toBeLessThan(returns.length * 0.05);
  });

  it('stand at every stage of their way, and never in the future', () => {
    const words = new Set(returns.flatMap(({ events }) => events.map(({ status }) => status)));
    for (const word of [
      'created',
      'pickup_failed',
      'picked_up',
      'delivered',
      'cancelled',
      'received',
      'qc',
      'rto_delivered',
    ]) {
      expect(words).toContain(word);
    }
    const last = returns
      .flatMap(({ events }) => events.map(({ externalUpdatedAt }) => externalUpdatedAt))
      .sort()
      .at(-1);
    expect(last! <= '2026-11-21T12:00:00.000Z').toBe(true);
    expect(returns.filter(({ returnType }) => returnType === 'UNKNOWN')).toHaveLength(10);
    expect(returns.filter(({ events }) => events.length === 0).length).toBeGreaterThan(0);
  });

  it('are sold by sellers in sets', () => {
    const sellers = [...generateSellers({ count: 130, seed: 1 })];
    const sets = [...generateProductSets({ count: 130, seed: 1 })];
    expect([sellers.length, sets.length]).toEqual([3, 33]);
    expect(sets.every(({ body }) => (body as { sellerId: number }).sellerId <= 3)).toBe(true);
  });
});
