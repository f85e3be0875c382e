import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseUnavailable } from '@lockstep/database';
import { describeWithEngines } from '@lockstep/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { enqueueChanges } from '../queue/enqueue.js';
import { type OpenQueue, openQueue, randomOf, succeed } from '../queue/queue.fixture.js';
import type { ShopCall } from '../queue/shop-call.js';
import type { Topic } from '../queue/topics.js';

const LANES = 200;
const PRODUCTS = 4;
const TOPICS: readonly Topic[] = ['content', 'status', 'qc_status_change', 'price', 'stock'];
const WORKERS = 8;

class Killed extends Error {}

interface Sent {
  readonly lane: number;
  readonly item: number;
  readonly from: number;
  readonly to: number;
}

describeWithEngines('eight workers', (engines) => {
  let queue: OpenQueue;

  beforeAll(async () => {
    queue = await openQueue(engines, { poolSize: 12 });
    await queue.configure({ stockHoldSeconds: 0 });
    for (let lane = 1; lane <= LANES; lane += 1) await queue.addSet(lane, PRODUCTS);
    // Every lane gets its items in an order of its own.
    const random = randomOf(7);
    for (let round = 0; round < PRODUCTS * TOPICS.length; round += 1) {
      const changes = Array.from({ length: LANES }, (_, index) => {
        const place = (round + index * 3) % (PRODUCTS * TOPICS.length);
        const productId = (index + 1) * 100 + 1 + (place % PRODUCTS);
        const topic = TOPICS[Math.floor(place / PRODUCTS)] as Topic;
        return { productSetId: index + 1, productId, topics: [topic] };
      }).sort(() => random() - 0.5);
      await queue.dataSource.transaction((manager) => enqueueChanges(manager, changes, queue.clock.now()));
    }
  });

  afterAll(async () => {
    await queue?.close();
  });

  it('keep every lane in order, one call at a time, and apply each item once, however often they are killed', async () => {
    const random = randomOf(42);
    const sent: Sent[] = [];
    let kills = 0;
    queue.shop.answer = async (call: ShopCall) => {
      const from = performance.now();
      await delay(5 + random() * 45);
      // Measured in calls: on a busy machine as often as on an idle one.
      if (queue.shop.calls.length % 12 === 0) await cutAnyConnection();
      const to = performance.now();
      sent.push(...call.items.map(({ productSetId, itemId }) => ({ lane: productSetId, item: itemId, from, to })));
      return succeed(call);
    };
    const cutAnyConnection = () =>
      queue.dataSource
        .query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1`,
        )
        .catch(() => undefined);
    const hand = async (name: string): Promise<void> => {
      for (;;) {
        try {
          const look = await queue.worker.look(name, () => {
            if (random() < 0.04) throw new Killed();
          });
          if (look.kind === 'idle') return;
        } catch (error) {
          // Killed between two steps, or with its connection in the middle of one: another one takes its place.
          kills += 1;
          if (!(error instanceof Killed) && !isDatabaseUnavailable(error)) throw error;
        }
      }
    };
    const unfinished = async (): Promise<number> =>
      (await queue.dataSource.query('SELECT count(*)::int AS n FROM sync_item WHERE finished_at IS NULL'))[0].n;
    let rounds = 0;
    for (let left = 1; left > 0 && rounds < 500; rounds += 1) {
      await Promise.all(Array.from({ length: WORKERS }, (_, index) => hand(`w${index}`)));
      // Nobody is under way: what is left was a dead worker's, or waits for its retry.
      queue.clock.advance(120_000);
      while (
        (await retrying(() => queue.timers.expireCalls())) + (await retrying(() => queue.timers.releaseDue())) >
        0
      );
      left = await retrying(unfinished);
    }

    expect(kills).toBeGreaterThan(5);
    const countEnds = (): Promise<{ synced: number; events: number; twice: number }[]> =>
      queue.dataSource.query(
        `SELECT count(*) FILTER (WHERE status = 'synced')::int AS synced,
           (SELECT count(*)::int FROM sync_item_move WHERE cause = '19') AS events,
           (SELECT count(*)::int FROM (SELECT FROM sync_item_move WHERE cause = '19' GROUP BY item_id HAVING count(*) > 1) t) AS twice
         FROM sync_item`,
      );
    const all = LANES * PRODUCTS * TOPICS.length;
    expect(await retrying(countEnds)).toEqual([{ synced: all, events: all, twice: 0 }]);
    const byLane = new Map<number, Sent[]>();
    for (const each of sent) byLane.set(each.lane, [...(byLane.get(each.lane) ?? []), each]);
    for (const calls of byLane.values()) {
      calls.sort((a, b) => a.from - b.from);
      for (const [index, call] of calls.slice(1).entries()) {
        const former = calls[index] as Sent;
        expect(call.from).toBeGreaterThanOrEqual(former.to);
        expect(call.item).toBeGreaterThanOrEqual(former.item);
      }
    }
    expect(byLane.size).toBe(LANES);
  }, 300_000);
});

/** A connection that the test has cut is none of what is tested. */
async function retrying<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}
