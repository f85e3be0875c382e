import { isDeepStrictEqual } from 'node:util';
import { inTransaction } from '@lockstep/database';
import { ProblemError } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type OrderReturnRecord, type OrderReturnView, toOrderReturnRecord } from './order-return-body.js';

/** Returns and their items. The database raises the version with the commit of a change (see `changes/`). */
@Injectable()
export class OrderReturnsStore {
  constructor(private readonly dataSource: DataSource) {}

  async find(id: number): Promise<OrderReturnView | undefined> {
    return (await readReturns(this.dataSource.manager, [id])).get(id);
  }

  /** True when it was created. */
  save(record: OrderReturnRecord): Promise<boolean> {
    return inTransaction(this.dataSource, async (manager) => {
      if (record.orderId !== null) await holdOrder(manager, record.orderId);
      return (await saveReturns(manager, [record])).has(record.id);
    });
  }

  /** Leaves a tombstone; false when there is none, or only a tombstone. */
  remove(id: number): Promise<boolean> {
    return inTransaction(this.dataSource, async (manager) => {
      const gone: unknown[] = await manager.query(
        `WITH gone AS (
           UPDATE order_return SET deleted = true, updated_at = now()
           WHERE id = $1 AND NOT deleted RETURNING id)
         SELECT id FROM gone`,
        [id],
      );
      return gone.length > 0;
    });
  }
}

async function holdOrder(manager: EntityManager, orderId: number): Promise<void> {
  const rows: unknown[] = await manager.query('SELECT FROM "order" WHERE id = $1 FOR SHARE', [orderId]);
  if (rows.length > 0) return;
  const errors = [{ path: 'orderId', message: `orderId: there is no order ${orderId}` }];
  throw new ProblemError(400, 'ORDER_NOT_FOUND', 'orderId names nothing that is there.', { errors });
}

/** Returns that are there, by id; tombstones are not. */
export async function readReturns(
  manager: EntityManager,
  ids: readonly number[],
): Promise<Map<number, OrderReturnView>> {
  const rows: { view: OrderReturnView }[] = await manager.query(FIND_SQL, [ids]);
  return new Map(rows.map(({ view }) => [view.id, view]));
}

/** Creates or replaces returns, whose orders the caller holds, in the caller's transaction; answers those not there before. */
export async function saveReturns(
  manager: EntityManager,
  records: readonly OrderReturnRecord[],
): Promise<ReadonlySet<number>> {
  const ids = records.map(({ id }) => id);
  await manager.query('SELECT FROM order_return WHERE id = ANY ($1::bigint[]) ORDER BY id FOR UPDATE', [ids]);
  const known = await readReturns(manager, ids);
  const changed = records.filter((record) => {
    const former = known.get(record.id);
    return !former || !isDeepStrictEqual(toOrderReturnRecord(record.id, former), record);
  });
  if (changed.length > 0) await writeReturns(manager, changed);
  return new Set(ids.filter((id) => !known.has(id)));
}

async function writeReturns(manager: EntityManager, records: readonly OrderReturnRecord[]): Promise<void> {
  await manager.query(
    `INSERT INTO order_return (id, order_id, customer_return_number, return_type, pickup_type, courier_name,
       return_tracking_id, refund_amount, is_cod, requested_at)
     SELECT s.* FROM json_to_recordset($1) AS s (id bigint, "orderId" bigint, "customerReturnNumber" text,
       "returnType" text, "pickupType" text, "courierName" text, "returnTrackingId" text, "refundAmount" numeric(14, 2),
       "isCOD" boolean, "requestedAt" timestamptz)
     ORDER BY s.id
     ON CONFLICT (id) DO UPDATE SET
       order_id = excluded.order_id, customer_return_number = excluded.customer_return_number,
       return_type = excluded.return_type, pickup_type = excluded.pickup_type, courier_name = excluded.courier_name,
       return_tracking_id = excluded.return_tracking_id, refund_amount = excluded.refund_amount,
       is_cod = excluded.is_cod, requested_at = excluded.requested_at,
       deleted = false, updated_at = now()`,
    [JSON.stringify(records.map(({ items: _, ...record }) => record))],
  );
  const items = records.flatMap(({ id, items: own }) =>
    own.map((item, position) => ({ returnId: id, position, ...item })),
  );
  await manager.query('DELETE FROM return_item WHERE return_id = ANY ($1::bigint[])', [records.map(({ id }) => id)]);
  await manager.query(
    `INSERT INTO return_item (return_id, id, position, order_item_id, sku, quantity, return_reason)
     SELECT * FROM json_to_recordset($1) AS s ("returnId" bigint, "returnItemId" bigint, position integer,
       "orderItemId" bigint, sku text, quantity integer, "returnReason" text)`,
    [JSON.stringify(items)],
  );
}

const INSTANT = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

const FIND_SQL = `
  SELECT json_build_object(
    'id', r.id, 'version', r.version, 'updatedAt', to_char(r.updated_at AT TIME ZONE 'UTC', ${INSTANT}),
    'orderId', r.order_id, 'customerReturnNumber', r.customer_return_number, 'returnType', r.return_type,
    'pickupType', r.pickup_type, 'courierName', r.courier_name, 'returnTrackingId', r.return_tracking_id,
    'refundAmount', r.refund_amount::text, 'isCOD', r.is_cod,
    'requestedAt', to_char(r.requested_at AT TIME ZONE 'UTC', ${INSTANT}),
    'items', (
      SELECT coalesce(json_agg(json_build_object(
        'returnItemId', i.id, 'orderItemId', i.order_item_id, 'sku', i.sku, 'quantity', i.quantity,
        'returnReason', i.return_reason) ORDER BY i.position), '[]')
      FROM return_item i WHERE i.return_id = r.id
    )
  ) AS view
  FROM order_return r
  WHERE r.id = ANY ($1::bigint[]) AND NOT r.deleted`;
