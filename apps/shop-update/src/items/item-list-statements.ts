import { pageOffset } from '@lockstep/service';
import { listSql, ofStatusSql } from '../queue/indexed-status.js';
import { isEnd } from '../queue/statuses.js';
import { type ItemConditions, ofKindSql } from './item-conditions.js';
import type { ItemPosition } from './item-cursor.js';
import type { ItemsQuery } from './items.query.js';

/** Counted no further. */
export const MAX_EXACT_TOTAL = 10_000;

/** Items that are looked at one by one before all that meet the conditions are sorted. */
const WALKED = 20_000;

export interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

/** How a list is sorted, and where its part begins. */
interface Order {
  readonly by: string;
  /** What is sorted by, as a cursor keeps it: JavaScript would cut the microseconds off. */
  readonly at: string;
  /** As the partial index of the order states it; none where there is no such index. */
  readonly indexed: string | undefined;
  /** The condition of what is behind the cursor. */
  readonly behind: readonly string[];
  readonly limit: number;
  readonly offset: number;
}

/**
 * Whether `sync_item_kind_idx` knows all that is asked for, and the order too. What has finished is listed by the time at which
 * it did, which it does not know.
 */
export function isByKind({ statuses, where, walking }: ItemConditions): boolean {
  return where.length === 0 && walking.length === 0 && !(statuses.length > 0 && statuses.every(isEnd));
}

/** How many there are, up to one more than are counted: in the index alone. */
export function countStatement({ statuses, topics, moments, values }: ItemConditions): Statement {
  // Said of all statuses by their names, so that the table itself need not be looked at, but for what is sent to be left out.
  const all = [ofStatusSql(statuses), `i.topic IN ${listSql(topics)}`, ...moments].join(' AND ');
  return {
    text: `SELECT count(*)::int AS total FROM (SELECT FROM sync_item i WHERE ${all} LIMIT ${MAX_EXACT_TOTAL + 1}) AS c`,
    values: [...values],
  };
}

/** Each kind is read by itself, because they stand one behind the other in the index: read together, all would be sorted. */
export function byKindStatement(
  conditions: ItemConditions,
  query: ItemsQuery,
  after: ItemPosition | undefined,
): Statement {
  const values = [...conditions.values];
  const order = orderOf(conditions, query, after, values);
  const { statuses, topics, moments } = conditions;
  const rows = statuses.flatMap((status) =>
    topics.map((topic) => {
      const all = [ofStatusSql([status]), `i.topic IN ${listSql([topic])}`, ...moments, ...order.behind].join(' AND ');
      return `(SELECT i.id, i.queued_at FROM sync_item i WHERE ${all}
        ORDER BY ${order.by} LIMIT ${order.offset + order.limit})`;
    }),
  );
  const none = 'SELECT id, queued_at FROM sync_item WHERE false';
  return { text: part(rows.join(' UNION ALL ') || none, order), values };
}

/** How many there are, up to one more than are counted, and a part of them: right when no more than that are found. */
export function fewStatement(
  conditions: ItemConditions,
  query: ItemsQuery,
  after: ItemPosition | undefined,
): Statement {
  const values = [...conditions.values];
  const { by, at, behind, limit, offset, indexed } = orderOf(conditions, query, after, values);
  return {
    text: `
      WITH chosen AS MATERIALIZED (${chosen(conditions, indexed)} LIMIT ${MAX_EXACT_TOTAL + 1})
      SELECT (SELECT count(*)::int FROM chosen) AS total, coalesce(
        (SELECT json_agg(json_build_object('id', i.id, 'at', ${at}) ORDER BY ${by})
         FROM (SELECT i.* FROM chosen i WHERE ${[...behind, 'true'].join(' AND ')}
               ORDER BY ${by} LIMIT ${limit} OFFSET ${offset}) AS i),
        '[]') AS rows`,
    values,
  };
}

/** A part of the list, in the order of an index, as far as it is found some way along; none where there is no such index. */
export function walkStatement(
  conditions: ItemConditions,
  query: ItemsQuery,
  after: ItemPosition | undefined,
): Statement | undefined {
  const values = [...conditions.values];
  const order = orderOf(conditions, query, after, values);
  if (!order.indexed) return undefined;
  const { moments, walking } = conditions;
  const inOrder = [order.indexed, ...moments, ...order.behind].join(' AND ');
  const rows = `SELECT i.* FROM (SELECT i.* FROM sync_item i WHERE ${inOrder} ORDER BY ${order.by} LIMIT ${WALKED}) AS i
    WHERE ${[ofKindSql(conditions), ...walking].join(' AND ')}`;
  return { text: part(rows, order), values };
}

/** A part of the list: all of it is looked up and sorted. */
export function sortedStatement(
  conditions: ItemConditions,
  query: ItemsQuery,
  after: ItemPosition | undefined,
): Statement {
  const values = [...conditions.values];
  const order = orderOf(conditions, query, after, values);
  const all = [chosen(conditions, order.indexed), ...order.behind].join(' AND ');
  // By itself, so that the wish for few does not let the planner walk again.
  return { text: `WITH chosen AS MATERIALIZED (${all}) ${part('SELECT * FROM chosen', order)}`, values };
}

function chosen(conditions: ItemConditions, indexed = 'true'): string {
  const { source, moments, where } = conditions;
  const all = [ofKindSql(conditions), indexed, ...moments, ...where].join(' AND ');
  return `SELECT i.id, i.queued_at, i.finished_at FROM ${source} i WHERE ${all}`;
}

function part(found: string, { at, by, limit, offset }: Order): string {
  return `SELECT i.id, ${at} AS at FROM (${found}) AS i ORDER BY ${by} LIMIT ${limit} OFFSET ${offset}`;
}

function orderOf(
  { statuses }: ItemConditions,
  query: ItemsQuery,
  after: ItemPosition | undefined,
  values: unknown[],
): Order {
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const isFinished = statuses.length > 0 && statuses.every(isEnd);
  const column = isFinished ? 'i.finished_at' : 'i.queued_at';
  const [direction, beyond] = query.sort === '-queuedAt' ? ['DESC', '<'] : ['ASC', '>'];
  const isMixed = !isFinished && statuses.some(isEnd);
  return {
    by: `${column} ${direction}, i.id ${direction}`,
    at: `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
    indexed: isMixed ? undefined : `i.finished_at IS ${isFinished ? 'NOT NULL' : 'NULL'}`,
    behind: after ? [`(${column}, i.id) ${beyond} (${bind(after.at)}::timestamptz, ${bind(after.id)}::bigint)`] : [],
    limit: query.pageSize + 1,
    offset: after ? 0 : pageOffset(query),
  };
}
