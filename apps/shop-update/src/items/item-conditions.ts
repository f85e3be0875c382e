import type { EntityManager } from 'typeorm';
import { ENDS, STATUSES, type Status } from '../queue/statuses.js';
import { type ItemReason, type ItemTab, TAB_STATUSES } from './item-labels.js';
import type { ItemFilter } from './items.query.js';
import { type StuckFacts, stuckSql } from './stuck.js';

/** A choice of items as SQL: all of it over `i` of `sync_item`. */
export interface ItemConditions {
  readonly statuses: readonly Status[];
  /** Without that of the status; as the planner can turn around, to begin with the few rows that meet one of them. */
  readonly where: readonly string[];
  /** The same, each asked of one item after the other. */
  readonly walking: readonly string[];
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
  const common = [...plainConditions(filter, bind), ...momentConditions(filter, facts, bind)];
  if (filter.sku !== undefined) common.push(await skuCondition(manager, filter.sku, bind));
  const [where, walking] = [[...common], [...common]];
  if (filter.sellerId !== undefined) {
    const seller = bind(filter.sellerId);
    where.push(`i.product_set_id IN (SELECT s.id FROM product_set s WHERE s.seller_id = ${seller})`);
    walking.push(`(SELECT s.seller_id FROM product_set s WHERE s.id = i.product_set_id) = ${seller}`);
  }
  return { statuses: statusesOf(filter), where, walking, values };
}

/** Statuses that the tab and the filter agree on; without either those of everything unfinished. */
function statusesOf({ tab, status, reason }: ItemFilter): Status[] {
  const ofTab: readonly Status[] = tab ? TAB_STATUSES[tab as ItemTab] : status ? STATUSES : UNFINISHED;
  const named = ofTab.filter((each) => !status || status.includes(each));
  if (!reason) return named;
  const ofReason = new Set(reason.map((each) => REASON_STATUSES[each as ItemReason]));
  return named.filter((each) => ofReason.has(each));
}

const UNFINISHED = STATUSES.filter((status) => !(ENDS as readonly Status[]).includes(status));

const REASON_STATUSES: Readonly<Record<ItemReason, Status>> = {
  ready: 'pending',
  waiting_predecessor: 'pending',
  retry: 'delayed',
  stock_hold: 'delayed',
  circuit_open: 'delayed',
  rate_limited: 'delayed',
  paused: 'delayed',
  no_src_id: 'blocked',
  set_incomplete: 'blocked',
  bad_response: 'blocked',
  src_id_conflict: 'blocked',
};

type Bind = (value: unknown) => string;

function plainConditions(filter: ItemFilter, bind: Bind): string[] {
  const { productSetId, productId, topic, reason, flow, requeueCountFrom, signature, attention } = filter;
  return [
    productSetId !== undefined && `i.product_set_id = ${bind(productSetId)}`,
    productId !== undefined && `i.product_id = ${bind(productId)}`,
    topic && `i.topic = ANY (${bind(topic)}::text[])`,
    reason && reasonCondition(reason, bind),
    flow && `i.request_id IS NOT NULL AND (SELECT c.flow FROM sync_call c WHERE c.id = i.request_id) = ${bind(flow)}`,
    requeueCountFrom !== undefined && `i.requeue_count >= ${bind(requeueCountFrom)}`,
    signature !== undefined && `i.error_signature = ${bind(signature)}`,
    attention !== undefined && (attention ? 'i.attention' : 'NOT i.attention'),
  ].filter((condition) => typeof condition === 'string');
}

/** One reason alone is said so that the planner can look the other way round: at the lanes that are ready. */
function reasonCondition(reasons: readonly string[], bind: Bind): string {
  const isReady =
    'EXISTS (SELECT FROM sync_lane l WHERE l.product_set_id = i.product_set_id AND l.ready_item_id = i.id)';
  const kept = reasons.filter((reason) => REASON_STATUSES[reason as ItemReason] !== 'pending');
  const parts = [
    ...(kept.length > 0 ? [`(i.status <> 'pending' AND i.reason = ANY (${bind(kept)}::text[]))`] : []),
    ...(reasons.includes('ready') ? [`(i.status = 'pending' AND ${isReady})`] : []),
    ...(reasons.includes('waiting_predecessor') ? [`(i.status = 'pending' AND NOT ${isReady})`] : []),
  ];
  return parts.length === 1 ? parts[0]! : `(${parts.join(' OR ')})`;
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
