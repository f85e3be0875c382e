import { inTransaction } from '@lockstep/database';
import type { Page } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { ProductSetsQuery } from './catalogue.query.js';
import { refusingTakenSku, stillUsed, unknownParent } from './catalogue-problems.js';
import { mergePatch } from './merge-patch.js';
import {
  PRODUCT_SET_SHAPE,
  ProductSetBody,
  type ProductSetPatch,
  type ProductSetRecord,
  type ProductSetView,
  toProductSetRecord,
} from './product-set-body.js';
import { buryRow, holdRows, listRows, readRows } from './read-rows.js';
import { upsertSql, viewSql } from './row-shape.js';
import { tellingShop } from './tell-shop.js';

const READING = {
  table: 'product_set',
  view: viewSql(PRODUCT_SET_SHAPE, {
    price: 't.price::text',
    tags: 't.tags',
    srcId: 't.src_id',
    related: `(SELECT coalesce(json_agg(r.related_id ORDER BY r.related_id), '[]')
      FROM product_set_relation r WHERE r.product_set_id = t.id)`,
  }),
};
const UPSERT_SQL = upsertSql(PRODUCT_SET_SHAPE);

/**
 * Creates or replaces product sets in the caller's transaction, whose sellers the caller holds, and queues what the shop must
 * be told of it; answers the ids of those that changed. Products follow their set to another seller.
 */
export async function saveProductSets(manager: EntityManager, sets: readonly ProductSetRecord[]): Promise<number[]> {
  if (sets.length === 0) return [];
  return tellingShop(manager, { sets: sets.map(({ id }) => id) }, async () => {
    const rows: { id: number }[] = await manager.query(UPSERT_SQL, [JSON.stringify(sets)]);
    const changed = rows.map(({ id }) => id);
    await followSellers(manager, changed);
    return changed;
  });
}

/** Products of these sets whose seller is not the set's any more. */
export async function followSellers(manager: EntityManager, productSetIds: readonly number[]): Promise<void> {
  await manager.query(
    `UPDATE product p SET seller_id = s.seller_id, version = p.version + 1, updated_at = now()
     FROM product_set s
     WHERE s.id = ANY ($1::bigint[]) AND p.product_set_id = s.id AND p.seller_id IS DISTINCT FROM s.seller_id`,
    [productSetIds],
  );
}

export function readProductSets(manager: EntityManager, ids: readonly number[]): Promise<Map<number, ProductSetView>> {
  return readRows(manager, READING, ids);
}

/** Locks product sets that are there; answers their ids. */
async function lockProductSets(manager: EntityManager, ids: readonly number[]): Promise<Set<number>> {
  const rows: { id: number }[] = await manager.query(
    'SELECT id FROM product_set WHERE id = ANY ($1::bigint[]) AND NOT deleted ORDER BY id FOR UPDATE',
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Product sets; every change raises the version in its own transaction. */
@Injectable()
export class ProductSetsStore {
  constructor(private readonly dataSource: DataSource) {}

  async find(id: number): Promise<ProductSetView | undefined> {
    return (await readProductSets(this.dataSource.manager, [id])).get(id);
  }

  list(query: ProductSetsQuery): Promise<Page<ProductSetView>> {
    const sortable = ['id', 'name', 'updatedAt'] as const;
    return listRows(this.dataSource.manager, READING, { query, sortable, where: { sellerId: query.sellerId } });
  }

  /** True when it was created. */
  save(id: number, body: ProductSetBody): Promise<boolean> {
    return this.write(async (manager) => {
      await holdSeller(manager, body.sellerId);
      const isKnown = (await lockProductSets(manager, [id])).has(id);
      await saveProductSets(manager, [toProductSetRecord(id, body)]);
      return !isKnown;
    });
  }

  /** False when there is none. */
  patch(id: number, patch: ProductSetPatch): Promise<boolean> {
    return this.write(async (manager) => {
      if (typeof patch.sellerId === 'number') await holdSeller(manager, patch.sellerId);
      if (!(await lockProductSets(manager, [id])).has(id)) return false;
      const shown = (await readProductSets(manager, [id])).get(id) as ProductSetView;
      const body = mergePatch(ProductSetBody, Object.keys(PRODUCT_SET_SHAPE.fields), shown, patch);
      await saveProductSets(manager, [toProductSetRecord(id, body)]);
      return true;
    });
  }

  /** False when there is none. One with products stays. */
  remove(id: number): Promise<boolean> {
    return this.write(async (manager) => {
      if (!(await lockProductSets(manager, [id])).has(id)) return false;
      const products: unknown[] = await manager.query(
        'SELECT FROM product WHERE product_set_id = $1 AND NOT deleted LIMIT 1',
        [id],
      );
      if (products.length > 0) throw stillUsed('PRODUCT_SET_IN_USE', `The product set ${id} still has products.`);
      return tellingShop(manager, { sets: [id] }, () => buryRow(manager, 'product_set', id));
    });
  }

  private write<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return refusingTakenSku(() => inTransaction(this.dataSource, work));
  }
}

async function holdSeller(manager: EntityManager, sellerId: number): Promise<void> {
  const known = await holdRows(manager, 'seller', [sellerId]);
  if (!known.has(sellerId)) throw unknownParent('sellerId', 'SELLER_NOT_FOUND', sellerId);
}
