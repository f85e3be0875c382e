import { createDataSource, migrate } from '@lockstep/database';
import { createTestDatabase, describeOnEveryEngine, FakeClock, type TestDatabase } from '@lockstep/testing';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ShopCall } from '../queue/shop-call.js';
import { CreateSyncQueue1763900000102 } from '../queue/sync-queue.migration.js';
import { SHOP_METHODS, type ShopMethod } from '../queue/topics.js';
import { DEFAULT_SETTINGS, type StoredSettings } from '../shop-config/settings.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { ShopUpdateConfig } from '../shop-update.config.js';
import { BreakerStore } from './breaker.store.js';
import type { CallJournal } from './call-journal.js';
import { openShop } from './closable-shop.fixture.js';
import { ShopCaller } from './shop.caller.js';

const WORKERS = 8;
const ITEMS = 500;
const DOWN_MS = 20 * 60_000;

const aCall = (method: ShopMethod, itemId: number): ShopCall => ({
  id: String(itemId),
  flow: 'synchronous',
  method,
  params: { productsInfo: [] },
  items: [{ itemId, productSetId: itemId, productId: itemId, topic: 'stock', requeueCount: 0, enqueuedAtNs: '1' }],
});

describeOnEveryEngine('a caller of the shop', (engines) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  const settings = new ShopSettings();
  const callers: ShopCaller[] = [];
  let clock: FakeClock;

  beforeAll(async () => {
    database = await createTestDatabase(engines);
    dataSource = createDataSource({
      url: database.url,
      schema: 'shop_update',
      service: 'shop-update',
      entities: [],
      migrations: [CreateSyncQueue1763900000102],
      shortStatements: true,
    });
    await dataSource.initialize();
    await migrate(dataSource);
  });

  afterAll(async () => {
    await dataSource?.destroy();
    await database?.remove();
  });

  beforeEach(async () => {
    clock = new FakeClock('2031-03-04T10:00:00Z');
    await dataSource.query('TRUNCATE shop_breaker, shop_config');
  });

  afterEach(async () => {
    for (const caller of callers.splice(0)) await caller.onApplicationShutdown();
  });

  const configure = (change: Partial<StoredSettings>) =>
    settings.save(dataSource, 'test', () => ({ ...DEFAULT_SETTINGS, ...change }));
  const aProcess = (): ShopCaller => {
    const config = new ShopUpdateConfig();
    config.shopUrlAllowPrivate = true;
    const journal = { record: () => undefined } as unknown as CallJournal;
    const caller = new ShopCaller(config, dataSource, settings, new BreakerStore(dataSource), clock, journal);
    callers.push(caller);
    return caller;
  };

  it('tries a shop that is down for 20 minutes rarely, burns a retry only of calls begun before it knew, and goes on when it is back', async () => {
    const shop = await openShop();
    await configure({ shopUrl: shop.url });
    await shop.close();
    const processes = [aProcess(), aProcess()];
    const burnt = new Map<number, number>();
    const ends = clock.now().getTime() + DOWN_MS;
    let attempts = 0;
    let wakesAt = 0;
    const waiting = Array.from({ length: ITEMS }, (_, index) => index + 1);
    const work = async (worker: number): Promise<void> => {
      const caller = processes[worker % processes.length] as ShopCaller;
      for (let call = 0; call < 12; call++) {
        const itemId = waiting.shift();
        if (itemId === undefined) return;
        const method = SHOP_METHODS[itemId % SHOP_METHODS.length] as ShopMethod;
        const deferral = await caller.admit(method);
        if (deferral) {
          waiting.push(itemId);
          wakesAt = Math.min(wakesAt, clock.now().getTime() + deferral.forMs);
          continue;
        }
        attempts += 1;
        const outcome = await caller.send(aCall(method, itemId));
        if (outcome.kind !== 'failed') throw new Error(outcome.kind);
        if (outcome.deferForMs === undefined) burnt.set(itemId, (burnt.get(itemId) ?? 0) + 1);
        else wakesAt = Math.min(wakesAt, clock.now().getTime() + outcome.deferForMs);
        waiting.push(itemId);
      }
    };
    while (clock.now().getTime() < ends) {
      wakesAt = clock.now().getTime() + 60_000;
      await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)));
      clock.advance(Math.max(1_000, wakesAt - clock.now().getTime()));
    }
    expect(attempts).toBeLessThanOrEqual(60);
    expect(Math.max(...burnt.values())).toBe(1);
    expect(burnt.size).toBeLessThanOrEqual(2 * WORKERS);

    await shop.open();
    clock.advance(DEFAULT_SETTINGS.breaker.maxOpenSeconds * 1_000);
    const [caller] = processes as [ShopCaller];
    for (const method of SHOP_METHODS) {
      expect(await caller.admit(method)).toBeNull();
      expect((await caller.send(aCall(method, 1))).kind).toBe('answered');
      expect(await caller.admit(method)).toBeNull();
    }
    await shop.close();
  });

  it('holds back a method that fails without holding back the others', async () => {
    const shop = await openShop((method) => (method === 'Product.updateStock' ? 500 : 200));
    await configure({ shopUrl: shop.url });
    const caller = aProcess();
    for (let call = 0; call < 10; call++) {
      expect(await caller.admit('Product.updateStock')).toBeNull();
      expect(await caller.send(aCall('Product.updateStock', call))).toMatchObject({ reason: 'http_status' });
    }
    expect(await caller.admit('Product.updateStock')).toEqual({ reason: 'circuit_open', forMs: 60_000 });
    expect(await aProcess().admit('Product.updateStock')).toMatchObject({ reason: 'circuit_open' });
    expect(await caller.admit('Product.updatePrices')).toBeNull();
    expect((await caller.send(aCall('Product.updatePrices', 1))).kind).toBe('answered');
    await shop.close();
  });

  it('lets calls of all processes leave at one rate', async () => {
    await configure({ shopUrl: 'http://127.0.0.1:9/', maxCallsPerSecond: 4 });
    const [left, right] = [aProcess(), aProcess()];
    expect(await left.admit('Product.updateStock')).toBeNull();
    expect(await right.admit('Product.updatePrices')).toEqual({ reason: 'rate_limited', forMs: 250 });
    clock.advance(250);
    expect(await right.admit('Product.updatePrices')).toBeNull();
  });

  it('sends nothing of a method that is paused, or while no shop is set, from the moment of the change', async () => {
    const caller = aProcess();
    expect(await caller.admit('Product.updateStock')).toMatchObject({ reason: 'paused' });
    await configure({ shopUrl: 'http://127.0.0.1:9/' });
    expect(await caller.admit('Product.updateStock')).toBeNull();
    await configure({ shopUrl: 'http://127.0.0.1:9/', pausedMethods: ['Product.updateStock'] });
    expect(await caller.admit('Product.updateStock')).toMatchObject({ reason: 'paused' });
    expect(await caller.admit('Product.updatePrices')).toBeNull();
  });
});
