import { inTransaction, type Last } from '@lockstep/database';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { batchMax, methodOf } from '../shop/topic-methods.js';
import type { Settings } from '../shop-config/settings.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { claimLanes, insertCall, type ReadyLane } from './call-rows.store.js';
import { toItemError } from './error-signature.js';
import { failItem } from './fail-item.js';
import { asWritten, type Item, readItems } from './item.js';
import { Journal } from './journal.js';
import { confirmReady, settleLanes } from './lane.store.js';
import type { StoredCall } from './open-call.store.js';
import { QueueTime } from './queue-time.js';
import { releaseBlocked } from './release.js';
import {
  type BuiltPayload,
  type CalledItem,
  type Deferral,
  PAYLOADS,
  type Payloads,
  type ShopCall,
} from './shop-call.js';
import { isCreate, TOPICS, type Topic } from './topics.js';

/** What is wanted of a claim beyond its topic. */
export interface ClaimOptions {
  /** Shown with the call. */
  readonly worker: string;
  /** Fewer items than the method allows. */
  readonly limit?: number;
  /** Those in force, where they have just been read. */
  readonly settings?: Settings;
  /** Nothing can be built of them, for this reason: counts as a failure. */
  readonly unbuildable?: string;
}

interface Claiming {
  /** Of the request. */
  readonly id: string;
  readonly topic: Topic;
  readonly now: Date;
  readonly last: Last;
}

/** What a claim came to. */
export type Claim =
  | { readonly kind: 'call'; readonly call: StoredCall }
  /** Something was done, but there is nothing to send: look again. */
  | { readonly kind: 'again' }
  | { readonly kind: 'none' };

/** What is to be said of the claimed items could not be read. */
export class BuildFailedError extends Error {
  override readonly name = 'BuildFailedError';

  constructor(override readonly cause: unknown) {
    super(`no request could be built: ${String(cause)}`);
  }
}

const READY_TOPICS_SQL = `,
  ARRAY(
    SELECT t.topic FROM unnest($2::text[]) AS t (topic), LATERAL (
      SELECT ready_at FROM sync_lane WHERE ready_topic = t.topic AND ready_at IS NOT NULL ORDER BY ready_at LIMIT 1) AS oldest
    ORDER BY oldest.ready_at) AS topics`;

/** Lanes that are sent away in one transaction while nothing may be sent. */
const DEFERRED_AT_ONCE = 200;

/**
 * Makes calls of what is ready. One transaction takes the items, reads what is to be said, and stores the call: a worker that
 * dies before its end has taken nothing, and one that dies later has left a call whose lease runs out.
 */
@Injectable()
export class CallsStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly time: QueueTime,
    private readonly settings: ShopSettings,
    @Inject(PAYLOADS) private readonly payloads: Payloads,
  ) {}

  /** Topics of which something is ready, the one waiting longest first, and the settings. One look into the index for each topic. */
  readyTopics(): Promise<{ readonly topics: readonly Topic[]; readonly settings: Settings }> {
    return this.settings.newestWith<{ topics: Topic[] }>(this.dataSource.manager, READY_TOPICS_SQL, [TOPICS]);
  }

  /** @throws BuildFailedError */
  claim(topic: Topic, options: ClaimOptions): Promise<Claim> {
    return inTransaction(this.dataSource, async (manager, last) => {
      const settings = options.settings ?? (await this.settings.current(manager));
      const limit = options.limit ?? batchMax(methodOf(topic, settings));
      const { lanes, now } = await this.takeLanes(manager, topic, limit, settings);
      if (lanes.length === 0) return { kind: 'none' };
      const stale = lanes.filter(({ configVersion }) => configVersion !== settings.version);
      const [confirmed, noted] = await Promise.all([confirmReady(manager, stale, settings), readReady(manager, lanes)]);
      const refused = new Set(stale.map(({ id }) => id).filter((id) => !confirmed.has(id)));
      const items = noted.filter(({ productSetId }) => !refused.has(productSetId));
      const taken = new Set(items.map(({ productSetId }) => productSetId));
      const left = lanes.filter(({ id }) => !taken.has(id));
      await settleLanes(
        manager,
        left.map(({ id }) => id),
        settings,
        now,
      );
      if (items.length === 0) return { kind: 'again' };
      return this.store(manager, items, settings, { ...options, topic, now, last, id: lanes[0]!.callId });
    });
  }

  /** While nothing may be sent: what is ready of a topic waits, and burns no retry. Answers how many items that were. */
  defer(topic: Topic, { reason, forMs }: Deferral): Promise<number> {
    return inTransaction(this.dataSource, async (manager) => {
      const settings = await this.settings.current(manager);
      const { lanes, now } = await this.takeLanes(manager, topic, DEFERRED_AT_ONCE, settings);
      const journal = new Journal(now);
      const availableAt = new Date(now.getTime() + forMs);
      for (const item of await readReady(manager, lanes)) {
        journal.take(item, '33', { status: 'delayed', reason, availableAt });
      }
      await journal.write(manager);
      await settleLanes(
        manager,
        lanes.map(({ id }) => id),
        settings,
        now,
      );
      return lanes.length;
    });
  }

  private async takeLanes(
    manager: EntityManager,
    topic: Topic,
    limit: number,
    settings: Settings,
  ): Promise<{ readonly lanes: ReadyLane[]; readonly now: Date }> {
    const lanes = await claimLanes(manager, topic, limit, settings);
    return { lanes, now: await this.time.now(manager, lanes[0]?.readAt) };
  }

  private async store(
    manager: EntityManager,
    ready: readonly Item[],
    settings: Settings,
    { id, topic, now, last, worker, unbuildable }: ClaimOptions & Claiming,
  ): Promise<Claim> {
    const method = methodOf(topic, settings);
    const journal = new Journal(now, settings.flow);
    const items = ready.map((item) => {
      const taken = journal.take(item, '5', { status: 'processing' });
      return journal.take(taken, '6', { status: 'building_request_payload' });
    });
    const built = unbuildable === undefined ? await this.build(manager, method, items) : refuseAll(items, unbuildable);
    const byId = new Map(items.map((item) => [item.id, item]));
    for (const { itemId, why, detail } of built.refused) {
      const item = byId.get(itemId) as Item;
      if (why === 'nothing_to_say') journal.take(item, '35', { status: 'superseded', lastError: detail });
      else failItem(journal, item, '8', toItemError(method, null, detail), settings);
    }
    const { params } = built;
    const sent = params === null ? [] : built.sent.map(({ itemId }) => byId.get(itemId) as Item);
    const call: ShopCall | null =
      params === null || sent.length === 0
        ? null
        : { id, flow: settings.flow, method, params, items: sent.map(toCalledItem) };
    const made = sent.map((item) =>
      journal.take(item, '7', { status: 'made_request', requestId: Number(id), lastRequeuedAt: now }),
    );
    if (call) last(insertCall(manager, call, built, { topic, worker, settings, now }));
    last(journal.write(manager));
    const idle = built.refused.map(({ itemId }) => byId.get(itemId) as Item);
    const notCreated = idle.filter(({ topic: each }) => isCreate(each)).map(({ productSetId }) => productSetId);
    if (notCreated.length > 0) await releaseBlocked(manager, notCreated, settings, now);
    await settleLanes(
      manager,
      idle.map(({ productSetId }) => productSetId),
      settings,
      now,
    );
    if (!call) return { kind: 'again' };
    const fingerprints = built.sent.map(({ fingerprint }) => fingerprint);
    const read = new Map(ready.map((item) => [item.id, item]));
    const stored = made.map((item, at) => ({
      item: asWritten(item, read.get(item.id)!),
      fingerprint: fingerprints[at]!,
    }));
    return { kind: 'call', call: { ...call, sent: stored } };
  }

  private async build(
    manager: EntityManager,
    method: ShopCall['method'],
    items: readonly Item[],
  ): Promise<BuiltPayload> {
    try {
      return await this.payloads.build(manager, method, items.map(toCalledItem));
    } catch (error) {
      throw new BuildFailedError(error);
    }
  }
}

function refuseAll(items: readonly Item[], detail: string): BuiltPayload {
  return { params: null, sent: [], refused: items.map(({ id }) => ({ itemId: id, why: 'incomplete', detail })) };
}

function toCalledItem({ id, productSetId, productId, topic, requeueCount, enqueuedAtNs }: Item): CalledItem {
  return { itemId: id, productSetId, productId, topic, requeueCount, enqueuedAtNs };
}

function readReady(manager: EntityManager, lanes: readonly ReadyLane[]): Promise<Item[]> {
  const ids = lanes.map(({ itemId }) => itemId);
  return readItems(manager, `i.id = ANY ($1::bigint[]) AND i.status = 'pending'`, [ids]);
}
