import { isDeepStrictEqual } from 'node:util';
import { inTransaction } from '@lockstep/database';
import { type Page, ProblemError } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type Listing, listRows } from '../orders/list-rows.js';
import { type OrderCall, OrderLog } from '../orders/order-log.js';
import { EVERYBODY, isLimited, ownsSql, type Tenant } from '../orders/tenant.js';
import type { EventRecord } from './event-body.js';
import { type OrderReturnRecord, type OrderReturnView, toOrderReturnRecord } from './order-return-body.js';
import { addEvents } from './return-events.store.js';
import type { ReturnsQuery } from './returns.query.js';

/** A return of a bulk load, with what happened to it. */
export interface LoadedReturn extends OrderReturnRecord {
  readonly events: readonly EventRecord[];
}

/** Returns and their items. The database raises the version with the commit of a change (see `changes/`). */
@Injectable()
export class OrderReturnsStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly log: OrderLog,
  ) {}

  async find(id: number, tenant: Tenant): Promise<OrderReturnView | undefined> {
    const { manager } = this.dataSource;
    const isSeen = !isLimited(tenant) || (await this.isOwned(id, tenant));
    return isSeen ? (await readReturns(manager, [id])).get(id) : undefined;
  }

  /** True where there is one, whosever it is. */
  async exists(id: number): Promise<boolean> {
    const rows: unknown[] = await this.dataSource.query('SELECT FROM order_return WHERE id = $1 AND NOT deleted', [id]);
    return rows.length > 0;
  }

  list(query: ReturnsQuery, tenant: Tenant): Promise<Page<OrderReturnView>> {
    return listRows(this.dataSource.manager, LISTING, query, tenant, async (manager, ids) => readReturns(manager, ids));
  }

  /** True when it was created. @throws ProblemError when its order is not there, or not the tenant's */
  save(record: OrderReturnRecord, tenant: Tenant): Promise<boolean> {
    return inTransaction(this.dataSource, async (manager) => {
      if (record.orderId !== null) await holdOrder(manager, record.orderId, tenant);
      const { created, changed } = await saveReturns(manager, [record]);
      if (changed.has(record.id)) await this.log.record(manager, [toSaveCall(record)]);
      return created.has(record.id);
    });
  }

  /** Creates or replaces returns and adds what is new of their events; refuses those whose order is not there. */
  load(records: readonly LoadedReturn[]) {
    return inTransaction(this.dataSource, async (manager) => {
      const orders = await holdOrders(
        manager,
        records.flatMap(({ orderId }) => orderId ?? []),
      );
      const isGood = ({ orderId }: LoadedReturn) => orderId === null || orders.has(orderId);
      const good = records.filter(isGood);
      const { created, changed } = await saveReturns(
        manager,
        good.map(({ events: _, ...record }) => record),
      );
      const told = await addEvents(
        manager,
        good.flatMap(({ id, events }) => events.map((event) => ({ ...event, returnId: id }))),
      );
      await this.log.record(manager, good.filter(({ id }) => changed.has(id) || told.has(id)).map(toSaveCall));
      const updated = new Set([...changed, ...told].filter((id) => !created.has(id)));
      const refused = records
        .filter((record) => !isGood(record))
        .map(({ id, orderId }) => [id, noOrder(orderId)] as const);
      return { created, updated, refused: new Map(refused) };
    });
  }

  /** Leaves a tombstone; false when there is none, or only a tombstone, or it is not the tenant's. */
  remove(id: number, tenant: Tenant): Promise<boolean> {
    return inTransaction(this.dataSource, async (manager) => {
      if (isLimited(tenant) && !(await this.isOwned(id, tenant))) return false;
      const gone: unknown[] = await manager.query(
        `WITH gone AS (
           UPDATE order_return SET deleted = true, updated_at = now()
           WHERE id = $1 AND NOT deleted RETURNING id)
         SELECT id FROM gone`,
        [id],
      );
      if (gone.length > 0) {
        await this.log.record(manager, [{ method: 'return.delete', said: { returnId: id }, orderItemIds: [] }]);
      }
      return gone.length > 0;
    });
  }

  private async isOwned(id: number, { accountSlugs, workspaces }: Tenant): Promise<boolean> {
    const rows: unknown[] = await this.dataSource.query(
      `SELECT FROM order_return r JOIN "order" o ON o.id = r.order_id WHERE r.id = $1 AND ${ownsSql(2)}`,
      [id, accountSlugs, workspaces],
    );
    return rows.length > 0;
  }
}

function toSaveCall(record: OrderReturnRecord | LoadedReturn): OrderCall {
  const { id: returnId, orderId, customerReturnNumber, returnType, items } = record;
  const events = 'events' in record ? record.events.map(({ source, status }) => `${source} ${status}`) : [];
  const said = { returnId, orderId, customerReturnNumber, returnType, events };
  return { method: 'return.save', said, orderItemIds: items.map(({ orderItemId }) => orderItemId) };
}

const LISTING: Listing = {
  table: 'order_return',
  join: 'LEFT JOIN "order" o ON o.id = t.order_id',
  where: 'NOT t.deleted',
  columns: {
    id: 't.id',
    createdAt: 't.created_at',
    updatedAt: 't.updated_at',
    customerReturnNumber: 't.customer_return_number',
    returnTrackingId: 't.return_tracking_id',
    returnType: 't.return_type',
    orderId: 't.order_id',
  },
};

function noOrder(orderId: number | null): { path: string; message: string } {
  return { path: 'orderId', message: `orderId: there is no order ${orderId}` };
}

async function holdOrder(manager: EntityManager, orderId: number, tenant: Tenant): Promise<void> {
  if ((await holdOrders(manager, [orderId], tenant)).has(orderId)) return;
  throw new ProblemError(400, 'ORDER_NOT_FOUND', 'orderId names nothing that is there.', {
    errors: [noOrder(orderId)],
  });
}

/** Those of the orders that are there and are the tenant's; they stay until the end of the transaction. */
async function holdOrders(
  manager: EntityManager,
  ids: readonly number[],
  { accountSlugs, workspaces }: Tenant = EVERYBODY,
): Promise<ReadonlySet<number>> {
  const rows: { id: number }[] = await manager.query(
    `SELECT o.id FROM "order" o WHERE o.id = ANY ($1::bigint[]) AND ${ownsSql(2)} ORDER BY o.id FOR SHARE`,
    [ids, accountSlugs, workspaces],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Returns that are there, by id; tombstones are not. */
export async function readReturns(
  manager: EntityManager,
  ids: readonly number[],
): Promise<Map<number, OrderReturnView>> {
  const rows: { view: OrderReturnView }[] = await manager.query(FIND_SQL, [ids]);
  return new Map(rows.map(({ view }) => [view.id, view]));
}

/** What a save did: ids of returns that were not there, and of those that changed, new ones included. */
export interface SavedReturns {
  readonly created: ReadonlySet<number>;
  readonly changed: ReadonlySet<number>;
}

/** Creates or replaces returns, whose orders the caller holds, in the caller's transaction. */
export async function saveReturns(
  manager: EntityManager,
  records: readonly OrderReturnRecord[],
): Promise<SavedReturns> {
  const ids = records.map(({ id }) => id);
  await manager.query('SELECT FROM order_return WHERE id = ANY ($1::bigint[]) ORDER BY id FOR UPDATE', [ids]);
  const known = await readReturns(manager, ids);
  const changed = records.filter((record) => {
    const former = known.get(record.id);
    return !former || !isDeepStrictEqual(toOrderReturnRecord(record.id, former), record);
  });
  if (changed.length > 0) await writeReturns(manager, changed);
  return {
    created: new Set(ids.filter((id) => !known.has(id))),
    changed: new Set(changed.map(({ id }) => id)),
  };
}

async function writeReturns(manager: EntityManager, records: readonly OrderReturnRecord[]): Promise<void> {
  await manager.query(
    `INSERT INTO order_return (id, order_id, customer_return_number, return_type, pickup_type, courier_name,
       return_tracking_id, refund_amount, is_cod, requested_at, resolution, invoice_number)
     SELECT s.* FROM json_to_recordset($1) AS s (id bigint, "orderId" bigint, "customerReturnNumber" text,
       "returnType" text, "pickupType" text, "courierName" text, "returnTrackingId" text, "refundAmount" numeric(14, 2),
       "isCOD" boolean, "requestedAt" timestamptz, resolution text, "invoiceNumber" text)
     ORDER BY s.id
     ON CONFLICT (id) DO UPDATE SET
       order_id = excluded.order_id, customer_return_number = excluded.customer_return_number,
       return_type = excluded.return_type, pickup_type = excluded.pickup_type, courier_name = excluded.courier_name,
       return_tracking_id = excluded.return_tracking_id, refund_amount = excluded.refund_amount,
       is_cod = excluded.is_cod, requested_at = excluded.requested_at,
        resolution = excluded.resolution, invoice_number = excluded.invoice_number,
        deleted = false, updated_at = now()`,
    [JSON.stringify(records.map(({ items: _, shipment: __, tags: ___, ...record }) => record))],
  );
  await writeItems(manager, records);
  await writeShipments(manager, records);
  await writeTags(manager, records);
}

async function writeItems(manager: EntityManager, records: readonly OrderReturnRecord[]): Promise<void> {
  const items = records.flatMap(({ id, items: own }) =>
    own.map((item, position) => ({ returnId: id, position, ...item })),
  );
  await manager.query('DELETE FROM return_item WHERE return_id = ANY ($1::bigint[])', [records.map(({ id }) => id)]);
  await manager.query(
    `INSERT INTO return_item (return_id, id, position, order_item_id, sku, quantity, return_reason, return_sub_reason, ean,
       esin, images)
     SELECT * FROM json_to_recordset($1) AS s ("returnId" bigint, "returnItemId" bigint, position integer,
       "orderItemId" bigint, sku text, quantity integer, "returnReason" text, "returnSubReason" text, ean text, esin text,
       images text[])`,
    [JSON.stringify(items)],
  );
}

async function writeShipments(manager: EntityManager, records: readonly OrderReturnRecord[]): Promise<void> {
  const bare = records.filter(({ shipment }) => shipment === null).map(({ id }) => id);
  await manager.query('DELETE FROM return_shipment WHERE return_id = ANY ($1::bigint[])', [bare]);
  const rows = records.flatMap(({ id: returnId, shipment }) => {
    if (shipment === null) return [];
    const { customer, pickup, ...own } = shipment;
    return [{ returnId, ...own, ...customer, ...pickup }];
  });
  await manager.query(
    `INSERT INTO return_shipment AS t (return_id, location, warehouse_id, expected_delivery_at, sla_due_at, customer_name,
       customer_phone, customer_email, pickup_city, pickup_state, pickup_postal_code)
     SELECT * FROM json_to_recordset($1) AS s ("returnId" bigint, location text, "warehouseId" text,
       "expectedDeliveryAt" timestamptz, "slaDueAt" timestamptz, name text, phone text, email text, city text, state text,
       "postalCode" text)
     ON CONFLICT (return_id) DO UPDATE SET
       location = excluded.location, warehouse_id = excluded.warehouse_id,
       expected_delivery_at = excluded.expected_delivery_at, sla_due_at = excluded.sla_due_at,
       customer_name = excluded.customer_name, customer_phone = excluded.customer_phone,
       customer_email = excluded.customer_email, pickup_city = excluded.pickup_city,
       pickup_state = excluded.pickup_state, pickup_postal_code = excluded.pickup_postal_code`,
    [JSON.stringify(rows)],
  );
}

async function writeTags(manager: EntityManager, records: readonly OrderReturnRecord[]): Promise<void> {
  const tags = records.flatMap(({ id, tags: own }) => own.map((tag) => [id, tag] as const));
  const pairs = [tags.map(([id]) => id), tags.map(([, tag]) => tag)];
  await manager.query(
    `DELETE FROM return_tag t WHERE t.return_id = ANY ($1::bigint[])
       AND NOT EXISTS (SELECT FROM unnest($2::bigint[], $3::text[]) AS s (id, tag) WHERE s.id = t.return_id AND s.tag = t.tag)`,
    [records.map(({ id }) => id), ...pairs],
  );
  await manager.query(
    'INSERT INTO return_tag (return_id, tag) SELECT * FROM unnest($1::bigint[], $2::text[]) ON CONFLICT DO NOTHING',
    pairs,
  );
}

const INSTANT = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

const FIND_SQL = `
  SELECT json_build_object(
    'id', r.id, 'version', r.version, 'createdAt', to_char(r.created_at AT TIME ZONE 'UTC', ${INSTANT}),
    'updatedAt', to_char(r.updated_at AT TIME ZONE 'UTC', ${INSTANT}),
    'orderId', r.order_id, 'customerReturnNumber', r.customer_return_number, 'returnType', r.return_type,
    'pickupType', r.pickup_type, 'courierName', r.courier_name, 'returnTrackingId', r.return_tracking_id,
    'refundAmount', r.refund_amount::text, 'isCOD', r.is_cod,
    'requestedAt', to_char(r.requested_at AT TIME ZONE 'UTC', ${INSTANT}),
    'resolution', r.resolution, 'invoiceNumber', r.invoice_number,
    'shipment', CASE WHEN s.return_id IS NOT NULL THEN json_build_object(
      'location', s.location, 'warehouseId', s.warehouse_id,
      'expectedDeliveryAt', to_char(s.expected_delivery_at AT TIME ZONE 'UTC', ${INSTANT}),
      'slaDueAt', to_char(s.sla_due_at AT TIME ZONE 'UTC', ${INSTANT}),
      'customer', json_build_object('name', s.customer_name, 'phone', s.customer_phone, 'email', s.customer_email),
      'pickup', json_build_object('city', s.pickup_city, 'state', s.pickup_state, 'postalCode', s.pickup_postal_code)) END,
    'tags', (SELECT coalesce(json_agg(t.tag ORDER BY t.tag COLLATE "C"), '[]') FROM return_tag t WHERE t.return_id = r.id),
    'items', (
      SELECT coalesce(json_agg(json_build_object(
        'returnItemId', i.id, 'orderItemId', i.order_item_id, 'sku', i.sku, 'quantity', i.quantity,
        'returnReason', i.return_reason, 'returnSubReason', i.return_sub_reason, 'ean', i.ean, 'esin', i.esin,
        'images', i.images) ORDER BY i.position), '[]')
      FROM return_item i WHERE i.return_id = r.id
    )
  ) AS view
  FROM order_return r LEFT JOIN return_shipment s ON s.return_id = r.id
  WHERE r.id = ANY ($1::bigint[]) AND NOT r.deleted`;
