import { inTransaction } from '@lockstep/database';
import { describeWithEngines } from '@lockstep/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLAIM_SQL } from './call-rows.store.js';
import { readItems } from './item.js';
import { Journal } from './journal.js';
import { VIEW_SQL } from './lane.store.js';
import { type OpenQueue, openQueue } from './queue.fixture.js';
import { WAITS_FOR_KEYS_SQL } from './re-entry.js';
import { DUE_SQL } from './timers.store.js';

const LANES = 30_000;
const LONG_LANE = 20_000;

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Rows that any part of the plan has touched: what a claim costs, whatever the machine. */
function touched(node: PlanNode): number {
  const own = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
  return Math.max(own, ...(node.Plans ?? []).map(touched));
}

function nodes(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodes)];
}

describeWithEngines('a queue in which very much waits', (engines) => {
  let queue: OpenQueue;

  beforeAll(async () => {
    queue = await openQueue(engines);
    await queue.dataSource.query(
      `INSERT INTO sync_lane (product_set_id, ready_at, ready_item_id, ready_topic)
       SELECT n, '2031-03-04T09:00:00Z'::timestamptz - n * interval '1 second', n, (ARRAY['price', 'stock', 'content'])[1 + n % 3]
       FROM generate_series(1, $1::int) AS n`,
      [LANES],
    );
    await queue.dataSource.query(
      `INSERT INTO sync_item (product_set_id, product_id, topic, status, reason, enqueued_at_ns, available_at)
       SELECT 1, n, 'price', CASE WHEN n < 9000 THEN 'blocked' WHEN n < 15000 THEN 'delayed' ELSE 'pending' END,
         CASE WHEN n < 9000 THEN 'no_src_id' WHEN n < 15000 THEN 'stock_hold' END, 0,
         CASE WHEN n BETWEEN 9000 AND 14999 THEN '2031-03-05T00:00:00Z'::timestamptz + n * interval '1 second' END
       FROM generate_series(1, $1::int) AS n`,
      [LONG_LANE],
    );
    await queue.dataSource.query('ANALYZE sync_lane, sync_item');
  });

  afterAll(async () => {
    await queue?.close();
  });

  const explain = async (sql: string, values: readonly unknown[]): Promise<PlanNode> => {
    const [row] = await queue.dataSource.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, [...values]);
    return row['QUERY PLAN'][0].Plan;
  };

  it('is claimed from by the index of what is ready, reading no more rows than a call has items', async () => {
    const plan = await explain(CLAIM_SQL, ['price', 0, 50]);
    expect(nodes(plan).map((node) => node['Index Name'])).toContain('sync_lane_ready_idx');
    expect(nodes(plan).map((node) => node['Node Type'])).not.toContain('Sort');
    expect(nodes(plan).map((node) => node['Node Type'])).not.toContain('Seq Scan');
    expect(touched(plan)).toBeLessThanOrEqual(51);
  });

  it('finds whose turn it is in a long lane by the first of each kind', async () => {
    const plan = await explain(VIEW_SQL, [[1], 20, true]);
    expect(nodes(plan).map((node) => node['Node Type'])).not.toContain('Seq Scan');
    expect(touched(plan)).toBeLessThanOrEqual(30);
  });

  it('finds what waits of a product and topic by the index of what is unfinished', async () => {
    const plan = await explain(`SELECT i.* FROM sync_item i WHERE ${WAITS_FOR_KEYS_SQL}`, [
      [1, 1],
      [9_500, 16_000],
      ['price', 'price'],
    ]);
    expect(nodes(plan).map((node) => node['Index Name'])).toContain('sync_item_key_idx');
    expect(touched(plan)).toBeLessThanOrEqual(4);
  });

  it('writes to no index when an item that was never sent is sent', async () => {
    await inTransaction(queue.dataSource, async (manager) => {
      const items = await readItems(
        manager,
        `i.id IN (SELECT id FROM sync_item WHERE status = 'pending' LIMIT $1)`,
        [50],
      );
      const journal = new Journal(queue.clock.now(), 'synchronous');
      for (const item of items) {
        const taken = journal.take(item, '5', { status: 'processing' });
        const building = journal.take(taken, '6', { status: 'building_request_payload' });
        journal.take(building, '7', { status: 'made_request', requestId: 1, lastRequeuedAt: journal.now });
      }
      await journal.write(manager);
      const [row] = await manager.query(
        `SELECT pg_stat_get_xact_tuples_hot_updated('sync_item'::regclass)::int AS hot`,
      );
      expect(row.hot).toBe(50);
    });
  });

  it('finds what is due without looking at what is not', async () => {
    const plan = await explain(DUE_SQL, [new Date('2031-03-05T02:30:10Z')]);
    expect(nodes(plan).map((node) => node['Index Name'])).toContain('sync_item_due_idx');
    expect(touched(plan)).toBeLessThanOrEqual(11);
  });
});
