import { inTransaction } from '@lockstep/database';
import type { Page } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { SellersQuery } from './catalogue.query.js';
import { stillUsed } from './catalogue-problems.js';
import { mergePatch } from './merge-patch.js';
import { buryRow, listRows, readRows } from './read-rows.js';
import { upsertSql, viewSql } from './row-shape.js';
import {
  SELLER_SHAPE,
  SellerBody,
  type SellerPatch,
  type SellerRecord,
  type SellerView,
  toSellerRecord,
} from './seller-body.js';

const READING = { table: 'seller', view: viewSql(SELLER_SHAPE) };
const UPSERT_SQL = upsertSql(SELLER_SHAPE);

/** Creates or replaces sellers in the caller's transaction; answers the ids of those that changed. */
export async function saveSellers(manager: EntityManager, sellers: readonly SellerRecord[]): Promise<number[]> {
  if (sellers.length === 0) return [];
  const rows: { id: number }[] = await manager.query(UPSERT_SQL, [JSON.stringify(sellers)]);
  return rows.map(({ id }) => id);
}

export function readSellers(manager: EntityManager, ids: readonly number[]): Promise<Map<number, SellerView>> {
  return readRows(manager, READING, ids);
}

/** Sellers; every change raises the version in its own transaction. */
@Injectable()
export class SellersStore {
  constructor(private readonly dataSource: DataSource) {}

  async find(id: number): Promise<SellerView | undefined> {
    return (await readSellers(this.dataSource.manager, [id])).get(id);
  }

  list(query: SellersQuery): Promise<Page<SellerView>> {
    const sortable = ['id', 'name', 'updatedAt'] as const;
    return listRows(this.dataSource.manager, READING, { query, sortable, where: { active: query.active } });
  }

  /** True when it was created. */
  save(id: number, body: SellerBody): Promise<boolean> {
    return inTransaction(this.dataSource, async (manager) => {
      const known = await lockSeller(manager, id);
      await saveSellers(manager, [toSellerRecord(id, body)]);
      return !known;
    });
  }

  /** False when there is none. */
  patch(id: number, patch: SellerPatch): Promise<boolean> {
    return inTransaction(this.dataSource, async (manager) => {
      if (!(await lockSeller(manager, id))) return false;
      const shown = (await readSellers(manager, [id])).get(id) as SellerView;
      const body = mergePatch(SellerBody, Object.keys(SELLER_SHAPE.fields), shown, patch);
      await saveSellers(manager, [toSellerRecord(id, body)]);
      return true;
    });
  }

  /** False when there is none. A seller with product sets stays: what of them is at the shop would be nobody's. */
  remove(id: number): Promise<boolean> {
    return inTransaction(this.dataSource, async (manager) => {
      if (!(await lockSeller(manager, id))) return false;
      const sets: unknown[] = await manager.query(
        'SELECT FROM product_set WHERE seller_id = $1 AND NOT deleted LIMIT 1',
        [id],
      );
      if (sets.length > 0) throw stillUsed('SELLER_IN_USE', `The seller ${id} still has product sets.`);
      return buryRow(manager, 'seller', id);
    });
  }
}

async function lockSeller(manager: EntityManager, id: number): Promise<boolean> {
  const rows: unknown[] = await manager.query('SELECT FROM seller WHERE id = $1 AND NOT deleted FOR UPDATE', [id]);
  return rows.length > 0;
}
