import { inTransaction } from '@lockstep/database';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { methodOf } from '../shop/topic-methods.js';
import type { Settings } from '../shop-config/settings.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { decideEntry, type ItemFacts } from './decide-entry.js';
import { toItemError } from './error-signature.js';
import { readFacts } from './facts.store.js';
import { failItem } from './fail-item.js';
import { type Item, readItems } from './item.js';
import { Journal } from './journal.js';
import { lockKnownLanes, settleLanes } from './lane.store.js';
import { QueueTime, readMoment } from './queue-time.js';
import { place } from './re-entry.js';
import { absorbFollowers, releaseBlocked } from './release.js';
import { ResultsStore } from './results.store.js';
import { TOPICS, type Topic } from './topics.js';

/** Items that go on in one transaction. */
const DUE_AT_ONCE = 500;
const EXPIRED_AT_ONCE = 100;
const LANES_AT_ONCE = 200;

/** Found by `sync_item_due_idx`, however many wait for later. */
export const DUE_SQL = `
  SELECT id, product_set_id AS "productSetId" FROM sync_item
  WHERE finished_at IS NULL AND available_at <= $1 ORDER BY available_at LIMIT ${DUE_AT_ONCE}`;

/** What only time brings about: ends of holds, retries, leases and waits. Nothing of it is kept by the broker. */
@Injectable()
export class TimersStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly time: QueueTime,
    private readonly settings: ShopSettings,
    private readonly results: ResultsStore,
  ) {}

  /** Leads on what is due; answers how many items that were, at most a batch of them. */
  async releaseDue(): Promise<number> {
    const now = await this.time.now(this.dataSource.manager);
    const due: { id: number; productSetId: number }[] = await this.dataSource.query(DUE_SQL, [now]);
    if (due.length === 0) return 0;
    const kept = await inTransaction(this.dataSource, async (manager) => {
      const settings = await this.settings.current(manager);
      const lanes = due.map(({ productSetId }) => productSetId);
      await lockKnownLanes(manager, [...new Set(lanes)]);
      const items = await readItems(
        manager,
        'i.id = ANY ($1::bigint[]) AND i.finished_at IS NULL AND i.available_at <= $2',
        [due.map(({ id }) => id), now],
      );
      const goOn = items.filter(({ unapplied }) => unapplied === null);
      await leadOn(manager, goOn, settings, now);
      await settleLanes(manager, lanes, settings, now);
      return items.filter(({ unapplied }) => unapplied !== null);
    });
    for (const { id } of kept) await this.results.applyKept(id);
    return due.length;
  }

  /** Gives up calls whose worker has said nothing in its time; answers how many. */
  async expireCalls(): Promise<number> {
    const calls: { id: string }[] = await this.dataSource.query(
      `SELECT id::text FROM sync_call WHERE outcome = 'open' AND lease_until <= $1 ORDER BY lease_until LIMIT ${EXPIRED_AT_ONCE}`,
      [await this.time.now(this.dataSource.manager)],
    );
    for (const { id } of calls) await this.results.expire(id);
    return calls.length;
  }

  /**
   * Decides lanes anew by the settings in force, which may have ended a pause, opened gates or closed them. From the lane
   * `after` on; answers the last one looked at, or none when there are no more. A lane whose only item is ready is left out
   * unless its topic is paused now: whoever takes the item sees to the settings.
   */
  resettle(after: number): Promise<number | undefined> {
    return inTransaction(this.dataSource, async (manager) => {
      const { now, settings } = await readMoment(manager, this.time, this.settings);
      const rows: { id: number }[] = await manager.query(
        `SELECT product_set_id AS id FROM sync_lane l
         WHERE product_set_id > $1 AND config_version < $2
           AND EXISTS (SELECT FROM sync_item i WHERE i.product_set_id = l.product_set_id AND i.finished_at IS NULL
             AND (i.id IS DISTINCT FROM l.ready_item_id OR l.ready_topic = ANY ($3::text[])))
         ORDER BY product_set_id LIMIT ${LANES_AT_ONCE} FOR UPDATE`,
        [after, settings.version, TOPICS.filter((topic) => isPaused(topic, settings))],
      );
      const lanes = rows.map(({ id }) => id);
      if (lanes.length === 0) return undefined;
      await endPauses(manager, lanes, settings, now);
      await releaseBlocked(manager, lanes, settings, now);
      await settleLanes(manager, lanes, settings, now);
      return lanes.at(-1);
    });
  }

  async configVersion(): Promise<number> {
    return (await this.settings.current(this.dataSource.manager)).version;
  }
}

async function leadOn(manager: EntityManager, items: readonly Item[], settings: Settings, now: Date): Promise<void> {
  const journal = new Journal(now);
  const held = items.filter(({ reason }) => reason === 'stock_hold');
  const facts = await readFacts(manager, held);
  for (const [index, item] of held.entries()) {
    const entry = decideEntry(facts[index] as ItemFacts, settings, { holdUntil: null, now });
    if (entry.status !== 'moot') journal.enter(item, '22', place(entry, null));
  }
  const overdue: Item[] = [];
  for (const item of items) {
    if (item.status === 'got_acknowledgment') {
      const error = toItemError(null, 'no_callback', 'no callback came in the time set');
      overdue.push(failItem(journal, item, '31', error, settings));
    } else if (item.reason === 'retry') {
      journal.enter(item, '21', { requeueCount: item.requeueCount + 1 });
    } else if (item.reason !== 'stock_hold') {
      journal.enter(item, '34');
    }
  }
  await absorbFollowers(manager, journal, overdue, settings);
  await journal.write(manager);
  await expireAcknowledged(manager, overdue);
}

/** An answer that comes after all is taken, as long as nothing else has been said since. */
async function expireAcknowledged(manager: EntityManager, items: readonly Item[]): Promise<void> {
  if (items.length === 0) return;
  await manager.query(
    "UPDATE sync_call SET outcome = 'expired', error_reason = 'no_callback' WHERE id = ANY ($1::bigint[]) AND outcome = 'acknowledged'",
    [items.map(({ requestId }) => requestId)],
  );
}

async function endPauses(
  manager: EntityManager,
  productSetIds: readonly number[],
  settings: Settings,
  now: Date,
): Promise<void> {
  const items = await readItems(
    manager,
    `i.product_set_id = ANY ($1::bigint[]) AND i.finished_at IS NULL AND i.indexed_status = 'delayed' AND i.reason = 'paused'`,
    [productSetIds],
  );
  const journal = new Journal(now);
  for (const item of items) {
    if (!isPaused(item.topic, settings)) journal.enter(item, '34');
  }
  await journal.write(manager);
}

function isPaused(topic: Topic, settings: Settings): boolean {
  return settings.pausedTopics.includes(topic) || settings.pausedMethods.includes(methodOf(topic, settings));
}
