import { describeWithEngines } from '@lockstep/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { failingWith, type OpenQueue, openQueue, succeed } from '../queue/queue.fixture.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import type { ItemAction } from './decide-action.js';
import { moveItems } from './item-moves.js';

describeWithEngines('what an operator does with an item', (engines) => {
  let queue: OpenQueue;

  beforeEach(async () => {
    queue = await openQueue(engines);
  });
  afterEach(async () => {
    await queue?.close();
  });

  const where = async (): Promise<string[]> => (await queue.items()).map(({ topic, at }) => `${topic} ${at}`);
  const move = (action: ItemAction, ...ids: number[]): Promise<string[]> =>
    queue.dataSource.transaction(async (manager) => {
      const settings = await new ShopSettings().current(manager);
      const moves = await moveItems(manager, action, ids, { settings, now: queue.clock.now() });
      return moves.map(({ decision }) => decision.kind);
    });

  it('lets the lane go on when its head is skipped; the head comes again when it changes', async () => {
    await queue.addSet(1, 1);
    queue.shop.answer = failingWith('no');
    await queue.change(1, 101, 'price');
    await queue.work();
    queue.shop.answer = succeed;
    await queue.change(1, 101, 'content');
    await queue.work();
    expect(await where()).toEqual(['price delayed(retry)', 'content pending']);
    expect(await move('skip', 1)).toEqual(['skip']);
    await queue.work();
    expect(await where()).toEqual(['price failed', 'content synced']);
    await queue.change(1, 101, 'price');
    await queue.work();
    expect(await queue.items()).toMatchObject([{ at: 'synced', merged: 1 }, { at: 'synced' }]);
  });

  it('does not skip a creation, nor anything where what has failed blocks its lane', async () => {
    await queue.addSet(1, 1, false);
    await queue.change(1, null, 'new_product_set');
    expect(await move('skip', 1)).toEqual(['refused']);
    await queue.configure({ failedBlocksLane: true });
    await queue.addSet(2, 1);
    await queue.change(2, 201, 'price');
    expect(await move('skip', 2)).toEqual(['refused']);
  });

  it('releases what waited for a creation that is done, once the shop has given its ids', async () => {
    await queue.addSet(1, 2);
    await queue.dataSource.query('UPDATE product SET src_id = NULL, shop_sku = NULL WHERE id = 102');
    await queue.change(1, 102, 'new_product');
    await queue.change(1, 101, 'price');
    expect(await where()).toEqual(['new_product pending', 'price blocked(set_incomplete)']);
    expect(await move('done', 1)).toEqual(['refused']);
    await queue.dataSource.query(`UPDATE product SET src_id = '9102', shop_sku = 'SHOP-102' WHERE id = 102`);
    expect(await move('done', 1)).toEqual(['done']);
    expect(await where()).toEqual(['new_product synced', 'price pending']);
    await queue.work();
    expect(queue.shop.calls.map(({ items }) => items.map(({ topic }) => topic))).toEqual([['price']]);
  });
});
