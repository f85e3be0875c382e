/** Returns as they would have been loaded: orders, items, events, written to the tables in transactions of thousands. */
const RETURNS_A_TRANSACTION = 20_000;
const STATUSES = "ARRAY['created', 'picked_up', 'intransit', 'delivered']";

const PART = (n) => `generate_series($1::bigint, $2::bigint) AS ${n}`;
const PARTS = [
  `INSERT INTO returns."order" (id, customer_order_number, order_date, portal, sales_channel, account_slug, workspace, payment_type, version)
   SELECT n, 'ORD-' || n, to_char(date '2026-01-01' + (n % 300)::int, 'YYYY-MM-DD'), 'portal-' || n % 7, 'channel-' || n % 5,
     'account-' || n % 50, 'workspace-' || n % 10, CASE WHEN n % 3 = 0 THEN 'COD' ELSE 'PREPAID' END, 1 FROM ${PART('n')}`,
  `INSERT INTO returns.order_item (order_id, id, position, sku, product_name, brand, quantity, line_item_total)
   SELECT n, n * 10 + i, i, 'SKU-' || n % 20000 || '-' || i, (ARRAY['Lamp', 'Shoe', 'Chair', 'Jacket'])[1 + (n + i) % 4] || ' ' || n % 500,
     'brand-' || n % 100, 1, 10 + n % 200 FROM ${PART('n')}, generate_series(1, 2) AS i`,
  `INSERT INTO returns.order_return (id, order_id, customer_return_number, return_type, pickup_type, courier_name,
     return_tracking_id, refund_amount, is_cod, requested_at, created_at)
   SELECT n, n, 'RET-' || n, (ARRAY['CUSTOMER', 'COURIER', 'UNKNOWN'])[1 + n % 3], 'reverse', 'courier-' || n % 6, 'TRK-' || n,
     10 + n % 200, n % 3 = 0, now() - n % 90 * interval '1 day', now() - n % 90 * interval '1 day' FROM ${PART('n')}`,
  `INSERT INTO returns.return_item (return_id, id, position, order_item_id, sku, quantity, return_reason)
   SELECT n, n * 10 + i, i, n * 10 + i, 'SKU-' || n % 20000 || '-' || i, 1, 'reason ' || n % 12
   FROM ${PART('n')}, generate_series(1, 1 + (n % 2)::int) AS i`,
  `INSERT INTO returns.return_shipment (return_id, location, warehouse_id, sla_due_at, customer_name, customer_phone, customer_email, pickup_city)
   SELECT n, 'location-' || n % 20, 'warehouse-' || n % 20, now() + (n % 40 - 20) * interval '1 day', 'Customer ' || n % 5000,
     '07700' || n % 100000, 'customer' || n % 5000 || '@example.org', 'City ' || n % 40 FROM ${PART('n')}`,
  `INSERT INTO returns.return_event (return_id, source, status, external_updated_at, event_key)
   SELECT n, 'courier', (${STATUSES})[e], now() - (20 - e) * interval '1 hour', 'bench-' || e
   FROM ${PART('n')}, generate_series(1, 1 + (n % 4)::int) AS e`,
];

/** Adds returns from the first id to the last. */
export async function loadReturns(place, first, last) {
  for (let from = first; from <= last; from += RETURNS_A_TRANSACTION) {
    const client = await place.pool.connect();
    try {
      await client.query('BEGIN');
      for (const part of PARTS) await client.query(part, [from, Math.min(from + RETURNS_A_TRANSACTION - 1, last)]);
      await client.query('COMMIT');
    } finally {
      client.release();
    }
  }
  await place.pool.query('ANALYZE');
}

/** Changes returns in one transaction: those with an id of which `condition` (SQL over `id`) is true. Answers how many. */
export async function touchReturns(place, condition) {
  const { rowCount } = await place.pool.query(
    `UPDATE returns.order_return SET courier_name = 'courier-' || floor(random() * 1000000) WHERE ${condition}`,
  );
  return rowCount;
}
