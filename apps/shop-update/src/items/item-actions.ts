import { inTransaction } from '@lockstep/database';
import { ProblemError } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { notFound } from '../catalogue/catalogue-problems.js';
import { QueueTime } from '../queue/queue-time.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import type { ItemAction } from './decide-action.js';
import type { ItemActionBody } from './item-action.body.js';
import { ItemLists } from './item-lists.js';
import { moveItems } from './item-moves.js';
import type { ItemView } from './item-view.js';

/** Takes a transaction back that was only to show what it would come to. */
class DryRun extends Error {
  constructor(readonly view: ItemView) {
    super('a dry run');
  }
}

/** What operators do with one item, and the record of it. */
@Injectable()
export class ItemActions {
  constructor(
    private readonly dataSource: DataSource,
    private readonly lists: ItemLists,
    private readonly settings: ShopSettings,
    private readonly time: QueueTime,
  ) {}

  /** @throws ProblemError 404 `ITEM_NOT_FOUND`, 409 `ITEM_NOT_IN_STATE` */
  async act(id: number, action: ItemAction, by: string, { reason, dryRun }: ItemActionBody = {}): Promise<ItemView> {
    try {
      return await inTransaction(this.dataSource, async (manager) => {
        const view = await this.move(manager, id, action, { by, reason });
        if (dryRun) throw new DryRun(view);
        return view;
      });
    } catch (error) {
      if (error instanceof DryRun) return error.view;
      throw error;
    }
  }

  private async move(
    manager: EntityManager,
    id: number,
    action: ItemAction,
    { by, reason }: { readonly by: string; readonly reason: string | undefined },
  ): Promise<ItemView> {
    const now = await this.time.now(manager);
    const settings = await this.settings.current(manager);
    const [move] = await moveItems(manager, action, [id], { settings, now });
    if (!move) noSuchItem(id);
    const { item, decision } = move;
    if (decision.kind === 'refused') {
      const members = { itemId: id, status: item.status, reason: item.reason };
      throw new ProblemError(409, 'ITEM_NOT_IN_STATE', decision.why, members);
    }
    await manager.query(
      'INSERT INTO item_action (item_id, action, reason, created_by, created_at) VALUES ($1, $2, $3, $4, $5)',
      [id, action, reason ?? null, by, now],
    );
    const [view] = await this.lists.show(manager, [id], settings);
    return view ?? noSuchItem(id);
  }
}

export function noSuchItem(id: number): never {
  return notFound('item', 'ITEM_NOT_FOUND', id);
}
