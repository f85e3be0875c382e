import { inTransaction } from '@lockstep/database';
import type { Page } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { ProductsQuery } from './catalogue.query.js';
import { refusingTakenSku, unknownParent } from './catalogue-problems.js';
import { mergePatch } from './merge-patch.js';
import {
  PRODUCT_SHAPE,
  ProductBody,
  type ProductPatch,
  type ProductRecord,
  type ProductView,
  toProductRecord,
} from './product-body.js';
import { followSellers } from './product-sets.store.js';
import { buryRow, holdRows, listRows, readRows } from './read-rows.js';
import { upsertSql, viewSql } from './row-shape.js';
import { tellingShop } from './tell-shop.js';

const READING = {
  table: 'product',
  view: viewSql(PRODUCT_SHAPE, {
    shopSku: 't.shop_sku',
    srcId: 't.src_id',
    srcUpdatedAt: 't.src_updated_at',
    locations: `(SELECT coalesce(json_agg(json_build_object('locationId', l.location_id, 'quantity', l.quantity)
      ORDER BY l.location_id), '[]') FROM location_stock l WHERE l.product_id = t.id)`,
  }),
};

/** The seller is the set's, stored in the same statement: a SKU is unique within it. */
const UPSERT_SQL = upsertSql({
  ...PRODUCT_SHAPE,
  fields: { ...PRODUCT_SHAPE.fields, sellerId: 'bigint' },
});

/**
 * Creates or replaces products in the caller's transaction, whose sets the caller holds, and queues what the shop must be told
 * of it; answers the ids that changed.
 */
export async function saveProducts(manager: EntityManager, products: readonly ProductRecord[]): Promise<number[]> {
  if (products.length === 0) return [];
  return tellingShop(manager, { products: products.map(({ id }) => id) }, () => writeProducts(manager, products));
}

async function writeProducts(manager: EntityManager, products: readonly ProductRecord[]): Promise<number[]> {
  const sellers: { id: number; sellerId: number | null }[] = await manager.query(
    'SELECT id, seller_id AS "sellerId" FROM product_set WHERE id = ANY ($1::bigint[])',
    [products.map(({ productSetId }) => productSetId)],
  );
  const sellerOf = new Map(sellers.map(({ id, sellerId }) => [id, sellerId]));
  const records = products.map((product) => ({ ...product, sellerId: sellerOf.get(product.productSetId) ?? null }));
  const rows: { id: number }[] = await manager.query(UPSERT_SQL, [JSON.stringify(records)]);
  return rows.map(({ id }) => id);
}

export function readProducts(manager: EntityManager, ids: readonly number[]): Promise<Map<number, ProductView>> {
  return readRows(manager, READING, ids);
}

/** Locks products that are there; answers their ids. */
async function lockProducts(manager: EntityManager, ids: readonly number[]): Promise<Set<number>> {
  const rows: { id: number }[] = await manager.query(
    'SELECT id FROM product WHERE id = ANY ($1::bigint[]) AND NOT deleted ORDER BY id FOR UPDATE',
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Products; every change raises the version in its own transaction. */
@Injectable()
export class ProductsStore {
  constructor(private readonly dataSource: DataSource) {}

  async find(id: number): Promise<ProductView | undefined> {
    return (await readProducts(this.dataSource.manager, [id])).get(id);
  }

  list(query: ProductsQuery): Promise<Page<ProductView>> {
    const { sellerId, productSetId, sellerSku, status, qcStatus } = query;
    const sortable = ['id', 'sellerSku', 'title', 'updatedAt'] as const;
    const where = { sellerId, productSetId, sellerSku, status, qcStatus };
    return listRows(this.dataSource.manager, READING, { query, sortable, where });
  }

  /** True when it was created. */
  save(id: number, body: ProductBody): Promise<boolean> {
    return this.write(async (manager) => {
      await holdSet(manager, body.productSetId);
      const isKnown = (await lockProducts(manager, [id])).has(id);
      await saveProducts(manager, [toProductRecord(id, body)]);
      return !isKnown;
    });
  }

  /** False when there is none. */
  patch(id: number, patch: ProductPatch): Promise<boolean> {
    return this.write(async (manager) => {
      const former = (await readProducts(manager, [id])).get(id);
      const productSetId = typeof patch.productSetId === 'number' ? patch.productSetId : former?.productSetId;
      if (productSetId !== undefined) await holdSet(manager, productSetId);
      if (!(await lockProducts(manager, [id])).has(id)) return false;
      const shown = (await readProducts(manager, [id])).get(id) as ProductView;
      const body = mergePatch(ProductBody, Object.keys(PRODUCT_SHAPE.fields), shown, patch);
      await tellingShop(manager, { products: [id] }, async () => {
        await writeProducts(manager, [toProductRecord(id, body)]);
        // Somebody may have moved it meanwhile from the set that we hold to another.
        await followSellers(manager, [body.productSetId]);
      });
      return true;
    });
  }

  /** False when there is none. */
  remove(id: number): Promise<boolean> {
    return inTransaction(this.dataSource, async (manager) => {
      if (!(await lockProducts(manager, [id])).has(id)) return false;
      return tellingShop(manager, { products: [id] }, () => buryRow(manager, 'product', id));
    });
  }

  private write<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return refusingTakenSku(() => inTransaction(this.dataSource, work));
  }
}

async function holdSet(manager: EntityManager, productSetId: number): Promise<void> {
  const known = await holdRows(manager, 'product_set', [productSetId]);
  if (!known.has(productSetId)) throw unknownParent('productSetId', 'PRODUCT_SET_NOT_FOUND', productSetId);
}
