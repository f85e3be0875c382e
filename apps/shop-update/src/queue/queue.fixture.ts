import { createDataSource, databaseMigrations, migrate } from '@lockstep/database';
import { createTestDatabase, type Engines, FakeClock } from '@lockstep/testing';
import type { DataSource } from 'typeorm';
import { CreateCatalogue1763800000101 } from '../catalogue/catalogue.migration.js';
import { CataloguePayloads } from '../shop/catalogue.payloads.js';
import type { StoredSettings } from '../shop-config/settings.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { Worker } from '../workers/worker.js';
import { CallsStore } from './calls.store.js';
import { enqueueChanges } from './enqueue.js';
import type { QueueTime } from './queue-time.js';
import { ResultsStore } from './results.store.js';
import type { Caller, CallOutcome, Payloads, SentCall, ShopCall } from './shop-call.js';
import { CreateSyncQueue1763900000102 } from './sync-queue.migration.js';
import { TimersStore } from './timers.store.js';
import type { Topic } from './topics.js';

/** A shop that takes everything, unless it is told otherwise; it remembers every call. */
export class ShopDouble implements Caller {
  readonly calls: ShopCall[] = [];
  admit: Caller['admit'] = async () => null;
  /** What comes of a call. */
  answer: (call: ShopCall) => SentCall | Promise<SentCall> = succeed;

  async send(call: ShopCall): Promise<SentCall> {
    this.calls.push(call);
    return this.answer(call);
  }
}

type Entry = Readonly<Record<string, unknown>>;

/** As a shop answers that has taken all: new products get an id made of ours. */
export function successOf({ method, params }: ShopCall): unknown {
  if (method === 'Product.updateImageCollection') return params;
  return (params['productsInfo'] as Entry[]).map((entry) => ({
    status: 'success',
    product: {
      seller_sku: entry['seller_sku'],
      sku: entry['sku'] ?? `SHOP-${entry['id_catalog_product']}`,
      id: entry['product_id'] ?? `9${entry['id_catalog_product']}`,
      config_id: entry['config_id'] ?? (entry['product_set'] ? `7${entry['product_set']}` : null),
      updated_at: '2031-03-04 10:00:02',
    },
  }));
}

export function succeed(call: ShopCall): CallOutcome {
  return { kind: 'answered', httpStatus: 200, result: successOf(call) };
}

export function failingWith(message: string) {
  return (call: ShopCall): CallOutcome => ({
    kind: 'answered',
    httpStatus: 200,
    result: (call.params['productsInfo'] as Entry[]).map(() => ({ status: 'failure', error: { message, code: 7 } })),
  });
}

export interface OpenQueue {
  readonly dataSource: DataSource;
  readonly clock: FakeClock;
  readonly shop: ShopDouble;
  readonly calls: CallsStore;
  readonly results: ResultsStore;
  readonly timers: TimersStore;
  readonly worker: Worker;
  /** Makes a set and its products, known to the shop or not; a product's id is the set's times 100 plus its place. */
  addSet(id: number, products: number, isKnown?: boolean): Promise<void>;
  /** Queues topics as a change of the catalogue does. */
  change(productSetId: number, productId: number | null, ...topics: Topic[]): Promise<void>;
  configure(settings: Partial<StoredSettings>): Promise<void>;
  /** Until nothing is ready any more. */
  work(): Promise<void>;
  /** Moves the clock and does what only time brings about, then works. */
  pass(seconds: number): Promise<void>;
  items(): Promise<ItemRow[]>;
  close(): Promise<void>;
}

export interface ItemRow {
  readonly id: number;
  readonly topic: Topic;
  readonly productId: number | null;
  /** With its reason in brackets. */
  readonly at: string;
  readonly retryNo: number;
  readonly requeueCount: number;
  readonly merged: number;
  readonly failures: number;
  readonly attention: boolean;
  readonly blockedBy: { readonly kind: string; readonly id: number } | null;
  readonly lastError: string | null;
  readonly availableAt: Date | null;
}

export async function openQueue(
  engines: Pick<Engines, 'databaseUrl'>,
  options: { readonly poolSize?: number; readonly payloads?: (payloads: Payloads) => Payloads } = {},
): Promise<OpenQueue> {
  const database = await createTestDatabase(engines);
  const dataSource = createDataSource({
    url: database.url,
    schema: 'shop_update',
    service: 'shop-update-test',
    entities: [],
    migrations: [...databaseMigrations, CreateCatalogue1763800000101, CreateSyncQueue1763900000102],
    poolSize: options.poolSize ?? 10,
    shortStatements: true,
  });
  await dataSource.initialize();
  await migrate(dataSource);
  const clock = new FakeClock('2031-03-04T10:00:00Z');
  const settings = new ShopSettings();
  const time: QueueTime = { now: async () => clock.now() };
  const shop = new ShopDouble();
  const payloads = new CataloguePayloads(settings);
  const calls = new CallsStore(dataSource, time, settings, options.payloads?.(payloads) ?? payloads);
  const results = new ResultsStore(dataSource, time, settings);
  const timers = new TimersStore(dataSource, time, settings, results);
  const worker = new Worker(calls, results, shop);
  const work = async (): Promise<void> => {
    for (let turns = 0; (await worker.look('test')).kind === 'worked'; turns += 1) {
      if (turns > 10_000) throw new Error('the queue never comes to rest');
    }
  };
  await dataSource.query("INSERT INTO seller (id, name, active, version) VALUES (1, 'Lamps', true, 1)");
  return {
    dataSource,
    clock,
    shop,
    calls,
    results,
    timers,
    worker,
    work,
    addSet: async (id, products, isKnown = true) => {
      await dataSource.query(
        `INSERT INTO product_set (id, seller_id, name, categories, images, src_id, version)
         VALUES ($1::bigint, 1, 'Lamp', '{}', '[{"url": "https://img.example/a.jpg", "hash": "abc"}]', $2, 1)`,
        [id, isKnown ? `7${id}` : null],
      );
      await dataSource.query(
        `INSERT INTO product (id, product_set_id, seller_id, seller_sku, price, stock, consignment_stock, status, qc_status,
           attributes, shop_sku, src_id, version)
         SELECT n, $1, 1, 'SKU-' || n, 59, 25, 0, 'active', 'approved', '{}',
           CASE WHEN $3 THEN 'SHOP-' || n END, CASE WHEN $3 THEN '9' || n END, 1
         FROM generate_series($1::bigint * 100 + 1, $1::bigint * 100 + $2::bigint) AS n`,
        [id, products, isKnown],
      );
    },
    change: (productSetId, productId, ...topics) =>
      dataSource.transaction((manager) => enqueueChanges(manager, [{ productSetId, productId, topics }], clock.now())),
    configure: async (stored) => {
      await dataSource.query('INSERT INTO shop_config (settings, changed_by) VALUES ($1, $2)', [stored, 'test']);
      for (let after: number | undefined = 0; after !== undefined; ) after = await timers.resettle(after);
    },
    pass: async (seconds) => {
      clock.advance(seconds * 1_000);
      while ((await timers.expireCalls()) + (await timers.releaseDue()) > 0);
      await work();
    },
    items: () =>
      dataSource.query(`
        SELECT id, topic, product_id AS "productId", status || coalesce('(' || reason || ')', '') AS at,
          retry_no AS "retryNo", requeue_count AS "requeueCount", merged, failures, attention, blocked_by AS "blockedBy",
          last_error AS "lastError", available_at AS "availableAt"
        FROM sync_item ORDER BY id`),
    close: async () => {
      await dataSource.destroy();
      await database.remove();
    },
  };
}

/** From 0 to 1; repeatable, so that a failure can be looked into. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
