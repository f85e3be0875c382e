import { removeOutdated } from '@lockstep/database';
import { describeWithEngines } from '@lockstep/testing';
import type { EntityManager } from 'typeorm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ProductsStore } from '../catalogue/products.store.js';
import { enqueueChanges } from './enqueue.js';
import { failingWith, type OpenQueue, openQueue, succeed, successOf } from './queue.fixture.js';
import { queueRetention } from './queue-retention.js';
import type { ShopCall } from './shop-call.js';
import type { Topic } from './topics.js';

describeWithEngines('the queue', (engines) => {
  let queue: OpenQueue;

  beforeEach(async () => {
    queue = await openQueue(engines);
  });

  afterEach(async () => {
    await queue?.close();
  });

  const where = async (): Promise<string[]> => (await queue.items()).map(({ topic, at }) => `${topic} ${at}`);
  const said = (): string[] => queue.shop.calls.map(({ items }) => items.map(({ topic }) => topic).join('+'));
  const causes = async (id: number): Promise<string[]> =>
    (await queue.dataSource.query('SELECT cause FROM sync_item_move WHERE item_id = $1 ORDER BY id, place', [id])).map(
      ({ cause }: { cause: string }) => cause,
    );
  const product = async (id: number) =>
    (
      await queue.dataSource.query('SELECT src_id, shop_sku, src_updated_at, version FROM product WHERE id = $1', [id])
    )[0];

  it('creates a set first, then sends what waited for it, oldest first and stock after its hold', async () => {
    await queue.addSet(1, 2, false);
    await queue.change(1, 101, 'stock');
    await queue.change(1, 101, 'price');
    await queue.change(1, null, 'new_product_set');
    await queue.change(1, null, 'images');
    expect(await where()).toEqual([
      'stock blocked(no_src_id)',
      'price blocked(no_src_id)',
      'new_product_set pending',
      'images blocked(no_src_id)',
    ]);
    await queue.work();
    expect(said()).toEqual(['new_product_set', 'price', 'images']);
    expect(await where()).toEqual([
      'stock delayed(stock_hold)',
      'price synced',
      'new_product_set synced',
      'images synced',
    ]);
    expect(await product(101)).toEqual({
      src_id: '9101',
      shop_sku: 'SHOP-101',
      src_updated_at: '2031-03-04 10:00:02',
      version: 2,
    });
    await queue.pass(599);
    expect(said()).toHaveLength(3);
    await queue.pass(1);
    expect(said()).toHaveLength(4);
    expect(await causes(1)).toEqual(['3', '24', '22', '5', '6', '7', '11', '15', '16', '19']);
  });

  it('sends a stock change ten minutes after the first of several, once, with the last value', async () => {
    await queue.addSet(1, 1);
    for (const stock of [7, 8, 9]) {
      await queue.dataSource.query('UPDATE product SET stock = $1', [stock]);
      await queue.change(1, 101, 'stock');
      queue.clock.advance(60_000);
    }
    await queue.pass(419);
    expect(queue.shop.calls).toHaveLength(0);
    await queue.pass(1);
    expect(queue.shop.calls).toHaveLength(1);
    expect(queue.shop.calls[0]?.params).toMatchObject({ productsInfo: [{ quantity: '9' }] });
    expect(await queue.items()).toMatchObject([{ at: 'synced', merged: 2, requeueCount: 0 }]);
  });

  it('retries an item that always fails at the published instants: 28 requests, the last after 10384 minutes', async () => {
    await queue.addSet(1, 1);
    queue.shop.answer = failingWith('Price 59 of "SKU-101" is wrong');
    const start = queue.clock.now().getTime();
    const minutes: number[] = [];
    queue.shop.answer = (call) => {
      minutes.push((queue.clock.now().getTime() - start) / 60_000);
      return failingWith('Price 59 of "SKU-101" is wrong')(call);
    };
    await queue.change(1, 101, 'price');
    await queue.work();
    for (let next = (await queue.items())[0]?.availableAt; next; next = (await queue.items())[0]?.availableAt) {
      const seconds = (next.getTime() - queue.clock.now().getTime()) / 1_000;
      await queue.pass(seconds - 1);
      await queue.pass(1);
    }
    const cubes = [0, 1, 9, 36, 100, 225, 441, 784];
    expect(minutes).toEqual([...cubes, ...Array.from({ length: 20 }, (_, index) => 784 + 480 * (index + 1))]);
    expect(minutes).toHaveLength(28);
    expect(minutes.at(-1)).toBe(10_384);
    expect(await queue.items()).toMatchObject([
      { at: 'failed', failures: 28, requeueCount: 27, attention: true, lastError: '7: Price 59 of "SKU-101" is wrong' },
    ]);
  });

  it('fails after 12 failures with maxRetries 11, and begins anew when it changes', async () => {
    await queue.addSet(1, 1);
    await queue.configure({ maxRetries: 11 });
    queue.shop.answer = failingWith('no');
    await queue.change(1, 101, 'price');
    await queue.work();
    for (let rounds = 0; rounds < 30; rounds += 1) await queue.pass(8 * 3_600);
    expect(queue.shop.calls).toHaveLength(12);
    expect(await queue.items()).toMatchObject([{ at: 'failed', failures: 12 }]);
    queue.shop.answer = succeed;
    await queue.change(1, 101, 'price');
    await queue.work();
    expect(await queue.items()).toMatchObject([{ at: 'synced', merged: 1, retryNo: 0 }]);
  });

  it('keeps a lane behind an item that is retried, and lets it go on when that is given up', async () => {
    await queue.addSet(1, 2);
    await queue.configure({ maxRetries: 1 });
    queue.shop.answer = (call) => (call.items[0]?.topic === 'price' ? failingWith('no')(call) : succeed(call));
    await queue.change(1, 101, 'price');
    await queue.change(1, 102, 'content');
    await queue.work();
    expect(await where()).toEqual(['price delayed(retry)', 'content pending']);
    await queue.pass(60);
    expect(await where()).toEqual(['price failed', 'content synced']);
    expect(said()).toEqual(['price', 'price', 'content']);
  });

  it('blocks what belongs to a set with a new variation until that is at the shop', async () => {
    await queue.addSet(1, 2);
    await queue.dataSource.query('UPDATE product SET src_id = NULL, shop_sku = NULL WHERE id = 102');
    queue.shop.answer = (call) =>
      call.method === 'Product.createProducts' ? failingWith('later')(call) : succeed(call);
    await queue.change(1, 102, 'new_product');
    await queue.change(1, 101, 'price');
    await queue.change(1, null, 'images');
    await queue.work();
    expect(await queue.items()).toMatchObject([
      { at: 'delayed(retry)' },
      { at: 'blocked(set_incomplete)', blockedBy: { kind: 'product', id: 102 } },
      { at: 'pending' },
    ]);
    queue.shop.answer = succeed;
    await queue.pass(60);
    expect(await where()).toEqual(['new_product synced', 'price synced', 'images synced']);
  });

  it('blocks an item whose id belongs to another product, names it, and changes nothing else', async () => {
    await queue.addSet(1, 1);
    await queue.addSet(2, 1, false);
    queue.shop.answer = (call) => ({
      kind: 'answered',
      httpStatus: 200,
      result: (successOf(call) as { product: object }[]).map((each) => ({
        ...each,
        product: { ...each.product, id: '9101' },
      })),
    });
    const before = await product(201);
    await queue.change(2, null, 'new_product_set');
    await queue.change(2, 201, 'price');
    await queue.work();
    expect(await queue.items()).toMatchObject([
      { at: 'blocked(src_id_conflict)', blockedBy: { kind: 'holder', id: 101 } },
      { at: 'blocked(no_src_id)' },
    ]);
    expect(await product(201)).toEqual(before);
    expect(await queue.dataSource.query('SELECT src_id FROM product_set WHERE id = 2')).toEqual([{ src_id: null }]);
    // A corrected answer to the same request sets it right.
    const [call] = queue.shop.calls;
    expect(await queue.results.apply(call?.id as string, successOf(call as never))).toBe('applied');
    expect(await queue.results.apply(call?.id as string, successOf(call as never))).toBe('duplicate');
    await queue.work();
    expect((await queue.items())[0]).toMatchObject({ at: 'synced' });
    expect(await product(201)).toMatchObject({ src_id: '9201' });
  });

  it('blocks an answer that cannot be read, and every item of it alone', async () => {
    await queue.addSet(1, 1);
    await queue.addSet(2, 1);
    queue.shop.answer = (call) => ({
      kind: 'answered',
      httpStatus: 200,
      result: (successOf(call) as unknown[]).slice(1),
    });
    await queue.change(1, 101, 'price');
    await queue.change(2, 201, 'price');
    await queue.work();
    expect(await where()).toEqual(['price blocked(bad_response)', 'price blocked(bad_response)']);
    queue.shop.answer = (call) => ({
      kind: 'answered',
      httpStatus: 200,
      result: (successOf(call) as unknown[]).map((each, index) => (index === 0 ? { status: 'odd' } : each)),
    });
    await queue.change(1, 101, 'content');
    await queue.change(2, 201, 'content');
    await queue.work();
    expect((await where()).slice(2)).toEqual(['content blocked(bad_response)', 'content synced']);
  });

  it('takes a change along that comes while its item is under way', async () => {
    await queue.addSet(1, 1);
    queue.shop.answer = async (call) => {
      if (queue.shop.calls.length === 1) await queue.change(1, 101, 'price');
      return queue.shop.calls.length === 1 ? failingWith('no')(call) : succeed(call);
    };
    await queue.change(1, 101, 'price');
    await queue.work();
    expect(await where()).toEqual(['price delayed(retry)', 'price superseded']);
    await queue.pass(60);
    expect(await where()).toEqual(['price synced', 'price superseded']);
    queue.shop.calls.length = 0;
    queue.shop.answer = async (call) => {
      if (queue.shop.calls.length === 1) await queue.change(1, 101, 'price');
      return succeed(call);
    };
    await queue.change(1, 101, 'price');
    await queue.work();
    expect((await where()).slice(2)).toEqual(['price synced', 'price synced']);
  });

  it('burns no retry while nothing may be sent', async () => {
    await queue.addSet(1, 2);
    queue.shop.admit = async () => ({ reason: 'circuit_open', forMs: 60_000 });
    await queue.change(1, 101, 'price');
    await queue.change(1, 102, 'price');
    await queue.work();
    expect(await where()).toEqual(['price delayed(circuit_open)', 'price pending']);
    queue.shop.admit = async () => null;
    await queue.pass(60);
    expect(await queue.items()).toMatchObject([
      { at: 'synced', retryNo: 0, failures: 0, requeueCount: 0 },
      { at: 'synced' },
    ]);
  });

  it('holds back a paused topic, and sends it when the pause ends', async () => {
    await queue.addSet(1, 1);
    await queue.configure({ topics: { price: { paused: true, headerName: null } } });
    await queue.change(1, 101, 'price');
    await queue.change(1, null, 'images');
    await queue.work();
    expect(await where()).toEqual(['price delayed(paused)', 'images pending']);
    await queue.configure({});
    await queue.work();
    expect(await where()).toEqual(['price synced', 'images synced']);
  });

  it('leaves alone what is ready when other settings change; a pause of its topic holds it back at once', async () => {
    await queue.addSet(1, 1);
    await queue.change(1, 101, 'price');
    const noted = async () =>
      (await queue.dataSource.query('SELECT config_version AS version, ready_item_id AS item FROM sync_lane'))[0];
    const before = await noted();
    await queue.configure({ maxRetries: 5 });
    expect(await noted()).toEqual(before);
    await queue.configure({ topics: { price: { paused: true, headerName: null } } });
    expect(await where()).toEqual(['price delayed(paused)']);
    await queue.configure({});
    expect(await where()).toEqual(['price pending']);
    await queue.configure({ maxRetries: 6 });
    await queue.work();
    expect(await where()).toEqual(['price synced']);
    expect(await noted()).toEqual({ version: expect.any(Number), item: null });
  });

  it('goes on after the acknowledgment in the asynchronous flow; the callback ends the item', async () => {
    await queue.addSet(1, 1);
    await queue.configure({ flow: 'asynchronous' });
    queue.shop.answer = () => ({ kind: 'acknowledged', httpStatus: 200 });
    await queue.change(1, 101, 'price');
    await queue.change(1, 101, 'content');
    await queue.work();
    expect(await where()).toEqual(['price got_acknowledgment', 'content got_acknowledgment']);
    const [price, content] = queue.shop.calls;
    expect(await queue.results.apply(content?.id as string, successOf(content as never))).toBe('applied');
    await queue.pass(30 * 86_400);
    expect(await where()).toEqual(['price got_acknowledgment', 'content synced']);
    // Back in the synchronous flow the lane waits for what is still to be called back.
    await queue.configure({ flow: 'synchronous' });
    queue.shop.answer = succeed;
    await queue.change(1, null, 'images');
    await queue.work();
    expect((await where())[2]).toBe('images pending');
    expect(await queue.results.apply(price?.id as string, successOf(price as never))).toBe('applied');
    await queue.work();
    expect((await where())[2]).toBe('images synced');
    expect(await causes(1)).toEqual(['1', '5', '6', '7', '9', '13', '15', '16', '19']);
  });

  it('takes a callback before its acknowledgment, and a late one after the call was given up', async () => {
    await queue.addSet(1, 1);
    await queue.configure({ flow: 'asynchronous', callbackTimeoutSeconds: 3_600 });
    queue.shop.answer = async (call) => {
      expect(await queue.results.apply(call.id, successOf(call))).toBe('applied');
      return { kind: 'acknowledged', httpStatus: 200 };
    };
    await queue.change(1, 101, 'price');
    await queue.work();
    expect(await where()).toEqual(['price synced']);
    queue.shop.answer = () => ({ kind: 'acknowledged', httpStatus: 200 });
    await queue.change(1, 101, 'content');
    await queue.work();
    await queue.pass(3_600);
    expect((await where())[1]).toBe('content delayed(retry)');
    const call = queue.shop.calls[1];
    expect(await queue.results.apply(call?.id as string, successOf(call as never))).toBe('applied');
    expect((await where())[1]).toBe('content synced');
    expect(await queue.results.apply('999999', [])).toBe('orphan');
    expect(await queue.results.apply("1'; DROP", [])).toBe('orphan');
  });

  it('sends again what a dead worker had sent, once its lease has run out', async () => {
    await queue.addSet(1, 1);
    await queue.change(1, 101, 'price');
    const dies = queue.worker.look('test', (step) => {
      if (step === 'answered') throw new Error('killed');
    });
    await expect(dies).rejects.toThrow('killed');
    expect(await where()).toEqual(['price made_request']);
    await queue.pass(79);
    expect(await where()).toEqual(['price made_request']);
    await queue.pass(1);
    expect(await where()).toEqual(['price delayed(retry)']);
    await queue.pass(60);
    expect(await where()).toEqual(['price synced']);
    expect(await causes(1)).toContain('30');
  });

  it('writes down what was said with what came of it, once, whatever else cannot be written', async () => {
    await queue.dataSource.query(
      'CREATE TABLE note (request_id text UNIQUE, xid xid8 NOT NULL DEFAULT pg_current_xact_id(), CHECK (request_id IS NOT NULL))',
    );
    const notes = () => queue.dataSource.query('SELECT request_id AS id FROM note ORDER BY request_id::int');
    const answering = (toNote: (call: ShopCall) => string | null) => (call: ShopCall) => ({
      ...succeed(call),
      note: async (manager: EntityManager) => {
        await manager.query('INSERT INTO note (request_id) VALUES ($1)', [toNote(call)]);
      },
    });
    for (const set of [1, 2]) await queue.addSet(set, 1);
    const change = async (topic: Topic) => {
      for (const set of [1, 2]) await queue.change(set, set * 100 + 1, topic);
    };
    queue.shop.answer = answering(({ id }) => id);
    await change('price');
    await queue.work();
    expect(await where()).toEqual(['price synced', 'price synced']);
    const [first] = queue.shop.calls;
    expect(await notes()).toEqual([{ id: first!.id }]);
    // Of one transaction: whoever sees the one sees the other.
    const [same] = await queue.dataSource.query(
      'SELECT count(DISTINCT x)::int AS n FROM (SELECT xid::text AS x FROM note UNION ALL SELECT xmin::text FROM sync_item) AS all_rows',
    );
    expect(same.n).toBe(1);

    // The note cannot be written: the answer is.
    queue.shop.answer = answering(() => null);
    await change('content');
    await queue.work();
    expect((await where()).slice(2)).toEqual(['content synced', 'content synced']);
    expect(await notes()).toHaveLength(1);

    // All together cannot be written: the note is, and the answer item by item.
    await queue.dataSource.query(`UPDATE product SET src_updated_at = NULL;
      ALTER TABLE product ADD CONSTRAINT odd CHECK (id <> 101 OR src_updated_at IS NULL)`);
    queue.shop.answer = answering(({ id }) => id);
    await change('status');
    await queue.work();
    expect((await where()).slice(4)).toEqual(['status delayed(retry)', 'status synced']);
    expect(await notes()).toEqual([{ id: first!.id }, { id: queue.shop.calls.at(-1)!.id }]);
  });

  it('gives up what a worker left that died between two items whose results it wrote one by one', async () => {
    for (const set of [1, 2, 3]) {
      await queue.addSet(set, 1);
      await queue.change(set, set * 100 + 1, 'price');
    }
    // All together cannot be written; the first one can by itself, and with the second one the connection ends.
    await queue.dataSource.query(`
      CREATE SEQUENCE written;
      CREATE FUNCTION fail_twice() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
      BEGIN
        CASE nextval('written') WHEN 1 THEN RAISE EXCEPTION 'not all of it';
          WHEN 3 THEN PERFORM pg_terminate_backend(pg_backend_pid()); ELSE END CASE;
        RETURN NEW;
      END $$;
      CREATE TRIGGER fail_twice BEFORE UPDATE ON product FOR EACH ROW EXECUTE FUNCTION fail_twice()`);
    await expect(queue.worker.look('test')).rejects.toThrow();
    expect(await where()).toEqual(['price synced', 'price made_request', 'price made_request']);
    await queue.pass(80);
    expect(await where()).toEqual(['price synced', 'price delayed(retry)', 'price delayed(retry)']);
    await queue.pass(60);
    expect(await where()).toEqual(['price synced', 'price synced', 'price synced']);
    expect(queue.shop.calls.map(({ items }) => items.length)).toEqual([3, 2]);
  });

  it('keeps an answer that cannot be written, and writes it later without asking the shop again', async () => {
    await queue.addSet(1, 1);
    await queue.addSet(2, 1);
    await queue.dataSource.query('ALTER TABLE product ADD CONSTRAINT odd CHECK (id <> 101 OR src_updated_at IS NULL)');
    await queue.change(1, 101, 'price');
    await queue.change(2, 201, 'price');
    await queue.work();
    expect(await where()).toEqual(['price delayed(retry)', 'price synced']);
    // A change meanwhile is another thing to say: it does not get lost in what is already said.
    await queue.change(1, 101, 'price');
    expect(await where()).toEqual(['price delayed(retry)', 'price synced', 'price pending']);
    await queue.dataSource.query('ALTER TABLE product DROP CONSTRAINT odd');
    await queue.pass(60);
    expect(await where()).toEqual(['price synced', 'price synced', 'price synced']);
    expect(queue.shop.calls).toHaveLength(2);
    expect(await product(101)).toMatchObject({ src_updated_at: '2031-03-04 10:00:02' });
    // The items of the first call were written one after the other.
    const [first] = await queue.dataSource.query('SELECT outcome, item_outcomes AS items FROM sync_call ORDER BY id');
    expect(first).toEqual({ outcome: 'answered', items: ['synced', 'synced'] });
  });

  it('lets go what waited for a variation that is gone before it was ever created', async () => {
    await queue.addSet(1, 2);
    await queue.dataSource.query('UPDATE product SET src_id = NULL, shop_sku = NULL WHERE id = 102');
    queue.shop.admit = async (method) =>
      method === 'Product.createProducts' ? { reason: 'circuit_open', forMs: 60_000 } : null;
    await queue.change(1, 102, 'new_product');
    await queue.change(1, 101, 'price');
    expect(await where()).toEqual(['new_product pending', 'price blocked(set_incomplete)']);
    await new ProductsStore(queue.dataSource).remove(102);
    expect(await where()).toEqual(['new_product cancelled', 'price pending']);
  });

  it('forgets what ended long ago, and nothing that is still to be sent', async () => {
    await queue.addSet(1, 1);
    await queue.change(1, 101, 'price');
    await queue.work();
    queue.shop.answer = failingWith('no');
    await queue.change(1, 101, 'content');
    await queue.work();
    await queue.dataSource.query(`
      UPDATE sync_item SET finished_at = '2020-01-01' WHERE finished_at IS NOT NULL;
      UPDATE sync_item_event SET at = '2020-01-01';
      UPDATE sync_call SET created_at = '2020-01-01';`);
    for (const rule of queueRetention) await removeOutdated(queue.dataSource, rule, { days: 90, runs: 1 });
    expect(await where()).toEqual(['content delayed(retry)']);
    const [counts] = await queue.dataSource.query(
      `SELECT (SELECT count(*)::int FROM sync_call) AS calls, (SELECT count(*)::int FROM sync_call_item) AS "calledItems",
         (SELECT count(DISTINCT item_id)::int FROM sync_item_event) AS told`,
    );
    expect(counts).toEqual({ calls: 1, calledItems: 1, told: 1 });
  });

  it('makes one of two changes of the same when neither is called back in its time', async () => {
    await queue.addSet(1, 1);
    await queue.configure({ flow: 'asynchronous', callbackTimeoutSeconds: 3_600 });
    queue.shop.answer = () => ({ kind: 'acknowledged', httpStatus: 200 });
    for (let change = 0; change < 2; change += 1) {
      await queue.change(1, 101, 'price');
      await queue.work();
    }
    expect(await where()).toEqual(['price got_acknowledgment', 'price got_acknowledgment']);
    queue.clock.advance(3_600_000);
    await queue.timers.releaseDue();
    expect(await queue.items()).toMatchObject([{ at: 'delayed(retry)', merged: 1 }, { at: 'superseded' }]);
  });

  it('looks again whose turn it is when the settings have changed since that was noted', async () => {
    await queue.addSet(1, 1);
    await queue.configure({ flow: 'asynchronous' });
    queue.shop.answer = () => ({ kind: 'acknowledged', httpStatus: 200 });
    await queue.change(1, 101, 'price');
    await queue.work();
    await queue.change(1, 101, 'content');
    // Nobody has come round to the lanes yet.
    await queue.dataSource.query(
      `INSERT INTO shop_config (settings, changed_by) VALUES ('{"flow": "synchronous"}', 'test')`,
    );
    await queue.work();
    expect(await where()).toEqual(['price got_acknowledgment', 'content pending']);
  });

  it('tries again what lacks something that the shop must have; its neighbours go', async () => {
    await queue.addSet(1, 1);
    await queue.addSet(2, 1);
    await queue.dataSource.query('UPDATE product SET price = NULL WHERE id = 101');
    await queue.change(1, 101, 'price');
    await queue.change(2, 201, 'price');
    await queue.work();
    expect(await where()).toEqual(['price delayed(retry)', 'price synced']);
    expect((await queue.items())[0]).toMatchObject({ failures: 1, lastError: 'SKU-101 has no price.' });
    await queue.dataSource.query('UPDATE product SET price = 1 WHERE id = 101');
    await queue.pass(60);
    expect(await where()).toEqual(['price synced', 'price synced']);
  });

  it('keeps an item of which nothing can be built from spoiling the calls of others', async () => {
    const spoilt = await openQueue(engines, {
      payloads: (payloads) => ({
        build: async (manager, method, items) => {
          if (items.some(({ productId }) => productId === 201)) throw new Error('cannot be read');
          return payloads.build(manager, method, items);
        },
      }),
    });
    try {
      for (const set of [1, 2, 3]) {
        await spoilt.addSet(set, 1);
        await spoilt.change(set, set * 100 + 1, 'price');
      }
      await spoilt.work();
      expect((await spoilt.items()).map(({ at }) => at)).toEqual(['synced', 'delayed(retry)', 'synced']);
      expect((await spoilt.items())[1]?.lastError).toContain('cannot be read');
    } finally {
      await spoilt.close();
    }
  });

  it('moves no more than a thousand items while a shop that is away holds very many back', async () => {
    await queue.dataSource.query(
      `INSERT INTO product_set (id, seller_id, name, categories, images, src_id, version)
       SELECT n, 1, 'Set', '{}', '[]', '7' || n, 1 FROM generate_series(1, 1500) AS n`,
    );
    const changes = Array.from({ length: 1_500 }, (_, index) => ({
      productSetId: index + 1,
      productId: null,
      topics: ['images' as const],
    }));
    await queue.dataSource.transaction((manager) => enqueueChanges(manager, changes, queue.clock.now()));
    queue.shop.admit = async () => ({ reason: 'circuit_open', forMs: 60_000 });
    await queue.work();
    await queue.work();
    const rows = await queue.dataSource.query('SELECT status, count(*)::int AS n FROM sync_item GROUP BY 1 ORDER BY 1');
    expect(rows).toEqual([
      { status: 'delayed', n: 1_000 },
      { status: 'pending', n: 500 },
    ]);
  });
});
