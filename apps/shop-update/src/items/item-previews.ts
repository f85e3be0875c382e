import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { PAYLOADS, type Payloads } from '../queue/shop-call.js';
import { methodOf } from '../shop/topic-methods.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { diffPayload, payloadAt } from './diff-payload.js';
import { readAttempts, readDiff } from './item-attempts.js';
import { ItemLists } from './item-lists.js';
import type { ItemPreviewAnswer } from './item-preview.answer.js';

/** Says what would be sent, by the same that builds it when it is sent: whoever tries again sees first what that changes. */
@Injectable()
export class ItemPreviews {
  constructor(
    private readonly dataSource: DataSource,
    private readonly settings: ShopSettings,
    private readonly lists: ItemLists,
    @Inject(PAYLOADS) private readonly payloads: Payloads,
  ) {}

  /** Of an item that has come to its end it is what would be said of it, were it to come again. */
  async preview(id: number): Promise<ItemPreviewAnswer | undefined> {
    const { manager } = this.dataSource;
    const settings = await this.settings.current(manager);
    const [item] = await this.lists.show(manager, [id], settings);
    if (!item) return undefined;
    const { productSetId, productId, topic } = item;
    const method = methodOf(topic, settings);
    const called = { itemId: id, productSetId, productId, topic, requeueCount: 0, enqueuedAtNs: '0' };
    const { params, refused } = await this.payloads.build(manager, method, [called]);
    const request = params === null ? null : payloadAt(params, 0, 1);
    const [latest] = await readAttempts(manager, id, settings, 1);
    return {
      itemId: id,
      method,
      request,
      refusal: refused[0]?.detail ?? null,
      diff:
        request === null
          ? { lastSyncedItemId: null, lastSyncedAt: null, changes: [] }
          : await readDiff(manager, item, request),
      lastRequestId: latest?.requestId ?? null,
      changesSinceLastRequest: latest && request !== null ? diffPayload(latest.request, request) : [],
    };
  }
}
