import { messages } from '@lockstep/contracts';
import { buildRabbitDefinitions } from '@lockstep/messaging';
import { createTestPlaces, describeWithEngines, startService, type TestPlaces, waitFor } from '@lockstep/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { caller, startShopUpdate } from '../shop-update.fixture.js';

const ADMIN_KEY = 'test-admin-token';
const KEY = 'k-7f3a';
/** Bounds a wait on a busy machine; what is waited for takes seconds. */
const LIMIT_MS = 90_000;

describeWithEngines('a callback whose process is killed', (engines) => {
  vi.setConfig({ testTimeout: 4 * LIMIT_MS, hookTimeout: 2 * LIMIT_MS });
  let places: TestPlaces;
  let client: pg.Client;
  let nextSet = 1;

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    await places.importDefinitions(buildRabbitDefinitions(messages));
    client = new pg.Client({ connectionString: places.databaseUrl, options: '-c search_path=shop_update' });
    await client.connect();
    const app = await startShopUpdate(places);
    const call = caller(() => app);
    await call('put', '/api/sellers/52').send({ name: 'Lamps Ltd' });
    const settings = { flow: 'asynchronous', callbackApiKeys: [KEY], callbackAllowedIps: ['127.0.0.1'] };
    expect((await call('put', '/api/shop-update/config').send(settings)).status).toBe(200);
    await app.close();
  });

  afterAll(async () => {
    await client?.end();
    await places?.remove();
  });

  const startDoomed = (failpoint = '') =>
    startService({
      app: 'shop-update',
      env: {
        NODE_ENV: 'test',
        HOST: '127.0.0.1',
        ...places.env,
        LOCKSTEP_ADMIN_TOKEN: ADMIN_KEY,
        LOCKSTEP_FAILPOINT: failpoint,
      },
    });
  const untilDead = (service: { pid(): number | undefined }) =>
    waitFor('the service to die', () => !isAlive(service.pid()), { timeoutMs: LIMIT_MS });

  /** A creation that the shop has acknowledged. */
  const givenAcknowledged = async () => {
    const set = nextSet++;
    const [product, requestId] = [set * 100, set + 1_000];
    await client.query(
      `INSERT INTO product_set (id, seller_id, name, categories, images, version) VALUES ($1, 52, 'Lamp', '{}', '[]', 1)`,
      [set],
    );
    await client.query(
      `INSERT INTO product (id, product_set_id, seller_id, seller_sku, price, stock, consignment_stock, status, qc_status, attributes, version)
       VALUES ($1, $2, 52, 'LAMP-' || $2::bigint, 59, 5, 0, 'active', 'approved', '{}', 1)`,
      [product, set],
    );
    const { rows } = await client.query(
      `INSERT INTO sync_item (product_set_id, topic, status, enqueued_at_ns, request_id)
       VALUES ($1, 'new_product_set', 'got_acknowledgment', 1, $2) RETURNING id`,
      [set, requestId],
    );
    await client.query('INSERT INTO sync_lane (product_set_id) VALUES ($1)', [set]);
    const params = {
      productsInfo: [{ id_catalog_product: String(product), seller_sku: `LAMP-${set}`, config_id: null }],
    };
    await client.query(
      `INSERT INTO sync_call (id, flow, method, topic, payload, config_version, worker, outcome, acked_at)
       VALUES ($1, 'asynchronous', 'Product.createProducts', 'new_product_set', $2, 1, 'test', 'acknowledged', now())`,
      [requestId, JSON.stringify(params)],
    );
    await client.query(`INSERT INTO sync_call_item (call_id, position, item_id, fingerprint) VALUES ($1, 0, $2, 'f')`, [
      requestId,
      rows[0].id,
    ]);
    return { set, requestId: String(requestId) };
  };

  const post = (url: string, { set, requestId }: { set: number; requestId: string }) => {
    const product = {
      seller_sku: `LAMP-${set}`,
      sku: `L-${set}`,
      id: `9${set}`,
      config_id: `7${set}`,
      updated_at: '2031-03-04 13:20:11',
    };
    return fetch(`${url}/shop-update/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([
        { jsonrpc: '2.0', method: 'auth', params: { apiKey: KEY } },
        {
          jsonrpc: '2.0',
          method: 'Callback.process',
          params: { result: [{ status: 'success', product }] },
          id: requestId,
        },
      ]),
    }).catch(() => undefined);
  };

  const verdicts = async (requestId: string): Promise<string[]> =>
    (await client.query('SELECT verdict FROM callback_inbox WHERE request_id = $1 ORDER BY id', [requestId])).rows.map(
      ({ verdict }) => verdict,
    );
  /** What it had taken is taken again when its time with it is over: that comes now. */
  const endTakings = () => client.query('UPDATE callback_inbox SET available_at = now() WHERE handled_at IS NULL');
  const untilJudged = (requestId: string) =>
    waitFor('the callbacks to be judged', () => verdicts(requestId), {
      until: (all) => all.length > 0 && !all.includes('received'),
      timeoutMs: LIMIT_MS,
    });
  const expectAppliedOnce = async ({ set }: { set: number }) => {
    const { rows } = await client.query(
      `SELECT i.status, s.src_id AS "setId", p.src_id AS "productId", p.version,
         (SELECT count(*)::int FROM sync_item_move m WHERE m.item_id = i.id AND m.cause = '19') AS ends
       FROM sync_item i JOIN product_set s ON s.id = i.product_set_id JOIN product p ON p.product_set_id = s.id
       WHERE i.product_set_id = $1`,
      [set],
    );
    expect(rows).toEqual([{ status: 'synced', setId: `7${set}`, productId: `9${set}`, version: '2', ends: 1 }]);
  };

  it.each([
    ['after it is kept, before the shop is answered', 'shop-update.callback.kept'],
    ['after it is taken', 'shop-update.callback.taken'],
    ['after it is applied, before that is noted', 'shop-update.callback.applied'],
  ])('%s is applied once, and one that the shop sends again changes nothing', async (_, failpoint) => {
    const given = await givenAcknowledged();
    const doomed = await startDoomed(failpoint);
    await post(doomed.url, given);
    await untilDead(doomed);
    expect(await verdicts(given.requestId)).toEqual(['received']);
    await endTakings();
    const heir = await startDoomed();
    try {
      await untilJudged(given.requestId);
      await post(heir.url, given);
      await waitFor('the second one', async () => (await verdicts(given.requestId)).length === 2, {
        timeoutMs: LIMIT_MS,
      });
      expect(await untilJudged(given.requestId)).toEqual(['applied', 'duplicate']);
      await expectAppliedOnce(given);
    } finally {
      await heir.kill('SIGTERM');
    }
  });

  it('in the middle of applying it is applied once by the next', async () => {
    const given = await givenAcknowledged();
    const doomed = await startDoomed();
    const holder = new pg.Client({ connectionString: places.databaseUrl, options: '-c search_path=shop_update' });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM sync_lane WHERE product_set_id = $1 FOR UPDATE', [given.set]);
      await post(doomed.url, given);
      // Rows of the catalogue are locked by then; the lane is what it waits for.
      await waitFor(
        'it to be in the middle',
        async () =>
          (
            await client.query(
              `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%sync_lane%'`,
            )
          ).rows.length > 0,
        { timeoutMs: LIMIT_MS },
      );
      await doomed.kill('SIGKILL');
    } finally {
      await holder.end();
    }
    await endTakings();
    const heir = await startDoomed();
    try {
      expect(await untilJudged(given.requestId)).toEqual(['applied']);
      await expectAppliedOnce(given);
    } finally {
      await heir.kill('SIGTERM');
    }
  });
});

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}
