import { messages } from '@lockstep/contracts';
import { buildRabbitDefinitions } from '@lockstep/messaging';
import { createTestPlaces, describeWithEngines, startService, type TestPlaces, waitFor } from '@lockstep/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startShopUpdate } from '../shop-update.fixture.js';

const KEY = 'test-admin-token';
const ITEMS = 2_500;
/** Bounds a wait on a busy machine; what is waited for takes seconds. */
const LIMIT_MS = 90_000;

describeWithEngines('a requeue of thousands whose process is killed midway', (engines) => {
  vi.setConfig({ testTimeout: 4 * LIMIT_MS, hookTimeout: 2 * LIMIT_MS });
  let places: TestPlaces;
  let client: pg.Client;

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    await places.importDefinitions(buildRabbitDefinitions(messages));
    client = new pg.Client({ connectionString: places.databaseUrl, options: '-c search_path=shop_update' });
    await client.connect();
  });

  afterAll(async () => {
    await client?.end();
    await places?.remove();
  });

  const startDoomed = (failpoint: string) =>
    startService({
      app: 'shop-update',
      env: {
        NODE_ENV: 'test',
        HOST: '127.0.0.1',
        ...places.env,
        LOCKSTEP_ADMIN_TOKEN: KEY,
        LOCKSTEP_FAILPOINT: failpoint,
      },
    });
  const untilDead = (service: { pid(): number | undefined }, failpoint: string) =>
    waitFor(`${failpoint} to kill the service`, () => !isAlive(service.pid()), { timeoutMs: LIMIT_MS });
  const readRun = async () => (await client.query('SELECT state, requeued, skipped FROM requeue_run')).rows[0];

  it('goes on by itself in the next one, with each item moved once', async () => {
    const first = await startDoomed('shop-update.requeue.part:3');
    await client.query(
      `INSERT INTO sync_item (product_set_id, product_id, topic, status, enqueued_at_ns, failures, failed_at)
       SELECT 1 + n % 50, n, 'price', 'failed', 0, 28, now() FROM generate_series(1, $1::int) AS n`,
      [ITEMS],
    );
    await fetch(`${first.url}/api/shop-update/items/bulk-requeue`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ filter: { tab: 'failed' }, ratePerSecond: 1_000 }),
    }).catch(() => undefined);
    // In the middle of a part, and after one that is committed.
    await untilDead(first, 'shop-update.requeue.part:3');
    const afterFirst = await readRun();
    expect(afterFirst).toEqual({ state: 'running', requeued: 200, skipped: 0 });
    const second = await startDoomed('shop-update.requeue.parted:4');
    await untilDead(second, 'shop-update.requeue.parted:4');
    expect(await readRun()).toEqual({ state: 'running', requeued: 600, skipped: 0 });

    const heir = await startShopUpdate(places);
    try {
      const run = await waitFor('the requeue to end', readRun, {
        until: ({ state }) => state === 'completed',
        timeoutMs: LIMIT_MS,
      });
      expect(run).toEqual({ state: 'completed', requeued: ITEMS, skipped: 0 });
    } finally {
      await heir.close();
    }
    const { rows } = await client.query(
      `SELECT count(*)::int AS items, count(*) FILTER (WHERE requeue_count = 1 AND retry_no = 0)::int AS again,
         (SELECT count(*)::int FROM sync_item_move WHERE cause = '27') AS moves,
         (SELECT count(DISTINCT item_id)::int FROM sync_item_move WHERE cause = '27') AS moved
       FROM sync_item WHERE status <> 'failed'`,
    );
    expect(rows).toEqual([{ items: ITEMS, again: ITEMS, moves: ITEMS, moved: ITEMS }]);
  });
});

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}
