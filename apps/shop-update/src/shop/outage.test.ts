import { describeOnEveryEngine } from '@lockstep/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { enqueueChanges } from '../queue/enqueue.js';
import { type OpenQueue, openQueue } from '../queue/queue.fixture.js';
import type { Caller } from '../queue/shop-call.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { ShopUpdateConfig } from '../shop-update.config.js';
import { Worker } from '../workers/worker.js';
import { BreakerStore } from './breaker.store.js';
import type { CallJournal } from './call-journal.js';
import { type ClosableShop, openShop } from './closable-shop.fixture.js';
import { ShopCaller } from './shop.caller.js';

const LANES = 100;
const TOPICS = ['content', 'status', 'price', 'stock', 'images'] as const;
const WORKERS = 8;
const TICK_SECONDS = 5;
const DOWN_SECONDS = 20 * 60;
/** The longest wait of a breaker, and of the only retry that an item may have burnt, and then some. */
const RETURN_SECONDS = 10 * 60;

describeOnEveryEngine('a shop that is down for 20 minutes with 500 items waiting', (engines) => {
  let queue: OpenQueue;
  let shop: ClosableShop;
  let caller: ShopCaller;
  let attempts = 0;

  beforeAll(async () => {
    shop = await openShop();
    queue = await openQueue(engines, { poolSize: 12 });
    const config = new ShopUpdateConfig();
    config.shopUrlAllowPrivate = true;
    const { dataSource, clock } = queue;
    const journal = { record: () => undefined } as unknown as CallJournal;
    caller = new ShopCaller(config, dataSource, new ShopSettings(), new BreakerStore(dataSource), clock, journal);
    await queue.configure({ shopUrl: shop.url, stockHoldSeconds: 0 });
    for (let lane = 1; lane <= LANES; lane += 1) await queue.addSet(lane, 1);
    for (const topic of TOPICS) {
      const changes = Array.from({ length: LANES }, (_, index) => {
        const productId = topic === 'images' ? null : (index + 1) * 100 + 1;
        return { productSetId: index + 1, productId, topics: [topic] };
      });
      await dataSource.transaction((manager) => enqueueChanges(manager, changes, clock.now()));
    }
  });

  afterAll(async () => {
    await caller?.onApplicationShutdown();
    await queue?.close();
    await shop?.close();
  });

  /** Lets so much time go by, all workers taking what comes due. */
  const pass = async (seconds: number): Promise<void> => {
    const counting: Caller = {
      admit: (method) => caller.admit(method),
      send: (call) => {
        attempts += 1;
        return caller.send(call);
      },
    };
    const workers = Array.from({ length: WORKERS }, () => new Worker(queue.calls, queue.results, counting));
    for (let passed = 0; passed < seconds; passed += TICK_SECONDS) {
      await Promise.all(
        workers.map(async (worker, index) => {
          while ((await worker.look(`worker-${index}`)).kind === 'worked');
        }),
      );
      queue.clock.advance(TICK_SECONDS * 1_000);
      while ((await queue.timers.expireCalls()) + (await queue.timers.releaseDue()) > 0);
    }
  };

  it('is tried rarely, costs an item at most one retry, and gets everything in order when it is back', async () => {
    await shop.close();
    await pass(DOWN_SECONDS);
    const down = await queue.items();
    expect(down).toHaveLength(LANES * TOPICS.length);
    expect(attempts).toBeLessThanOrEqual(60);
    expect(Math.max(...down.map(({ failures }) => failures))).toBe(1);
    expect(down.filter(({ at }) => at === 'synced')).toHaveLength(0);

    await shop.open();
    await pass(RETURN_SECONDS);
    const back = await queue.items();
    expect(back.filter(({ at }) => at !== 'synced')).toEqual([]);
    const order = shop.received.flatMap(({ itemIds }) => itemIds);
    expect(new Set(order).size).toBe(order.length);
    for (let lane = 0; lane < LANES; lane += 1) {
      const ofLane = order.filter((id) => (id - 1) % LANES === lane);
      expect(ofLane).toEqual([...ofLane].sort((left, right) => left - right));
      expect(ofLane).toHaveLength(TOPICS.length);
    }
  });
});
