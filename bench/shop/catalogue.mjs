import { call } from '../sync/place.mjs';

/** Products that the shop knows already, each in a set of its own, so that only changes are left to tell of. */
export async function loadCatalogue(place, first, last) {
  await place.pool.query(
    `INSERT INTO shop_update.seller (id, name, active, version) VALUES (1, 'Oak', true, 1) ON CONFLICT DO NOTHING`,
  );
  await place.pool.query(
    `INSERT INTO shop_update.product_set (id, seller_id, name, categories, images, src_id, version)
     SELECT n, 1, 'Set ' || n, '{}', '[]', 'S' || n, 1 FROM generate_series($1::bigint, $2::bigint) AS n`,
    [first, last],
  );
  await place.pool.query(
    `INSERT INTO shop_update.product (id, product_set_id, seller_id, seller_sku, title, price, stock, consignment_stock, status,
       qc_status, attributes, shop_sku, src_id, version)
     SELECT n, n, 1, 'SKU-' || n, 'Product ' || n, 59, 5, 0, 'active', 'approved', '{}', 'SHOP-' || n, 'P' || n, 1
     FROM generate_series($1::bigint, $2::bigint) AS n`,
    [first, last],
  );
  await place.pool.query('ANALYZE shop_update.product_set, shop_update.product');
}

/** Items that wait for their turn, written to the tables as a change of each price would have left them. */
export async function loadWaiting(place, first, last) {
  await place.pool.query(
    `WITH item AS (
       INSERT INTO shop_update.sync_item (product_set_id, product_id, topic, status, enqueued_at_ns)
       SELECT n, n, 'price', 'pending', extract(epoch FROM clock_timestamp()) * 1000000000
       FROM generate_series($1::bigint, $2::bigint) AS n RETURNING id, product_set_id)
     INSERT INTO shop_update.sync_lane (product_set_id, ready_at, ready_item_id, ready_topic, config_version)
     SELECT product_set_id, now(), id, 'price', (SELECT coalesce(max(version), 0) FROM shop_update.shop_config) FROM item
     ON CONFLICT (product_set_id) DO UPDATE SET ready_at = excluded.ready_at, ready_item_id = excluded.ready_item_id,
       ready_topic = excluded.ready_topic, config_version = excluded.config_version`,
    [first, last],
  );
  await place.pool.query('ANALYZE shop_update.sync_item, shop_update.sync_lane');
}

/**
 * Four of ten waiting items elsewhere than in line, as days of work leave them: tried again, given up, blocked, of a second
 * seller and of other topics. For lists; nothing of it may be sent.
 */
export async function mixWaiting(place) {
  await place.pool.query(
    `UPDATE shop_update.sync_item AS i SET status = w.status, reason = w.reason,
       topic = CASE WHEN id % 1000 = 5 THEN 'images' WHEN id % 10 = 5 THEN 'content' ELSE i.topic END,
       available_at = CASE WHEN w.status = 'delayed' THEN now() + interval '1 day' END,
       requeue_count = CASE WHEN w.reason = 'retry' OR w.status = 'failed' THEN 1 + id % 27 ELSE 0 END,
       attention = coalesce(w.reason = 'retry' AND id % 27 > 11, false),
       error_signature = CASE WHEN w.reason IS DISTINCT FROM 'no_src_id' THEN 'HTTP 50' || id % 5 END
     FROM (VALUES (5, 'delayed', 'retry'), (6, 'blocked', 'no_src_id'), (7, 'failed', NULL), (8, 'blocked', 'bad_response'))
       AS w (digit, status, reason)
     WHERE i.finished_at IS NULL AND i.status = 'pending' AND i.id % 10 = w.digit`,
  );
  await place.pool.query(
    `INSERT INTO shop_update.seller (id, name, active, version) VALUES (2, 'Ash', true, 1) ON CONFLICT DO NOTHING`,
  );
  await place.pool.query('UPDATE shop_update.product_set SET seller_id = 2 WHERE id % 1000 = 1');
  await place.pool.query('VACUUM ANALYZE shop_update.sync_item, shop_update.product_set');
}

/**
 * Items that were told of in the last 90 days and the calls that carried them, 50 each, as the service leaves them: what the
 * graphs count is counted by the tables' own triggers.
 */
export async function loadFinished(place, first, last) {
  await place.pool.query(
    `INSERT INTO shop_update.sync_item (product_set_id, product_id, topic, status, queued_at, enqueued_at_ns, finished_at)
     SELECT n, n, (ARRAY['price', 'stock', 'content'])[1 + n % 3], 'synced', at, extract(epoch FROM at) * 1000000000,
       at + interval '1 second' * (n % 5000)
     FROM generate_series($1::bigint, $2::bigint) AS n, LATERAL (SELECT now() - interval '7 seconds' * (n % 1000000 + 720)) AS t (at)`,
    [first, last],
  );
  await place.pool.query(
    `WITH call AS (
       INSERT INTO shop_update.sync_call (flow, method, topic, payload, config_version, worker, created_at, responded_at, http_status, outcome,
         item_outcomes)
       SELECT 'synchronous', 'Product.updatePrices', 'price', '{"productsInfo": []}', 1, 'bench', at,
         at + interval '1 millisecond' * (n % 900), 200, 'answered', array_fill('synced'::text, ARRAY[50])
       FROM generate_series($1::bigint, $2::bigint, 50) AS n, LATERAL (SELECT now() - interval '7 seconds' * (n % 1000000 + 720)) AS t (at)
       RETURNING id)
     INSERT INTO shop_update.sync_call_item (call_id, position, item_id, fingerprint)
     SELECT id, position, id, '' FROM call, generate_series(0, 49) AS position`,
    [first, last],
  );
}

export async function configure(place, settings) {
  const body = JSON.stringify({ flow: 'synchronous', username: 'bench', password: 'bench', ...settings });
  await call(place, 'shop-update', 'PUT', '/api/shop-update/config', { body, contentType: 'application/json' });
}

export const PAUSED = { topics: { price: { paused: true } } };
export const OPEN = { topics: { price: { paused: false } } };
