import { Clock } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { waitsFor } from '../queue/decide-lane.js';
import { viewLanes } from '../queue/lane.store.js';
import { ENDS, type Status } from '../queue/statuses.js';
import type { Settings } from '../shop-config/settings.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { type ItemConditions, REASON_SQL, toConditions } from './item-conditions.js';
import { decodeItemCursor, encodeItemCursor, type ItemPosition } from './item-cursor.js';
import { ITEM_JOINS, type ItemRow, type ItemsAnswer, type ItemView, itemColumns, toItemView } from './item-view.js';
import type { ItemFilter, ItemsQuery } from './items.query.js';
import { type StuckFacts, stuckSql } from './stuck.js';

/** Counted no further. */
const MAX_EXACT_TOTAL = 10_000;

/** The lists of items. */
@Injectable()
export class ItemLists {
  constructor(
    private readonly dataSource: DataSource,
    private readonly settings: ShopSettings,
    private readonly clock: Clock,
  ) {}

  async list(query: ItemsQuery): Promise<ItemsAnswer> {
    const { manager } = this.dataSource;
    const settings = await this.settings.current(manager);
    const facts = this.factsOf(settings);
    const conditions = await toConditions(manager, query, facts);
    const [ids, counted] = await Promise.all([
      this.readPage(conditions, query),
      this.count(conditions, MAX_EXACT_TOTAL + 1),
    ]);
    const page = ids.slice(0, query.pageSize);
    const last = page.at(-1);
    return {
      items: await this.show(
        manager,
        page.map(({ id }) => id),
        settings,
      ),
      total: Math.min(counted, MAX_EXACT_TOTAL),
      totalIsLowerBound: counted > MAX_EXACT_TOTAL,
      pageSize: query.pageSize,
      cursor: last && ids.length > query.pageSize ? encodeItemCursor(last) : null,
    };
  }

  /** Items that a filter chooses, counted up to `limit`. */
  async countChosen(filter: ItemFilter, limit: number): Promise<number> {
    const { manager } = this.dataSource;
    const facts = this.factsOf(await this.settings.current(manager));
    return this.count(await toConditions(manager, filter, facts), limit);
  }

  /** Items as they are listed, in the order of the ids given; those that are gone are left out. */
  async show(manager: EntityManager, ids: readonly number[], settings: Settings): Promise<ItemView[]> {
    if (ids.length === 0) return [];
    const stuck = stuckSql({ ...this.factsOf(settings), now: '$2::timestamptz' });
    const rows: ItemRow[] = await manager.query(
      `SELECT ${itemColumns(REASON_SQL, stuck)} FROM unnest($1::bigint[]) WITH ORDINALITY AS k (id, place)
       JOIN sync_item i ON i.id = k.id ${ITEM_JOINS} ORDER BY k.place`,
      [ids, this.clock.now()],
    );
    const predecessors = await findPredecessors(manager, rows, settings);
    return rows.map((row) => toItemView(row, predecessors.get(row.id)));
  }

  factsOf({ ackAgeWarnSeconds, responseSeconds, connectSeconds, ackSeconds }: Settings): StuckFacts {
    const callSeconds = connectSeconds + Math.max(responseSeconds, ackSeconds);
    return { now: this.clock.now(), callSeconds, ackAgeWarnSeconds };
  }

  private readPage(conditions: ItemConditions, query: ItemsQuery): Promise<ItemPosition[]> {
    const after = query.cursor === undefined ? undefined : decodeItemCursor(query.cursor);
    const { text, values } = pageStatement(conditions, query, after);
    return this.dataSource.query(text, values);
  }

  private async count({ statuses, where, values }: ItemConditions, limit: number): Promise<number> {
    const all = [`i.status = ANY ($${values.length + 1}::text[])`, finishedCondition(statuses), ...where];
    const [row]: { count: number }[] = await this.dataSource.query(
      `SELECT count(*)::int AS count FROM
         (SELECT FROM sync_item i WHERE ${all.join(' AND ')} LIMIT ${limit}) AS chosen`,
      [...values, statuses],
    );
    return row?.count ?? 0;
  }
}

/**
 * A part of the list by the order of an index. Each status is read by itself and in order, because one index holds them one
 * behind the other: read together, all rows of all of them would have to be sorted.
 */
function pageStatement(
  { statuses, where, values }: ItemConditions,
  { sort, pageSize }: ItemsQuery,
  after: ItemPosition | undefined,
): { text: string; values: unknown[] } {
  const bound = [...values];
  const bind = (value: unknown): string => `$${bound.push(value)}`;
  const isFinished = statuses.length > 0 && statuses.every(isEnd);
  const [direction, beyond] = sort === '-queuedAt' ? ['DESC', '<'] : ['ASC', '>'];
  const order = isFinished ? `i.finished_at ${direction}, i.id ${direction}` : `i.id ${direction}`;
  const behind =
    after &&
    (isFinished
      ? `(i.finished_at, i.id) ${beyond} (${bind(after.finishedAt)}::timestamptz, ${bind(after.id)}::bigint)`
      : `i.id ${beyond} ${bind(after.id)}::bigint`);
  const conditions = [finishedCondition(statuses), ...where, ...(behind ? [behind] : [])].join(' AND ');
  // A cursor keeps what the database knows: JavaScript would cut the microseconds off.
  const finishedAt = `to_char(i.finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "finishedAt"`;
  const rows = (status: string): string =>
    `SELECT i.id, i.finished_at FROM sync_item i WHERE ${status} AND ${conditions} ORDER BY ${order} LIMIT ${pageSize + 1}`;
  const statusList = `${bind(statuses)}::text[]`;
  const found = isFinished
    ? rows(`i.status = ANY (${statusList})`)
    : `SELECT i.* FROM unnest(${statusList}) AS each (status), LATERAL (${rows('i.status = each.status')}) AS i`;
  return {
    text: `SELECT i.id, ${finishedAt} FROM (${found}) AS i ORDER BY ${order} LIMIT ${pageSize + 1}`,
    values: bound,
  };
}

/** As the partial indexes state it. */
function finishedCondition(statuses: readonly Status[]): string {
  if (statuses.every(isEnd)) return 'i.finished_at IS NOT NULL';
  return statuses.some(isEnd) ? 'true' : 'i.finished_at IS NULL';
}

function isEnd(status: Status): boolean {
  return (ENDS as readonly Status[]).includes(status);
}

/** The item that each of these waits for in its lane. */
async function findPredecessors(
  manager: EntityManager,
  rows: readonly ItemRow[],
  settings: Settings,
): Promise<Map<number, number>> {
  const waiting = rows.filter(({ reason }) => reason === 'waiting_predecessor');
  if (waiting.length === 0) return new Map();
  const lanes = await viewLanes(manager, [...new Set(waiting.map(({ productSetId }) => productSetId))], settings);
  return new Map(
    waiting.flatMap(({ id, productSetId, productId, topic, status }) => {
      const item = { id, productId, topic, status, reason: null, availableAt: null };
      const first = waitsFor(item, lanes.get(productSetId) ?? [], settings);
      return first ? [[id, first.id] as const] : [];
    }),
  );
}
