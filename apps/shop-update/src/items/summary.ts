import { Clock } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { listSql, ofStatusSql, QUEUED } from '../queue/indexed-status.js';
import { SENDING } from '../queue/statuses.js';
import { TOPICS } from '../queue/topics.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { ItemLists } from './item-lists.js';
import { adviceOn, type StuckReason, stuckSql } from './stuck.js';
import type { StuckCount, SummaryAnswer, SummaryCount } from './summary.answer.js';

/** Groups of unfinished items as people count them. */
export const SUMMARY_GROUPS = [
  'toSend',
  'inFlight',
  'waitingForCallback',
  'held',
  'delayed',
  'blocked',
  'failed',
] as const;
export type SummaryGroup = (typeof SUMMARY_GROUPS)[number];

const GROUP_SQL = `CASE i.status
  WHEN 'pending' THEN 'toSend' WHEN 'got_acknowledgment' THEN 'waitingForCallback' WHEN 'blocked' THEN 'blocked'
  WHEN 'failed' THEN 'failed'
  WHEN 'delayed' THEN CASE WHEN i.reason = 'stock_hold' THEN 'held' ELSE 'delayed' END
  ELSE 'inFlight' END`;

/** Counted by the index of kinds alone, however much has finished; of what is delayed the reason matters. */
const COUNTED_BY_STATUS = listSql(QUEUED.filter((status) => status !== 'delayed'));

/** To that index what is being sent is pending: it is counted by itself, and the oldest of the others is looked for. */
const COUNT_SQL = `
  WITH sent AS MATERIALIZED (SELECT i.status, i.queued_at FROM sync_item i WHERE ${ofStatusSql(SENDING)})
  SELECT ${GROUP_SQL} AS "group", sum(i.items)::int AS items, min(i.oldest) AS oldest FROM (
    SELECT indexed_status AS status, NULL AS reason,
      count(*) - CASE indexed_status WHEN 'pending' THEN (SELECT count(*) FROM sent) ELSE 0 END AS items,
      CASE indexed_status WHEN 'pending' THEN (
        SELECT min(first.queued_at) FROM unnest($1::text[]) AS t (topic), LATERAL (
          SELECT queued_at FROM sync_item p WHERE p.indexed_status = 'pending' AND p.topic = t.topic AND p.status = 'pending'
          ORDER BY queued_at LIMIT 1) AS first) ELSE min(queued_at) END AS oldest
    FROM sync_item WHERE indexed_status IN ${COUNTED_BY_STATUS} GROUP BY 1
    UNION ALL
    SELECT status, NULL, count(*), min(queued_at) FROM sent GROUP BY 1
    UNION ALL
    SELECT indexed_status, reason, count(*), min(queued_at) FROM sync_item WHERE indexed_status = 'delayed' GROUP BY 1, 2) AS i
  WHERE i.items > 0 GROUP BY 1`;

/** Counted no further. */
const MAX_STUCK = 10_000;

/** The counters above the lists. */
@Injectable()
export class Summary {
  constructor(
    private readonly dataSource: DataSource,
    private readonly settings: ShopSettings,
    private readonly lists: ItemLists,
    private readonly clock: Clock,
  ) {}

  async read(): Promise<SummaryAnswer> {
    const settings = await this.settings.current(this.dataSource.manager);
    const [groups, stuck, attention, [open]] = await Promise.all([
      this.countGroups(),
      this.countStuck(),
      this.countAttention(),
      this.dataSource.query(
        `SELECT count(DISTINCT c.id)::int AS draining FROM sync_item i JOIN sync_call c ON c.id = i.request_id
            WHERE ${ofStatusSql(['made_request', 'got_acknowledgment'])} AND c.flow <> $1`,
        [settings.flow],
      ) as Promise<{ draining: number }[]>,
    ]);
    const draining = open?.draining ?? 0;
    return { message: messageOf(groups), flow: settings.flow, ...groups, attention, draining, stuck };
  }

  async countGroups(): Promise<Record<SummaryGroup, SummaryCount>> {
    const rows: { group: SummaryGroup; items: number; oldest: Date | null }[] = await this.dataSource.query(COUNT_SQL, [
      TOPICS,
    ]);
    const nowMs = this.clock.now().getTime();
    const empty: SummaryCount = { items: 0, oldestAgeSeconds: null };
    const counted = rows.map(({ group, items, oldest }) => {
      const oldestAgeSeconds = oldest && Math.max(0, Math.floor((nowMs - oldest.getTime()) / 1_000));
      return [group, { items, oldestAgeSeconds }] as const;
    });
    return {
      ...Object.fromEntries(SUMMARY_GROUPS.map((group) => [group, empty])),
      ...Object.fromEntries(counted),
    } as Record<SummaryGroup, SummaryCount>;
  }

  /** Items that failed so often that somebody should look. */
  async countAttention(): Promise<number> {
    const [row]: { count: number }[] = await this.dataSource.query(
      'SELECT count(*)::int AS count FROM sync_item WHERE attention AND finished_at IS NULL',
    );
    return row?.count ?? 0;
  }

  /** By reason, most items first. */
  async countStuck(): Promise<StuckCount[]> {
    const settings = await this.settings.current(this.dataSource.manager);
    const reason = stuckSql({ ...this.lists.factsOf(settings), now: '$1::timestamptz' });
    const rows: { reason: StuckReason; items: number }[] = await this.dataSource.query(
      `SELECT reason, count(*)::int AS items FROM (
         SELECT reason FROM (SELECT ${reason} AS reason FROM sync_item i WHERE i.finished_at IS NULL
           AND i.status NOT IN ('blocked', 'failed')) AS looked WHERE reason IS NOT NULL LIMIT ${MAX_STUCK + 1}) AS stuck
       GROUP BY 1 ORDER BY 2 DESC, 1`,
      [this.clock.now()],
    );
    const isLowerBound = rows.reduce((sum, { items }) => sum + items, 0) > MAX_STUCK;
    return rows.map((row) => ({ ...adviceOn(row.reason), items: row.items, isLowerBound }));
  }
}

/** The seed's sentence above the tabs. */
function messageOf(groups: Record<SummaryGroup, SummaryCount>): string {
  const { toSend, inFlight, waitingForCallback, held, delayed, blocked, failed } = groups;
  const open = toSend.items + inFlight.items + held.items + delayed.items;
  return (
    `${open} still have to be sent, ${waitingForCallback.items} wait for the shop's answer; ` +
    `${blocked.items} are blocked (mostly: products that are not created yet), ${failed.items} have failed.`
  );
}
