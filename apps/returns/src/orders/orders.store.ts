import { isDeepStrictEqual } from 'node:util';
import { inTransaction } from '@lockstep/database';
import type { Page } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type Listing, listRows } from './list-rows.js';
import { type OrderRecord, type OrderView, toOrderRecord } from './order-body.js';
import { type OrderCall, OrderLog } from './order-log.js';
import type { OrdersQuery } from './orders.query.js';
import type { Tenant } from './tenant.js';

/** What a save did: ids of orders that were not there, and of those that changed, new ones included. */
export interface SavedOrders {
  readonly created: ReadonlySet<number>;
  readonly changed: ReadonlySet<number>;
}

/** Orders and their items. A change of either raises the order's version in its own transaction; no change does not. */
@Injectable()
export class OrdersStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly log: OrderLog,
  ) {}

  async find(id: number): Promise<OrderView | undefined> {
    return (await readOrders(this.dataSource.manager, [id])).get(id);
  }

  list(query: OrdersQuery, tenant: Tenant): Promise<Page<OrderView>> {
    return listRows(this.dataSource.manager, LISTING, query, tenant, readOrders);
  }

  /** Creates or replaces orders; each id at most once. */
  save(orders: readonly OrderRecord[]): Promise<SavedOrders> {
    return inTransaction(this.dataSource, async (manager) => {
      const saved = await saveOrders(manager, orders);
      await this.log.record(manager, orders.filter(({ id }) => saved.changed.has(id)).map(toOrderCall));
      return saved;
    });
  }
}

function toOrderCall({ id, customerOrderNumber, items }: OrderRecord): OrderCall {
  const said = { orderId: id, customerOrderNumber, skus: items.map(({ sku }) => sku) };
  return { method: 'order.save', said, orderItemIds: items.map(({ orderItemId }) => orderItemId) };
}

const LISTING: Listing = {
  table: '"order"',
  // The tenant is told by the order itself.
  join: 'JOIN "order" o ON o.id = t.id',
  where: 'true',
  columns: {
    id: 't.id',
    updatedAt: 't.updated_at',
    orderDate: 't.order_date',
    customerOrderNumber: 't.customer_order_number',
    portal: 't.portal',
    salesChannel: 't.sales_channel',
    accountSlug: 't.account_slug',
    workspace: 't.workspace',
  },
};

/** Orders that are there, by id; one statement, so that what it shows is of one moment. */
export async function readOrders(manager: EntityManager, ids: readonly number[]): Promise<Map<number, OrderView>> {
  const rows: { view: OrderView }[] = await manager.query(FIND_SQL, [ids]);
  return new Map(rows.map(({ view }) => [view.id, view]));
}

/** As `OrdersStore.save`, in the caller's transaction. Items that stay keep what an import has said of their product. */
export async function saveOrders(manager: EntityManager, orders: readonly OrderRecord[]): Promise<SavedOrders> {
  const ids = orders.map(({ id }) => id);
  await manager.query('SELECT FROM "order" WHERE id = ANY ($1::bigint[]) ORDER BY id FOR UPDATE', [ids]);
  const known = await readOrders(manager, ids);
  const changed = orders.filter((order) => {
    const former = known.get(order.id);
    return !former || !isDeepStrictEqual(toOrderRecord(order.id, former), order);
  });
  if (changed.length > 0) await writeOrders(manager, changed);
  return {
    created: new Set(ids.filter((id) => !known.has(id))),
    changed: new Set(changed.map(({ id }) => id)),
  };
}

async function writeOrders(manager: EntityManager, orders: readonly OrderRecord[]): Promise<void> {
  await manager.query(
    `INSERT INTO "order" AS t (id, customer_order_number, order_date, portal, sales_channel, account_slug, workspace,
       payment_type, version)
     SELECT s.*, 1 FROM json_to_recordset($1) AS s (id bigint, "customerOrderNumber" text, "orderDate" text, portal text,
       "salesChannel" text, "accountSlug" text, workspace text, "paymentType" text)
     ORDER BY s.id
     ON CONFLICT (id) DO UPDATE SET
       customer_order_number = excluded.customer_order_number, order_date = excluded.order_date,
       portal = excluded.portal, sales_channel = excluded.sales_channel, account_slug = excluded.account_slug,
       workspace = excluded.workspace, payment_type = excluded.payment_type,
       version = t.version + 1, updated_at = now()`,
    [JSON.stringify(orders.map(({ items: _, ...order }) => order))],
  );
  const items = orders.flatMap(({ id, items: own }) =>
    own.map((item, position) => ({ orderId: id, position, ...item })),
  );
  await manager.query(
    `DELETE FROM order_item i WHERE i.order_id = ANY ($1::bigint[])
       AND NOT EXISTS (SELECT FROM unnest($2::bigint[], $3::bigint[]) AS s (order_id, id)
                       WHERE s.order_id = i.order_id AND s.id = i.id)`,
    [orders.map(({ id }) => id), items.map(({ orderId }) => orderId), items.map(({ orderItemId }) => orderItemId)],
  );
  await manager.query(
    `INSERT INTO order_item (order_id, id, position, sku, product_name, brand, quantity, line_item_total)
     SELECT * FROM json_to_recordset($1) AS s ("orderId" bigint, "orderItemId" bigint, position integer, sku text,
       "productName" text, brand text, quantity integer, "lineItemTotal" numeric(14, 2))
     ON CONFLICT (order_id, id) DO UPDATE SET position = excluded.position, sku = excluded.sku,
       product_name = excluded.product_name, brand = excluded.brand, quantity = excluded.quantity,
       line_item_total = excluded.line_item_total`,
    [JSON.stringify(items)],
  );
}

const FIND_SQL = `
  SELECT json_build_object(
    'id', o.id, 'version', o.version,
    'updatedAt', to_char(o.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'customerOrderNumber', o.customer_order_number, 'orderDate', o.order_date, 'portal', o.portal,
    'salesChannel', o.sales_channel, 'accountSlug', o.account_slug, 'workspace', o.workspace,
    'paymentType', o.payment_type,
    'items', (
      SELECT coalesce(json_agg(json_build_object(
        'orderItemId', i.id, 'sku', i.sku, 'productName', i.product_name, 'brand', i.brand, 'quantity', i.quantity,
        'lineItemTotal', i.line_item_total::text) ORDER BY i.position, i.id), '[]')
      FROM order_item i WHERE i.order_id = o.id
    )
  ) AS view
  FROM "order" o
  WHERE o.id = ANY ($1::bigint[])`;
