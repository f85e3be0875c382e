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
import type { ItemsQuery } from './items.query.js';
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
    const after = query.cursor === undefined ? undefined : decodeItemCursor(query.cursor);
    const { total, rows } = await this.readPage(conditions, query, after);
    const page = rows.slice(0, query.pageSize);
    const last = page.at(-1);
    return {
      items: await this.show(
        manager,
        page.map(({ id }) => id),
        settings,
      ),
      total: Math.min(total, MAX_EXACT_TOTAL),
      totalIsLowerBound: total > MAX_EXACT_TOTAL,
      pageSize: query.pageSize,
      cursor: last && rows.length > query.pageSize ? encodeItemCursor(last) : null,
    };
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

  /**
   * Few are found: all of them are looked up, whatever index finds them, and sorted. Many are found: they are everywhere, so
   * that the first ones in the order of an index are soon there.
   */
  private async readPage(
    conditions: ItemConditions,
    query: ItemsQuery,
    after: ItemPosition | undefined,
  ): Promise<{ total: number; rows: ItemPosition[] }> {
    const few = fewStatement(conditions, query, after);
    const [found]: { total: number; rows: ItemPosition[] }[] = await this.dataSource.query(few.text, few.values);
    if (found && found.total <= MAX_EXACT_TOTAL) return found;
    const many = manyStatement(conditions, query, after);
    return { total: MAX_EXACT_TOTAL + 1, rows: await this.dataSource.query(many.text, many.values) };
  }
}

interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

// A cursor keeps what the database knows: JavaScript would cut the microseconds off.
const FINISHED_AT = `to_char(i.finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

function fewStatement(conditions: ItemConditions, query: ItemsQuery, after: ItemPosition | undefined): Statement {
  const { where, statuses } = conditions;
  const { bind, values, order, behind } = orderOf(conditions, query, after);
  const all = [`i.status = ANY (${bind(statuses)}::text[])`, finishedCondition(statuses), ...where];
  return {
    text: `
      WITH chosen AS MATERIALIZED (
        SELECT i.id, i.finished_at FROM sync_item i WHERE ${all.join(' AND ')} LIMIT ${MAX_EXACT_TOTAL + 1})
      SELECT (SELECT count(*)::int FROM chosen) AS total, coalesce(
        (SELECT json_agg(json_build_object('id', i.id, 'finishedAt', ${FINISHED_AT}) ORDER BY ${order})
         FROM (SELECT i.* FROM chosen i ${behind ? `WHERE ${behind}` : ''} ORDER BY ${order} LIMIT ${query.pageSize + 1}) AS i),
        '[]') AS rows`,
    values,
  };
}

/**
 * By the order of an index. Where only the status is asked for, each is read by itself, because one index holds them one behind
 * the other: read together, all rows of all of them would have to be sorted. Otherwise items are walked over in their order:
 * of a status by itself perhaps none meets the conditions, and it would be walked over to its end.
 */
function manyStatement(conditions: ItemConditions, query: ItemsQuery, after: ItemPosition | undefined): Statement {
  const { walking, statuses } = conditions;
  const { bind, values, order, behind } = orderOf(conditions, query, after);
  const all = [finishedCondition(statuses), ...walking, ...(behind ? [behind] : [])].join(' AND ');
  const limit = `LIMIT ${query.pageSize + 1}`;
  const rows = (status: string): string =>
    `SELECT i.id, i.finished_at FROM sync_item i WHERE ${status} AND ${all} ORDER BY ${order} ${limit}`;
  // Statuses are a closed list of ours; as text of the statement they tell the planner which of them are rare.
  const found =
    walking.length === 0
      ? statuses.map((status) => `(${rows(`i.status = '${status}'`)})`).join(' UNION ALL ')
      : rows(`i.status = ANY (${bind(statuses)}::text[])`);
  return {
    text: `SELECT i.id, ${FINISHED_AT} AS "finishedAt" FROM (${found}) AS i ORDER BY ${order} ${limit}`,
    values,
  };
}

/** The order of a list, and the condition of what is behind a position in it. */
function orderOf(
  { statuses, values: given }: ItemConditions,
  { sort }: ItemsQuery,
  after: ItemPosition | undefined,
): { bind: (value: unknown) => string; values: unknown[]; order: string; behind: string | undefined } {
  const values = [...given];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const isFinished = statuses.length > 0 && statuses.every(isEnd);
  const [direction, beyond] = sort === '-queuedAt' ? ['DESC', '<'] : ['ASC', '>'];
  const order = isFinished ? `i.finished_at ${direction}, i.id ${direction}` : `i.id ${direction}`;
  if (!after) return { bind, values, order, behind: undefined };
  const behind = isFinished
    ? `(i.finished_at, i.id) ${beyond} (${bind(after.finishedAt)}::timestamptz, ${bind(after.id)}::bigint)`
    : `i.id ${beyond} ${bind(after.id)}::bigint`;
  return { bind, values, order, behind };
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
