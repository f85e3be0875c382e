import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ReturnAggregate } from './return-aggregate.js';

/**
 * Reads returns with their parts. Each read is one statement, so that a return's version and its parts are of one moment: a
 * state that never was could otherwise be indexed under a version that is never written again.
 */
@Injectable()
export class AggregatesStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Those that are there, tombstones included, in the order of their ids. */
  async read(ids: readonly number[]): Promise<ReturnAggregate[]> {
    return (await this.readTexts(ids)).map(parse);
  }

  /** As {@link read}, each as its JSON: a page of parsed returns held for long costs more than making all their documents. */
  readTexts(ids: readonly number[]): Promise<AggregateText[]> {
    return this.query('r.id = ANY ($1::bigint[])', [ids]);
  }

  /** The next returns behind `after` in the order of their ids, tombstones included. */
  async readPage(after: number | undefined, limit: number): Promise<ReturnAggregate[]> {
    const next = 'r.id IN (SELECT n.id FROM order_return n WHERE n.id > $1 ORDER BY n.id LIMIT $2)';
    return (await this.query(next, [after ?? 0, limit])).map(parse);
  }

  /** Those whose rows were taken away, and the version that says so. */
  graves(ids: readonly number[]): Promise<{ id: number; version: number }[]> {
    if (ids.length === 0) return Promise.resolve([]);
    return this.dataSource.query(
      'SELECT return_id AS id, version FROM return_grave WHERE return_id = ANY ($1::bigint[])',
      [ids],
    );
  }

  // As text: the driver's own reading of JSON would look at each value for dates and big numbers.
  private query(condition: string, values: readonly unknown[]): Promise<AggregateText[]> {
    return this.dataSource.query(`${SELECT} WHERE ${condition} ORDER BY r.id`, [...values]);
  }
}

/** A return with its parts, as JSON. */
export interface AggregateText {
  readonly id: number;
  readonly aggregate: string;
}

function parse({ aggregate }: AggregateText): ReturnAggregate {
  return JSON.parse(aggregate) as ReturnAggregate;
}

const instant = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const minorUnits = (column: string) => `(${column} * 100)::bigint`;

/** A return that was deleted is a tombstone: nobody needs its parts. */
const SELECT = `
  SELECT r.id, json_build_object(
    'id', r.id, 'version', r.version, 'deleted', r.deleted,
    'createdAt', ${instant('r.created_at')}, 'updatedAt', ${instant('r.updated_at')},
    'customerReturnNumber', r.customer_return_number, 'returnType', r.return_type, 'pickupType', r.pickup_type,
    'courierName', r.courier_name, 'returnTrackingId', r.return_tracking_id,
    'refundAmount', ${minorUnits('r.refund_amount')}, 'isCOD', r.is_cod, 'requestedAt', ${instant('r.requested_at')},
    'resolution', r.resolution, 'invoiceNumber', r.invoice_number,
    'order', CASE WHEN o.id IS NOT NULL THEN json_build_object(
      'id', o.id, 'customerOrderNumber', o.customer_order_number, 'orderDate', o.order_date, 'portal', o.portal,
      'salesChannel', o.sales_channel, 'accountSlug', o.account_slug, 'workspace', o.workspace,
      'paymentType', o.payment_type) END,
    'shipment', CASE WHEN s.return_id IS NOT NULL THEN json_build_object(
      'location', s.location, 'warehouseId', s.warehouse_id,
      'expectedDeliveryAt', ${instant('s.expected_delivery_at')}, 'slaDueAt', ${instant('s.sla_due_at')},
      'customerName', s.customer_name, 'customerPhone', s.customer_phone, 'customerEmail', s.customer_email,
      'pickupCity', s.pickup_city, 'pickupState', s.pickup_state, 'pickupPostalCode', s.pickup_postal_code) END,
    'items', coalesce(items.parts, '[]'), 'events', coalesce(events.parts, '[]'), 'tags', coalesce(tags.parts, '[]')
  )::text AS aggregate
  FROM order_return r
  LEFT JOIN "order" o ON o.id = r.order_id
  LEFT JOIN return_shipment s ON s.return_id = r.id
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object(
      'returnItemId', i.id, 'orderItemId', i.order_item_id, 'sku', coalesce(i.sku, l.sku), 'esin', i.esin, 'ean', i.ean,
      'productName', l.product_name, 'brand', l.brand, 'quantity', i.quantity,
      'lineItemTotal', ${minorUnits('l.line_item_total')}, 'returnReason', i.return_reason,
      'returnSubReason', i.return_sub_reason, 'images', i.images) ORDER BY i.position, i.id) AS parts
    FROM return_item i LEFT JOIN order_item l ON l.order_id = r.order_id AND l.id = i.order_item_id
    WHERE i.return_id = r.id AND NOT r.deleted
  ) items ON true
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object(
      'id', e.id, 'source', e.source, 'status', e.status, 'externalUpdatedAt', ${instant('e.external_updated_at')},
      'createdAt', ${instant('e.created_at')}, 'returnItemId', e.return_item_id, 'itemStatus', e.item_status,
      'details', e.details) ORDER BY e.id) AS parts
    FROM return_event e WHERE e.return_id = r.id AND NOT r.deleted
  ) events ON true
  LEFT JOIN LATERAL (
    SELECT json_agg(t.tag ORDER BY t.tag) AS parts FROM return_tag t WHERE t.return_id = r.id AND NOT r.deleted
  ) tags ON true`;
