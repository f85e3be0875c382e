import type { Last } from '@lockstep/database';
import type { EntityManager } from 'typeorm';
import type { Settings } from '../shop-config/settings.js';
import { decideLane, type LaneItem } from './decide-lane.js';
import { type Item, readItems } from './item.js';
import { Journal } from './journal.js';

/** The channel on which workers hear that a lane has something to send. PostgreSQL's channels are one list for the whole database. */
export function queueChannel(schema: string): string {
  return `${schema}.shop_queue`;
}

interface LaneRow extends LaneItem {
  readonly productSetId: number;
}

const LANE_ITEM = 'id, product_id AS "productId", topic, status, reason, available_at AS "availableAt"';

/**
 * First of each kind that can decide about the lane, and nothing else of it. Most lanes have one item, or none: these are
 * found by one look. The line is asked for as a range of lanes, so that its order can be that of `sync_item_line_idx` only: by
 * its id alone the planner may look for the first one among all items there are.
 */
export const VIEW_SQL = `
  SELECT DISTINCT l.id AS "productSetId", found.*
  FROM unnest($1::bigint[]) AS l (id),
  LATERAL (SELECT count(*) AS items FROM (
    SELECT FROM sync_item WHERE product_set_id = l.id AND finished_at IS NULL ORDER BY id LIMIT 2) AS first) AS has,
  LATERAL (
    (SELECT ${LANE_ITEM} FROM sync_item WHERE has.items = 1 AND product_set_id = l.id AND finished_at IS NULL ORDER BY id LIMIT 1)
    UNION ALL
    (SELECT ${LANE_ITEM} FROM sync_item WHERE has.items > 1
     AND id = (SELECT sent_item_id FROM sync_lane WHERE product_set_id = l.id)
     AND status IN ('processing', 'building_request_payload', 'made_request'))
    UNION ALL
    (SELECT ${LANE_ITEM} FROM sync_item WHERE has.items > 1 AND product_set_id = l.id
     AND indexed_status IN ('got_acknowledgment', 'got_response', 'building_response_payload', 'response_processing') LIMIT 1)
    UNION ALL
    (SELECT ${LANE_ITEM} FROM sync_item WHERE has.items > 1 AND product_set_id = l.id AND finished_at IS NULL
     AND topic IN ('new_product_set', 'new_product') AND status NOT IN ('blocked', 'failed') ORDER BY id LIMIT $2)
    UNION ALL
    (SELECT ${LANE_ITEM} FROM sync_item WHERE has.items > 1 AND product_set_id BETWEEN l.id AND l.id
     AND (indexed_status = 'pending' OR (indexed_status = 'delayed' AND reason <> 'stock_hold'))
     AND status NOT IN ('processing', 'building_request_payload', 'made_request')
     AND topic NOT IN ('new_product_set', 'new_product') ORDER BY product_set_id, id LIMIT 1)
    UNION ALL
    (SELECT ${LANE_ITEM} FROM sync_item WHERE has.items > 1 AND $3 AND product_set_id = l.id AND indexed_status = 'failed'
     AND finished_at IS NULL ORDER BY id LIMIT 1)
  ) AS found
  ORDER BY l.id, found.id`;

/** More unfinished creations of one lane than this change nothing any more. */
const CREATES_LOOKED_AT = 20;

/**
 * Locks lanes in the order of their ids, so that nobody waits in a ring; those that are not there are made. Whoever adds or
 * moves items does this first, after rows of the catalogue, and settles the lanes afterwards.
 */
export async function lockLanes(manager: EntityManager, productSetIds: readonly number[]): Promise<void> {
  const ids = [...new Set(productSetIds)];
  if (ids.length === 0) return;
  await manager.query(
    'INSERT INTO sync_lane (product_set_id) SELECT id FROM unnest($1::bigint[]) AS s (id) ORDER BY id ON CONFLICT DO NOTHING',
    [ids],
  );
  await lockKnownLanes(manager, ids);
}

/** As {@link lockLanes} for lanes that are there, because they have items. */
export async function lockKnownLanes(manager: EntityManager, productSetIds: readonly number[]): Promise<void> {
  await manager.query(LOCK_LANES_SQL('$1'), [productSetIds]);
}

/** `ids`: the parameter that holds them. */
export const LOCK_LANES_SQL = (ids: string): string =>
  `SELECT product_set_id FROM sync_lane WHERE product_set_id = ANY (${ids}::bigint[]) ORDER BY product_set_id FOR UPDATE`;

/**
 * Decides anew what each of these lanes, which the caller has locked, sends next; wakes workers when there is something.
 * `last`: what is written is handed over to it, and not waited for.
 */
export async function settleLanes(
  manager: EntityManager,
  productSetIds: readonly number[],
  settings: Settings,
  now: Date,
  last?: Last,
): Promise<void> {
  const ready: { id: number; item: LaneItem | null }[] = [];
  for (let open = [...new Set(productSetIds)]; open.length > 0; ) {
    const lanes = await viewLanes(manager, open, settings);
    const paused: number[] = [];
    for (const id of open) {
      const decision = decideLane(lanes.get(id) ?? [], settings);
      if (decision.kind === 'paused') paused.push(decision.item.id);
      else ready.push({ id, item: decision.kind === 'ready' ? decision.item : null });
    }
    // With it out of the way another one of the lane may be free.
    open = paused.length > 0 ? await pauseItems(manager, paused, now) : [];
  }
  const written = writeReady(manager, ready, settings.version, now);
  if (last) last(written);
  else await written;
}

/** Which of these lanes, whose notes were made by other settings, send by the settings given what is noted. */
export async function confirmReady(
  manager: EntityManager,
  noted: readonly { readonly id: number; readonly itemId: number }[],
  settings: Settings,
): Promise<ReadonlySet<number>> {
  if (noted.length === 0) return new Set();
  const lanes = await viewLanes(
    manager,
    noted.map(({ id }) => id),
    settings,
  );
  const confirmed = noted.filter(({ id, itemId }) => {
    const decision = decideLane(lanes.get(id) ?? [], settings);
    return decision.kind === 'ready' && decision.item.id === itemId;
  });
  return new Set(confirmed.map(({ id }) => id));
}

/** What decides about these lanes, by lane: all that `decideLane` need be given. */
export async function viewLanes(
  manager: EntityManager,
  productSetIds: readonly number[],
  { failedBlocksLane }: Pick<Settings, 'failedBlocksLane'>,
): Promise<Map<number, LaneItem[]>> {
  const rows: LaneRow[] = await manager.query(VIEW_SQL, [productSetIds, CREATES_LOOKED_AT, failedBlocksLane]);
  const lanes = new Map<number, LaneItem[]>();
  for (const { productSetId, ...item } of rows) {
    const lane = lanes.get(productSetId);
    if (lane) lane.push(item);
    else lanes.set(productSetId, [item]);
  }
  return lanes;
}

/** Answers the lanes of the items that wait now for the end of the pause. */
async function pauseItems(manager: EntityManager, itemIds: readonly number[], now: Date): Promise<number[]> {
  const items: Item[] = await readItems(manager, 'i.id = ANY ($1::bigint[])', [itemIds]);
  const journal = new Journal(now);
  for (const item of items) journal.take(item, '33', { status: 'delayed', reason: 'paused' });
  await journal.write(manager);
  return items.map(({ productSetId }) => productSetId);
}

async function writeReady(
  manager: EntityManager,
  lanes: readonly { id: number; item: LaneItem | null }[],
  configVersion: number,
  now: Date,
): Promise<void> {
  if (lanes.length === 0) return;
  const noted = manager.query(
    `UPDATE sync_lane l
     SET ready_item_id = s.item_id, ready_topic = s.topic, config_version = $4,
         ready_at = CASE WHEN s.item_id IS NULL THEN NULL WHEN l.ready_item_id = s.item_id THEN coalesce(l.ready_at, $5) ELSE $5 END
     FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS s (id, item_id, topic)
     WHERE l.product_set_id = s.id
       AND (l.ready_item_id, l.config_version) IS DISTINCT FROM (s.item_id, $4::bigint)`,
    [
      lanes.map(({ id }) => id),
      lanes.map(({ item }) => item?.id ?? null),
      lanes.map(({ item }) => item?.topic ?? null),
      configVersion,
      now,
    ],
  );
  // Sent with the commit, and once for many of one transaction.
  const isAny = lanes.some(({ item }) => item !== null);
  await Promise.all([noted, isAny && manager.query("SELECT pg_notify(current_schema() || '.shop_queue', '')")]);
}
