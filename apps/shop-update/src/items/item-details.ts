import { Clock } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { retryPlan } from '../queue/retry-schedule.js';
import { isEnd } from '../queue/statuses.js';
import { TRANSITIONS } from '../queue/transitions.js';
import type { Settings } from '../shop-config/settings.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { readAttempts, readDiff } from './item-attempts.js';
import type {
  ActionView,
  AttemptView,
  ItemDetailAnswer,
  LaneView,
  LogsLinkView,
  TimelineView,
} from './item-detail.answer.js';
import { STATUS_LABELS } from './item-labels.js';
import { ItemLists } from './item-lists.js';
import type { ItemView } from './item-view.js';
import { LoggedResponses } from './logged-responses.js';

const MAX_EVENTS = 500;
/** Items of the lane on either side. */
const NEIGHBOURS = 5;

const EVENTS = new Map<string, string>(TRANSITIONS.map(({ no, event }) => [no, event]));

interface EventRow {
  readonly at: Date;
  readonly from: string | null;
  readonly to: ItemView['status'];
  readonly reason: string | null;
  readonly cause: string;
  readonly requestId: string | null;
}

/** The page of one item. */
@Injectable()
export class ItemDetails {
  constructor(
    private readonly dataSource: DataSource,
    private readonly settings: ShopSettings,
    private readonly lists: ItemLists,
    private readonly responses: LoggedResponses,
    private readonly clock: Clock,
  ) {}

  /** What the shop answered stands in the log, and is shown to whoever may read that. */
  async find(id: number, mayReadLogs: boolean): Promise<ItemDetailAnswer | undefined> {
    const { manager } = this.dataSource;
    const settings = await this.settings.current(manager);
    const [item] = await this.lists.show(manager, [id], settings);
    if (!item) return undefined;
    const [timeline, actions, attempts, lane] = await Promise.all([
      this.readTimeline(manager, item),
      readActions(manager, id),
      readAttempts(manager, id, settings),
      this.readLane(manager, item, settings),
    ]);
    return {
      item,
      timeline,
      actions,
      attempts: mayReadLogs ? await this.responses.addTo(attempts) : attempts,
      retryPlan: planOf(item, settings),
      lane,
      diff: attempts[0] ? await readDiff(manager, item, attempts[0].request) : null,
      logs: logsOf(item, attempts),
    };
  }

  private async readTimeline(manager: EntityManager, item: ItemView): Promise<TimelineView[]> {
    const rows: EventRow[] = await manager.query(
      `SELECT at, from_status AS "from", to_status AS "to", reason, cause, call_id::text AS "requestId"
       FROM sync_item_move WHERE item_id = $1 ORDER BY id, place LIMIT $2`,
      [item.id, MAX_EVENTS],
    );
    const now = this.clock.now();
    return rows.map((row, place) => {
      const left = rows[place + 1]?.at ?? (isEnd(row.to) ? row.at : now);
      return {
        ...row,
        at: row.at.toISOString(),
        toLabel: STATUS_LABELS[row.to],
        event: EVENTS.get(row.cause) ?? null,
        dwellMs: Math.max(0, left.getTime() - row.at.getTime()),
      };
    });
  }

  private async readLane(manager: EntityManager, item: ItemView, settings: Settings): Promise<LaneView> {
    const [row]: { ready: number | null; ids: number[]; before: number; behind: number }[] = await manager.query(
      `SELECT (SELECT ready_item_id FROM sync_lane WHERE product_set_id = $1) AS ready,
         ARRAY(SELECT id FROM (
           (SELECT id FROM sync_item WHERE product_set_id = $1 AND finished_at IS NULL AND id < $2 ORDER BY id DESC LIMIT $3)
           UNION ALL
           (SELECT id FROM sync_item WHERE product_set_id = $1 AND finished_at IS NULL AND id >= $2 ORDER BY id LIMIT $3 + 1)
         ) AS near ORDER BY id) AS ids,
         (SELECT count(*)::int FROM sync_item WHERE product_set_id = $1 AND finished_at IS NULL AND id < $2) AS before,
         (SELECT count(*)::int FROM sync_item WHERE product_set_id = $1 AND finished_at IS NULL AND id > $2) AS behind`,
      [item.productSetId, item.id, NEIGHBOURS],
    );
    const { ready = null, ids = [], before = 0, behind = 0 } = row ?? {};
    return { readyItemId: ready, before, behind, items: await this.lists.show(manager, ids, settings) };
  }
}

function readActions(manager: EntityManager, itemId: number): Promise<ActionView[]> {
  return manager.query(
    `SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at, action, created_by AS by, reason
     FROM item_action WHERE item_id = $1 ORDER BY id LIMIT ${MAX_EVENTS}`,
    [itemId],
  );
}

function planOf(
  { status, reason, retryNo, nextAttemptAt }: ItemView,
  settings: Settings,
): ItemDetailAnswer['retryPlan'] {
  if (status !== 'delayed' || reason !== 'retry' || nextAttemptAt === null) return [];
  return retryPlan(retryNo, new Date(nextAttemptAt), settings).map((at, place) => ({
    retryNo: retryNo + place,
    at: at.toISOString(),
  }));
}

/** From a minute before the first call on; its answer may come days later. */
function logsOf(item: ItemView, attempts: readonly AttemptView[]): LogsLinkView | null {
  const first = attempts.at(-1);
  if (!first || item.requestId === null) return null;
  const q = `itemId:"${item.id}" OR message:"${item.requestId}"`;
  const from = new Date(Date.parse(first.sentAt) - 60_000).toISOString();
  return { q, url: `/api/logs?${new URLSearchParams({ q, from, to: 'now' })}` };
}
