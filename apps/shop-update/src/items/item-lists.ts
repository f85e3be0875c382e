import { inTransaction, plannedEachTime } from '@lockstep/database';
import { Clock, ProblemError, pageOffset } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { waitsFor } from '../queue/decide-lane.js';
import { viewLanes } from '../queue/lane.store.js';
import type { Settings } from '../shop-config/settings.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { type ItemConditions, REASON_SQL, toConditions } from './item-conditions.js';
import { decodeItemCursor, encodeItemCursor, type ItemPosition } from './item-cursor.js';
import {
  byKindStatement,
  countStatement,
  fewStatement,
  isByKind,
  MAX_EXACT_TOTAL,
  type Statement,
  sortedStatement,
  walkStatement,
} from './item-list-statements.js';
import { ITEM_JOINS, type ItemRow, type ItemsAnswer, type ItemView, itemColumns, toItemView } from './item-view.js';
import type { ItemsQuery } from './items.query.js';
import { type StuckFacts, stuckSql } from './stuck.js';

/** The lists of items. */
@Injectable()
export class ItemLists {
  constructor(
    private readonly dataSource: DataSource,
    private readonly settings: ShopSettings,
    private readonly clock: Clock,
  ) {}

  /** @throws ProblemError 400 `PAGE_TOO_DEEP`, `CURSOR_INVALID` */
  async list(query: ItemsQuery): Promise<ItemsAnswer> {
    if (query.cursor === undefined && pageOffset(query) + query.pageSize > MAX_EXACT_TOTAL) {
      const detail = `Pages reach ${MAX_EXACT_TOTAL} items; beyond them use the cursor of each answer.`;
      throw new ProblemError(400, 'PAGE_TOO_DEEP', detail);
    }
    const { manager } = this.dataSource;
    const settings = await this.settings.current(manager);
    const facts = this.factsOf(settings);
    const conditions = toConditions(query, facts);
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
      page: query.page,
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

  private readPage(conditions: ItemConditions, query: ItemsQuery, after: ItemPosition | undefined): Promise<ReadPage> {
    return inTransaction(this.dataSource, async (manager) => {
      await manager.query(FOR_LISTS);
      const run = <Row>({ text, values }: Statement): Promise<Row[]> => manager.query(plannedEachTime(text), values);
      return isByKind(conditions)
        ? readByKind(run, conditions, query, after)
        : readByConditions(run, conditions, query, after);
    });
  }
}

interface ReadPage {
  readonly total: number;
  readonly rows: ItemPosition[];
}

type Run = <Row>(statement: Statement) => Promise<Row[]>;

/** What lists read is mostly in memory, which the server does not reckon with by itself. */
const FOR_LISTS = "SET LOCAL random_page_cost = 1.1; SET LOCAL work_mem = '32MB'";

/** Nothing but the status, the topic and the time is asked for: an index counts them, and has them in their order. */
async function readByKind(
  run: Run,
  conditions: ItemConditions,
  query: ItemsQuery,
  after: ItemPosition | undefined,
): Promise<ReadPage> {
  const [row] = await run<{ total: number }>(countStatement(conditions));
  return { total: row?.total ?? 0, rows: await run<ItemPosition>(byKindStatement(conditions, query, after)) };
}

/**
 * Few are found: all of them are looked up, whatever index finds them, and sorted. Many are found: they are everywhere, so
 * that the first ones in the order of an index are soon there; where they are not, all are sorted after all.
 */
async function readByConditions(
  run: Run,
  conditions: ItemConditions,
  query: ItemsQuery,
  after: ItemPosition | undefined,
): Promise<ReadPage> {
  const [found] = await run<ReadPage>(fewStatement(conditions, query, after));
  if (found && found.total <= MAX_EXACT_TOTAL) return found;
  const total = MAX_EXACT_TOTAL + 1;
  const walked = walkStatement(conditions, query, after);
  const rows = walked ? await run<ItemPosition>(walked) : [];
  if (rows.length > query.pageSize) return { total, rows };
  return { total, rows: await run<ItemPosition>(sortedStatement(conditions, query, after)) };
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
