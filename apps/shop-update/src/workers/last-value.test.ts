import { describeWithEngines } from '@lockstep/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ProductsStore } from '../catalogue/products.store.js';
import { type OpenQueue, openQueue, randomOf, succeed, successOf } from '../queue/queue.fixture.js';
import type { CallOutcome, ShopCall } from '../queue/shop-call.js';
import type { Flow } from '../queue/topics.js';

const SETS = 20;
const PRODUCTS = 3;
const CHANGES = 80;

class Killed extends Error {}

/** A shop that keeps what it takes, and takes only some. */
class FickleShop {
  readonly prices = new Map<string, unknown>();
  readonly callbacks: ShopCall[] = [];

  constructor(
    private readonly flow: Flow,
    private readonly random: () => number,
  ) {}

  answer(call: ShopCall): CallOutcome {
    const luck = this.random();
    if (luck < 0.1) return { kind: 'failed', reason: 'timeout', detail: 'no answer' };
    if (luck < 0.2) return { kind: 'failed', reason: 'http_status', detail: 'HTTP 500', httpStatus: 500 };
    for (const { product_id: id, price } of call.params['productsInfo'] as { product_id: string; price: unknown }[]) {
      this.prices.set(id, price);
    }
    if (this.flow === 'synchronous') return succeed(call);
    this.callbacks.push(call);
    return { kind: 'acknowledged', httpStatus: 200 };
  }
}

describeWithEngines('the last value of a product', (engines) => {
  let queue: OpenQueue;

  beforeEach(async () => {
    queue = await openQueue(engines, { poolSize: 12 });
    for (let set = 1; set <= SETS; set += 1) await queue.addSet(set, PRODUCTS);
  });

  afterEach(async () => {
    await queue?.close();
  });

  it.each<Flow>(['synchronous', 'asynchronous'])(
    'is at the shop in the end, whatever changes, fails and dies meanwhile (%s)',
    async (flow) => {
      const random = randomOf(11);
      const shop = new FickleShop(flow, random);
      queue.shop.answer = (call) => shop.answer(call);
      await queue.configure({ flow });
      const products = new ProductsStore(queue.dataSource);
      let isChanging = true;
      const writer = async (): Promise<void> => {
        for (let change = 0; change < CHANGES; change += 1) {
          const id = (1 + Math.floor(random() * SETS)) * 100 + 1 + Math.floor(random() * PRODUCTS);
          await products.patch(id, { price: (1 + random() * 100).toFixed(2) });
        }
      };
      const look = (name: string) =>
        queue.worker
          .look(name, () => {
            if (random() < 0.05) throw new Killed();
          })
          .catch((error: unknown) => {
            if (error instanceof Killed) return { kind: 'worked' as const };
            throw error;
          });
      const worker = async (name: string): Promise<void> => {
        while ((await look(name)).kind === 'worked' || isChanging) {
          const call = shop.callbacks.shift();
          if (call && random() < 0.8) await queue.results.apply(call.id, successOf(call));
          else if (call) shop.callbacks.push(call);
          if (isChanging) await new Promise((resolve) => setImmediate(resolve));
        }
      };
      const workers = ['a', 'b', 'c'].map(worker);
      await Promise.all([writer(), writer(), writer()]);
      isChanging = false;
      await Promise.all(workers);
      for (let rounds = 0; rounds < 60 && (await unfinished()) > 0; rounds += 1) {
        queue.clock.advance(8 * 3_600_000);
        while ((await queue.timers.expireCalls()) + (await queue.timers.releaseDue()) > 0);
        await worker('z');
        for (const call of shop.callbacks.splice(0)) await queue.results.apply(call.id, successOf(call));
      }

      expect(await unfinished()).toBe(0);
      const rows: { srcId: string; price: string }[] = await queue.dataSource.query(
        'SELECT src_id AS "srcId", price::text FROM product WHERE version > 1 ORDER BY id',
      );
      expect(rows.length).toBeGreaterThan(SETS);
      expect(rows.filter(({ srcId, price }) => shop.prices.get(srcId) !== price)).toEqual([]);
    },
    300_000,
  );

  const unfinished = async (): Promise<number> =>
    (await queue.dataSource.query('SELECT count(*)::int AS n FROM sync_item WHERE finished_at IS NULL'))[0].n;
});
