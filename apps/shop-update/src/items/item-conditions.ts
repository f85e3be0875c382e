import type { EntityManager } from 'typeorm';
import { ENDS, STATUSES, type Status } from '../queue/statuses.js';
import { type ItemTab, TAB_STATUSES } from './item-labels.js';
import type { ItemFilter } from './items.query.js';
import { type StuckFacts, stuckSql } from './stuck.js';

/** A choice of items as SQL: all of it over `i` of `sync_item`. */
export interface ItemConditions {
  readonly statuses: readonly Status[];
  /** Without that of the status. */
  readonly where: readonly string[];
  readonly values: readonly unknown[];
}

/** More products than this are not listed by their ids: an item's product is looked at instead. */
const MAX_LISTED_PRODUCTS = 2_000;

/** Reads what a beginning of a SKU means, and writes the rest down. No text of the caller becomes SQL. */
export async function toConditions(
  manager: EntityManager,
  filter: ItemFilter,
  facts: StuckFacts,
): Promise<ItemConditions> {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const where = [...plainConditions(filter, bind), ...momentConditions(filter, facts, bind)];
  if (filter.sku !== undefined) where.push(await skuCondition(manager, filter.sku, bind));
  return { statuses: statusesOf(filter), where, values };
}

/** Statuses that the tab and the filter agree on; without either those of everything unfinished. */
export function statusesOf({ tab, status, reason }: ItemFilter): Status[] {
  const ofTab: readonly Status[] = tab ? TAB_STATUSES[tab as ItemTab] : status ? STATUSES : UNFINISHED;
  const named = ofTab.filter((each) => !status || status.includes(each));
  return reason ? named.filter((each) => STATUSES_WITH_REASON.includes(each)) : named;
}

const UNFINISHED = STATUSES.filter((status) => !(ENDS as readonly Status[]).includes(status));
const STATUSES_WITH_REASON: readonly Status[] = ['pending', 'delayed', 'blocked'];

type Bind = (value: unknown) => string;

function plainConditions(filter: ItemFilter, bind: Bind): string[] {
  const { productSetId, productId, sellerId, topic, reason, flow, requeueCountFrom, signature, attention } = filter;
  return [
    productSetId !== undefined && `i.product_set_id = ${bind(productSetId)}`,
    productId !== undefined && `i.product_id = ${bind(productId)}`,
    sellerId !== undefined &&
      `i.product_set_id IN (SELECT s.id FROM product_set s WHERE s.seller_id = ${bind(sellerId)})`,
    topic && `i.topic = ANY (${bind(topic)}::text[])`,
    reason && `${REASON_SQL} = ANY (${bind(reason)}::text[])`,
    flow && `i.request_id IS NOT NULL AND (SELECT c.flow FROM sync_call c WHERE c.id = i.request_id) = ${bind(flow)}`,
    requeueCountFrom !== undefined && `i.requeue_count >= ${bind(requeueCountFrom)}`,
    signature !== undefined && `i.error_signature = ${bind(signature)}`,
    attention !== undefined && (attention ? 'i.attention' : 'NOT i.attention'),
  ].filter((condition) => typeof condition === 'string');
}

/** A pending item is ready when it is its lane's turn. */
export const REASON_SQL = `(CASE WHEN i.status <> 'pending' THEN i.reason
  WHEN (SELECT l.ready_item_id FROM sync_lane l WHERE l.product_set_id = i.product_set_id) = i.id THEN 'ready'
  ELSE 'waiting_predecessor' END)`;

function momentConditions(filter: ItemFilter, facts: StuckFacts, bind: Bind): string[] {
  const { queuedFrom, queuedTo, minAgeSeconds, stuck } = filter;
  const latest = minAgeSeconds === undefined ? undefined : new Date(facts.now.getTime() - minAgeSeconds * 1_000);
  return [
    queuedFrom && `i.queued_at >= ${bind(queuedFrom)}::timestamptz`,
    queuedTo && `i.queued_at <= ${bind(queuedTo)}::timestamptz`,
    latest && `i.queued_at <= ${bind(latest)}::timestamptz`,
    stuck !== undefined &&
      `${stuckSql({ ...facts, now: `${bind(facts.now)}::timestamptz` })} IS ${stuck ? 'NOT NULL' : 'NULL'}`,
  ].filter((condition) => typeof condition === 'string');
}

async function skuCondition(manager: EntityManager, sku: string, bind: Bind): Promise<string> {
  const beginning = `${sku.replaceAll(/[\\%_]/g, '\\$&')}%`;
  const rows: { id: number; setId: number }[] = await manager.query(
    `SELECT p.id, p.product_set_id AS "setId" FROM product p
     WHERE p.seller_sku LIKE $1 OR p.shop_sku LIKE $1 LIMIT ${MAX_LISTED_PRODUCTS + 1}`,
    [beginning],
  );
  if (rows.length <= MAX_LISTED_PRODUCTS) {
    const [ids, setIds] = [rows.map(({ id }) => id), rows.map(({ setId }) => setId)];
    return `(i.product_id = ANY (${bind(ids)}::bigint[])
      OR (i.product_set_id = ANY (${bind(setIds)}::bigint[]) AND i.product_id IS NULL))`;
  }
  const like = bind(beginning);
  return `EXISTS (SELECT FROM product p WHERE (p.seller_sku LIKE ${like} OR p.shop_sku LIKE ${like})
    AND (p.id = i.product_id OR (i.product_id IS NULL AND p.product_set_id = i.product_set_id)))`;
}
