import { BEING_SENT_SQL, listSql, ofStatusSql } from '../queue/indexed-status.js';
import { isEnd, STATUSES, type Status } from '../queue/statuses.js';
import { TOPICS, type Topic } from '../queue/topics.js';
import { ITEM_REASONS, type ItemReason, type ItemTab, TAB_STATUSES } from './item-labels.js';
import type { ItemFilter } from './items.query.js';
import { isStuckSql, type StuckFacts } from './stuck.js';

/** A choice of items as SQL: all of it over `i` of `sync_item`. */
export interface ItemConditions {
  /** Where to look for them, as the table `i`. */
  readonly source: string;
  readonly statuses: readonly Status[];
  readonly topics: readonly Topic[];
  /** When they were queued. */
  readonly moments: readonly string[];
  /** The others; as the planner can turn around, to begin with the few rows that meet one of them. */
  readonly where: readonly string[];
  /** The same, and what the source is narrowed to, each asked of one item of `sync_item` after the other. */
  readonly walking: readonly string[];
  readonly values: readonly unknown[];
}

/** No text of the caller becomes SQL. */
export function toConditions(filter: ItemFilter, facts: StuckFacts): ItemConditions {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const common = [...plainConditions(filter, bind), ...stuckCondition(filter, facts, bind)];
  const [where, walking] = [[...common], [...common]];
  const statuses = statusesOf(filter);
  let source = 'sync_item';
  if (filter.sku !== undefined) {
    const named = namedSql(bind(`${filter.sku.replaceAll(/[\\%_]/g, '\\$&')}%`));
    source = itemsOfProductsSql(named);
    walking.push(isOfProductSql(named));
  }
  if (filter.flow !== undefined) {
    const flow = bind(filter.flow);
    where.push(`i.request_id IN (SELECT c.id FROM sync_call c WHERE c.flow = ${flow})`);
    if (!statuses.some(isEnd)) where.push(`(i.was_called OR i.id = ANY (${BEING_SENT_SQL}))`);
    walking.push(`(SELECT c.flow FROM sync_call c WHERE c.id = i.request_id) = ${flow}`);
  }
  if (filter.reason) {
    where.push(reasonCondition(filter.reason, IS_READY_BY_ITEM));
    walking.push(reasonCondition(filter.reason, IS_READY));
  }
  if (filter.sellerId !== undefined) {
    const seller = bind(filter.sellerId);
    where.push(`i.product_set_id IN (SELECT s.id FROM product_set s WHERE s.seller_id = ${seller})`);
    walking.push(`(SELECT s.seller_id FROM product_set s WHERE s.id = i.product_set_id) = ${seller}`);
  }
  const topics = TOPICS.filter((topic) => !filter.topic || filter.topic.includes(topic));
  const moments = momentConditions(filter, facts, bind);
  return { source, statuses, topics, moments, where, walking, values };
}

/** What every item of the choice is, beside `where` and `moments`; no text of the caller's is in it. */
export function ofKindSql({ statuses, topics }: Pick<ItemConditions, 'statuses' | 'topics'>): string {
  const ofTopic = topics.length < TOPICS.length ? ` AND i.topic IN ${listSql(topics)}` : '';
  return plannedStatusSql(statuses) + ofTopic;
}

/** Says what an item is not where that is shorter: of eleven statuses the planner believes that they are a choice. */
function plannedStatusSql(statuses: readonly Status[]): string {
  const others = UNFINISHED.filter((status) => !statuses.includes(status));
  if (statuses.some(isEnd) || statuses.length <= others.length) return ofStatusSql(statuses);
  return `i.finished_at IS NULL${others.length > 0 ? ` AND i.status NOT IN ${listSql(others)}` : ''}`;
}

/** Statuses that the tab and the filter agree on; without either those of everything unfinished. */
function statusesOf({ tab, status, reason }: ItemFilter): Status[] {
  const ofTab: readonly Status[] = tab ? TAB_STATUSES[tab as ItemTab] : status ? STATUSES : UNFINISHED;
  const named = ofTab.filter((each) => !status || status.includes(each));
  if (!reason) return named;
  const ofReason = new Set(reason.map((each) => REASON_STATUSES[each as ItemReason]));
  return named.filter((each) => ofReason.has(each));
}

const UNFINISHED = STATUSES.filter((status) => !isEnd(status));

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
  const { productSetId, productId, requeueCountFrom, signature, attention } = filter;
  return [
    productSetId !== undefined && `i.product_set_id = ${bind(productSetId)}`,
    productId !== undefined && `i.product_id = ${bind(productId)}`,
    requeueCountFrom !== undefined && requeueCountFrom > 0 && `i.requeue_count >= ${bind(requeueCountFrom)}`,
    signature !== undefined && `i.error_signature = ${bind(signature)}`,
    attention !== undefined && (attention ? 'i.attention' : 'NOT i.attention'),
  ].filter((condition) => typeof condition === 'string');
}

/** An item is ready when it is its lane's turn: asked of the item, */
const IS_READY = '(SELECT l.ready_item_id FROM sync_lane l WHERE l.product_set_id = i.product_set_id) = i.id';
/** and of all lanes at once. */
const IS_READY_BY_ITEM = 'i.id IN (SELECT l.ready_item_id FROM sync_lane l WHERE l.ready_item_id IS NOT NULL)';

/** One reason alone is said so that the planner can look the other way round: at the lanes that are ready. */
function reasonCondition(reasons: readonly string[], isReady: string): string {
  const kept = ITEM_REASONS.filter((reason) => reasons.includes(reason) && REASON_STATUSES[reason] !== 'pending');
  const parts = [
    ...(kept.length > 0 ? [`(i.status <> 'pending' AND i.reason IN ${listSql(kept)})`] : []),
    ...(reasons.includes('ready') ? [`(i.status = 'pending' AND ${isReady})`] : []),
    ...(reasons.includes('waiting_predecessor') ? [`(i.status = 'pending' AND (${isReady}) IS NOT TRUE)`] : []),
  ];
  return parts.length === 1 ? parts[0]! : `(${parts.join(' OR ')})`;
}

/** A pending item is ready when it is its lane's turn. */
export const REASON_SQL = `(CASE WHEN i.status <> 'pending' THEN i.reason
  WHEN (SELECT l.ready_item_id FROM sync_lane l WHERE l.product_set_id = i.product_set_id) = i.id THEN 'ready'
  ELSE 'waiting_predecessor' END)`;

function momentConditions(
  { queuedFrom, queuedTo, minAgeSeconds }: ItemFilter,
  { now }: StuckFacts,
  bind: Bind,
): string[] {
  const latest = minAgeSeconds === undefined ? undefined : new Date(now.getTime() - minAgeSeconds * 1_000);
  return [
    queuedFrom && `i.queued_at >= ${bind(queuedFrom)}::timestamptz`,
    queuedTo && `i.queued_at <= ${bind(queuedTo)}::timestamptz`,
    latest && `i.queued_at <= ${bind(latest)}::timestamptz`,
  ].filter((condition) => typeof condition === 'string');
}

function stuckCondition({ stuck }: ItemFilter, facts: StuckFacts, bind: Bind): string[] {
  if (stuck === undefined) return [];
  return [`${isStuckSql({ ...facts, now: `${bind(facts.now)}::timestamptz` })} IS ${stuck ? '' : 'NOT '}TRUE`];
}

/** Products whose SKU, the seller's or the shop's, begins so; `beginning` is a pattern of LIKE. */
function namedSql(beginning: string): string {
  return `(p.seller_sku LIKE ${beginning} OR p.shop_sku LIKE ${beginning})`;
}

/** By the products: each of them has few items. */
function itemsOfProductsSql(isNamed: string): string {
  return `(SELECT j.* FROM product p JOIN sync_item j ON j.product_id = p.id WHERE ${isNamed}
    UNION ALL
    SELECT j.* FROM sync_item j
    WHERE j.product_id IS NULL AND j.product_set_id IN (SELECT p.product_set_id FROM product p WHERE ${isNamed}))`;
}

function isOfProductSql(isNamed: string): string {
  return `CASE WHEN i.product_id IS NOT NULL THEN (SELECT ${isNamed} FROM product p WHERE p.id = i.product_id)
    ELSE EXISTS (SELECT FROM product p WHERE p.product_set_id = i.product_set_id AND ${isNamed}) END`;
}
