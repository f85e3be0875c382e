import { inTransaction, isDatabaseUnavailable, type Last } from '@lockstep/database';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { readResults } from '../shop/read-results.js';
import type { Settings } from '../shop-config/settings.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { acceptAnswer } from './accept-answer.js';
import { closeCall } from './call-outcome.store.js';
import { type CheckedResult, checkResult } from './check-result.js';
import { toItemError } from './error-signature.js';
import { failItem } from './fail-item.js';
import { type KnownCatalogue, lockCatalogue, readHolders, writeGains } from './gains.store.js';
import { type Item, readItems } from './item.js';
import { Journal } from './journal.js';
import { lockKnownLanes, settleLanes } from './lane.store.js';
import { finish, lead, unusable, withoutGains } from './lead-item.js';
import { type OpenCall, openCall, type SentItem, type StoredCall } from './open-call.store.js';
import { type Moment, QueueTime, readMoment } from './queue-time.js';
import { absorbFollowers, releaseBlocked } from './release.js';
import type { CallOutcome, ItemResult } from './shop-call.js';
import { isEnd } from './statuses.js';
import { isCreate } from './topics.js';
import type { TransitionNo } from './transitions.js';

/** What an answer came to. */
export type Verdict =
  | 'applied'
  /** None of it could be used; its items are blocked. */
  | 'unusable'
  /** The call was answered before. */
  | 'duplicate'
  /** Its items went other ways meanwhile. */
  | 'stale'
  /** There is no such call. */
  | 'orphan';

interface AnswerOptions {
  readonly httpStatus?: number;
  /** Of several items these alone, because all together could not be written. */
  readonly only?: number;
  /** What can be used is not written down now, for this reason, but kept for later. */
  readonly keepFor?: string;
}

interface Accepted {
  readonly no: TransitionNo;
  readonly sent: SentItem;
  readonly result: ItemResult;
}

/** The id of a call; from its worker the call itself, of which only what has changed meanwhile is read. */
type CallRef = string | StoredCall;

type FailedCall = Extract<CallOutcome, { kind: 'failed' }>;

/** Applies what became of calls, once each, to their items and to the catalogue. */
@Injectable()
export class ResultsStore {
  private readonly logger = new Logger('Shop');

  constructor(
    private readonly dataSource: DataSource,
    private readonly time: QueueTime,
    private readonly settings: ShopSettings,
  ) {}

  /** The shop has the call and will answer it with a callback, unless it has done so already. */
  acknowledge(called: CallRef, httpStatus: number): Promise<void> {
    return this.withCall(called, false, async (manager, call, { settings, now, last }) => {
      const { callbackTimeoutSeconds: seconds } = settings;
      const availableAt = seconds === null ? null : new Date(now.getTime() + seconds * 1_000);
      const journal = new Journal(now, call.flow);
      const taken = call.sent
        .filter((sent) => isOnItsWay(sent, call))
        .map(({ item }) => journal.take(item, '9', { status: 'got_acknowledgment', availableAt }));
      await Promise.all([
        closeCall(manager, call, { outcome: 'acknowledged', httpStatus, now }),
        this.giveBack(manager, journal, taken, settings, last),
      ]);
    });
  }

  /** Nobody knows, or the shop has said, that the call came to nothing. */
  fail(called: CallRef, outcome: FailedCall): Promise<void> {
    return this.withCall(called, false, async (manager, call, { settings, now, last }) => {
      const { reason, detail, httpStatus, retryAfterMs = 0, deferForMs } = outcome;
      const journal = new Journal(now, call.flow);
      const no = call.flow === 'asynchronous' ? '10' : '12';
      const error = toItemError(call.method, httpStatus ? String(httpStatus) : reason, detail);
      const returned = call.sent
        .filter((sent) => isOnItsWay(sent, call))
        .map(({ item }) =>
          deferForMs === undefined
            ? failItem(journal, item, no, error, settings, { retryAfterMs })
            : journal.take(item, '33', {
                status: 'delayed',
                reason: 'circuit_open',
                availableAt: new Date(now.getTime() + deferForMs),
              }),
        );
      await Promise.all([
        closeCall(manager, call, { outcome: 'failed', httpStatus, reason, detail, now }),
        this.giveBack(manager, journal, returned, settings, last),
      ]);
    });
  }

  /** The worker of the call is gone without a word. */
  expire(requestId: string): Promise<void> {
    return this.withCall(requestId, false, async (manager, call, { settings, now, last }) => {
      const detail = 'the worker that sent it is gone; nobody knows what came of it';
      const journal = new Journal(now, call.flow);
      const returned = call.sent
        .filter((sent) => isOnItsWay(sent, call))
        .map(({ item }) => failItem(journal, item, '30', toItemError(call.method, 'expired', detail), settings));
      await Promise.all([
        closeCall(manager, call, { outcome: 'expired', reason: 'expired', detail, now }),
        this.giveBack(manager, journal, returned, settings, last),
      ]);
    });
  }

  /**
   * Applies the shop's `result` of a call, given at once or by a callback: ids and stamps are written, what waited for them
   * is released, and the lanes go on, all in one transaction. Applied once, however often it comes.
   */
  async apply(called: CallRef, result: unknown, options: { readonly httpStatus?: number } = {}): Promise<Verdict> {
    try {
      return await this.applyOnce(called, result, options);
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      return this.applyEach(idOf(called), result, options);
    }
  }

  /** Writes down an answer that was kept. */
  async applyKept(itemId: number): Promise<void> {
    try {
      await this.reapply(itemId);
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      await this.reapply(itemId, String(error));
    }
  }

  /** One item whose result cannot be written must not keep the others: that of each is written by itself, or kept. */
  private async applyEach(requestId: string, result: unknown, options: AnswerOptions): Promise<Verdict> {
    const rows: { itemId: number }[] = await this.dataSource.query(
      'SELECT item_id AS "itemId" FROM sync_call_item WHERE call_id = $1 ORDER BY position',
      [requestId],
    );
    let verdict: Verdict = 'stale';
    for (const { itemId: only } of rows) {
      const each = await this.applyOnce(requestId, result, { ...options, only }).catch((error: unknown) => {
        if (isDatabaseUnavailable(error)) throw error;
        return this.applyOnce(requestId, result, { ...options, only, keepFor: String(error) });
      });
      if (each === 'applied' || verdict === 'stale') verdict = each;
    }
    return verdict;
  }

  private applyOnce(called: CallRef, result: unknown, options: AnswerOptions): Promise<Verdict> {
    return this.withCall<Verdict>(
      called,
      true,
      async (manager, call, { settings, now, last }) => {
        const read = readResults(call.method, call.params, result);
        const accepted = call.sent.flatMap((sent, index): Accepted[] => {
          const no = options.only === undefined || options.only === sent.item.id ? acceptAnswer(sent, call) : null;
          if (no === null) return [];
          return [
            { no, sent, result: 'unusable' in read ? unusable(read.unusable) : (read[index] ?? unusable('no result')) },
          ];
        });
        if (accepted.length === 0)
          return call.outcome === 'answered' || call.outcome === 'unusable' ? 'duplicate' : 'stale';
        const journal = new Journal(now, call.flow);
        const { keepFor } = options;
        const checked = (await this.check(manager, call.known, accepted)).map((each) =>
          keepFor === undefined ? each : withoutGains(each),
        );
        const items = accepted.map(({ no, sent: { item } }, index) => {
          const got = journal.take(item, no, { status: 'got_response', requestId: call.id, failedAt: null });
          const { result: itemResult } = accepted[index] as Accepted;
          return lead(journal, got, checked[index] as CheckedResult, {
            method: call.method,
            settings,
            itemResult,
            keepFor,
          });
        });
        const isUnusable = checked.every(({ kind }) => kind === 'bad_response' || kind === 'src_id_conflict');
        const outcome = isUnusable ? 'unusable' : 'answered';
        // Of one that is left its worker may die before it comes to it: then the lease of the call must still run out.
        const isLeft = call.sent.some((sent) => isOnItsWay(sent, call) && !accepted.some((each) => each.sent === sent));
        const outcomes = new Map(accepted.map(({ sent }, index) => [sent.position, checked[index] as CheckedResult]));
        last(
          closeCall(manager, call, {
            outcome: isLeft ? 'open' : outcome,
            httpStatus: options.httpStatus,
            now,
            outcomes,
          }),
        );
        // A lane that has sent its item notes none; of one that had come back and was sent no more, it may.
        const back = accepted.filter(({ no }) => no === '36').map(({ sent: { item } }) => item.productSetId);
        const busyLanes = new Set([...call.busyLanes, ...back]);
        await this.conclude(manager, journal, { known: call.known, busyLanes }, items, checked, settings, last);
        return isUnusable ? 'unusable' : 'applied';
      },
      'orphan',
    );
  }

  private async check(
    manager: EntityManager,
    known: KnownCatalogue,
    accepted: readonly Accepted[],
  ): Promise<CheckedResult[]> {
    const answered = accepted.map(({ sent: { item }, result }) => ({ item, result }));
    const holdersOf = await readHolders(manager, known, answered);
    return answered.map(({ item, result }) => checkResult(item, result, holdersOf(item)));
  }

  /** What was gained is written before what it releases. A lane whose last item has ended has nothing to decide. */
  private async conclude(
    manager: EntityManager,
    journal: Journal,
    { known, busyLanes }: Pick<OpenCall, 'known' | 'busyLanes'>,
    items: readonly Item[],
    checked: readonly CheckedResult[],
    settings: Settings,
    last: Last,
  ): Promise<void> {
    const gained = items.flatMap(({ productSetId, unapplied }, index) => {
      const each = checked[index] as CheckedResult;
      return 'gains' in each && unapplied === null ? [{ productSetId, gains: each.gains }] : [];
    });
    await absorbFollowers(manager, journal, items, settings);
    const lanes = items.flatMap(({ productSetId, status }) =>
      isEnd(status) && !busyLanes.has(productSetId) ? [] : [productSetId],
    );
    const mayRelease = items.filter(({ topic }) => isCreate(topic)).map(({ productSetId }) => productSetId);
    const written = Promise.all([writeGains(manager, known, gained), journal.write(manager)]);
    if (mayRelease.length > 0) {
      await written;
      await releaseBlocked(manager, mayRelease, settings, journal.now);
    }
    last(written);
    await settleLanes(manager, lanes, settings, journal.now, last);
  }

  private reapply(itemId: number, keepFor?: string): Promise<void> {
    return inTransaction(this.dataSource, async (manager, last) => {
      const { now, settings } = await readMoment(manager, this.time, this.settings);
      const [found] = await readItems(manager, 'i.id = $1', [itemId]);
      if (!found) return;
      const known = await lockCatalogue(manager, [found], { creates: isCreate(found.topic) });
      await lockKnownLanes(manager, [found.productSetId]);
      const [item] = await readItems(manager, "i.id = $1 AND i.status = 'delayed' AND i.unapplied IS NOT NULL", [
        itemId,
      ]);
      if (!item?.unapplied || (item.availableAt && item.availableAt > now)) return;
      const journal = new Journal(now);
      const processing = journal.take(item, '37', { status: 'response_processing' });
      const holders = await readHolders(manager, known, [{ item, result: item.unapplied }]);
      const checked = checkResult(item, item.unapplied, holders(item));
      const led = finish(journal, processing, checked, { settings, itemResult: item.unapplied, keepFor });
      await this.conclude(
        manager,
        journal,
        { known, busyLanes: new Set([found.productSetId]) },
        [led],
        [keepFor === undefined ? checked : withoutGains(checked)],
        settings,
        last,
      );
    });
  }

  /** Items that left the way: followers join those that will be sent again, and the lanes are decided anew. */
  private async giveBack(
    manager: EntityManager,
    journal: Journal,
    returned: readonly Item[],
    settings: Settings,
    last: Last,
  ): Promise<void> {
    await absorbFollowers(manager, journal, returned, settings);
    const lanes = returned.map(({ productSetId }) => productSetId);
    await Promise.all([journal.write(manager), settleLanes(manager, lanes, settings, journal.now, last)]);
  }

  /** Neither may keep the other from being written, whichever of them cannot be. */
  private async withNote<T>(call: StoredCall, run: (call: StoredCall) => Promise<T>): Promise<T> {
    const { note, ...bare } = call;
    if (!note) return run(call);
    try {
      return await run(call);
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
    }
    try {
      return await run(bare);
    } finally {
      await note(this.dataSource.manager).catch((err: unknown) => {
        this.logger.error({ msg: 'a call is missing in the log of the shop', requestId: call.id, err });
      });
    }
  }

  private withCall<T = void>(
    called: CallRef,
    writesCatalogue: boolean,
    work: (manager: EntityManager, call: OpenCall, context: Moment & { readonly last: Last }) => Promise<T>,
    missing?: T,
  ): Promise<T> {
    const run = (stored?: StoredCall): Promise<T> =>
      inTransaction(this.dataSource, async (manager, last) => {
        const open = await openCall(manager, idOf(called), {
          writesCatalogue,
          readMoment: () => readMoment(manager, this.time, this.settings),
          stored,
        });
        return open ? work(manager, open.call, { ...open.moment, last }) : (missing as T);
      });
    return typeof called === 'string' ? run() : this.withNote(called, run);
  }
}

function isOnItsWay({ item }: SentItem, call: OpenCall): boolean {
  return item.status === 'made_request' && item.requestId === call.id;
}

function idOf(called: CallRef): string {
  return typeof called === 'string' ? called : called.id;
}
