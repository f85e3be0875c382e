import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { BuiltPayload, CalledItem, Payloads, RefusedItem } from '../queue/shop-call.js';
import type { ShopMethod } from '../queue/topics.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import {
  type OfferRow,
  priceOf,
  toCreateEntry,
  toImageParams,
  toPriceEntry,
  toStockEntry,
  toUpdateEntry,
} from './bodies.js';
import { fingerprint } from './fingerprint.js';
import { readOfferRows, readProductRows, readSetRows, readUncreated } from './payload-rows.js';

/** Says of items what the catalogue states of them now, whatever it was when they were queued. */
@Injectable()
export class CataloguePayloads implements Payloads {
  constructor(private readonly settings: ShopSettings) {}

  build(manager: EntityManager, method: ShopMethod, items: readonly CalledItem[]): Promise<BuiltPayload> {
    if (method === 'Product.updateImageCollection') return buildImages(manager, onlyOne(items));
    if (method === 'Product.createProducts') return this.buildCreation(manager, onlyOne(items));
    return buildUpdates(manager, method, items);
  }

  private async buildCreation(manager: EntityManager, item: CalledItem): Promise<BuiltPayload> {
    const rows =
      item.productId === null
        ? await readUncreated(manager, [item.productSetId])
        : (await readProductRows(manager, [item.productId])).filter(({ deleted, srcId }) => !deleted && srcId === null);
    if (rows.length === 0) return refuse(item, 'nothing_to_say', 'There is nothing left to create.');
    const incomplete = rows.find((row) => priceOf(row) === null || row.set.sellerId === null);
    if (incomplete) return refuse(item, 'incomplete', `${incomplete.sellerSku} has no price, or its set no seller.`);
    const { platformIdentifier } = await this.settings.current(manager);
    const productsInfo = rows.map((row) => toCreateEntry(row, platformIdentifier));
    return {
      params: { productsInfo },
      sent: [{ itemId: item.itemId, fingerprint: fingerprint(productsInfo) }],
      refused: [],
    };
  }
}

async function buildUpdates(
  manager: EntityManager,
  method: ShopMethod,
  items: readonly CalledItem[],
): Promise<BuiltPayload> {
  const ids = items.flatMap(({ productId }) => (productId === null ? [] : [productId]));
  if (method === 'Product.updateProducts')
    return toUpdates(method, items, await readProductRows(manager, ids), toUpdateEntry);
  const rows = await readOfferRows(manager, ids);
  if (method === 'Product.updatePrices') return toUpdates(method, items, rows, toPriceEntry);
  return toUpdates(method, items, rows, (row, { topic }) => toStockEntry(row, topic));
}

function toUpdates<Row extends OfferRow>(
  method: ShopMethod,
  items: readonly CalledItem[],
  rows: readonly Row[],
  toEntry: (row: Row, item: CalledItem) => Record<string, unknown>,
): BuiltPayload {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const refused: RefusedItem[] = [];
  const entries: { itemId: number; entry: Record<string, unknown> }[] = [];
  for (const item of items) {
    const row = byId.get(item.productId ?? 0);
    const problem = whyNot(method, item, row);
    if (row === undefined || problem) refused.push(problem ?? gone(item));
    else entries.push({ itemId: item.itemId, entry: toEntry(row, item) });
  }
  const productsInfo = entries.map(({ entry }) => entry);
  return {
    params: entries.length === 0 ? null : { productsInfo },
    sent: entries.map(({ itemId, entry }) => ({ itemId, fingerprint: fingerprint(entry) })),
    refused,
  };
}

function whyNot(method: ShopMethod, item: CalledItem, row: OfferRow | undefined): RefusedItem | undefined {
  // That it is gone is itself something to say, but only of its status.
  if (row === undefined || (row.deleted && method !== 'Product.updateProducts')) return gone(item);
  const { itemId } = item;
  if (row.srcId === null) return { itemId, why: 'incomplete', detail: `${row.sellerSku} is not at the shop yet.` };
  if (method === 'Product.updatePrices' && priceOf(row) === null)
    return { itemId, why: 'incomplete', detail: `${row.sellerSku} has no price.` };
  return undefined;
}

function gone({ itemId }: CalledItem): RefusedItem {
  return { itemId, why: 'nothing_to_say', detail: 'The product is gone.' };
}

async function buildImages(manager: EntityManager, item: CalledItem): Promise<BuiltPayload> {
  const [set] = await readSetRows(manager, [item.productSetId]);
  if (!set || set.deleted) return refuse(item, 'nothing_to_say', 'The product set is gone.');
  if (set.srcId === null) return refuse(item, 'incomplete', 'The product set is not at the shop yet.');
  const params = toImageParams(set);
  return { params, sent: [{ itemId: item.itemId, fingerprint: fingerprint(params) }], refused: [] };
}

function refuse({ itemId }: CalledItem, why: RefusedItem['why'], detail: string): BuiltPayload {
  return { params: null, sent: [], refused: [{ itemId, why, detail }] };
}

function onlyOne(items: readonly CalledItem[]): CalledItem {
  const [item, ...others] = items;
  if (!item || others.length > 0) throw new Error(`such a call carries one item, not ${items.length}`);
  return item;
}
