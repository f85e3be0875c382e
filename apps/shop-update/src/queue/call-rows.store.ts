import type { EntityManager } from 'typeorm';
import type { Settings } from '../shop-config/settings.js';
import type { BuiltPayload, ShopCall } from './shop-call.js';
import type { Topic } from './topics.js';

/** What a shop's answer may take beyond the times set, before its worker is held for dead. */
const LEASE_MARGIN_MS = 15_000;

/** A lane that had something to send, as it was noted. */
export interface ReadyLane {
  readonly id: number;
  readonly itemId: number;
  readonly configVersion: number;
  /** When it was taken, by the clock of the database. */
  readonly readAt: Date;
  /** The id of the request that may be made of all that were taken with it. One that is not used is missing in their row. */
  readonly callId: string;
}

/**
 * Takes lanes that are ready: nothing is noted with them any more, so that those which are not sent must be decided anew.
 * Lanes that others are at, or that were decided by newer settings, are left to others.
 */
export function claimLanes(
  manager: EntityManager,
  topic: Topic,
  limit: number,
  { version }: Pick<Settings, 'version'>,
): Promise<ReadyLane[]> {
  return manager.query(CLAIM_SQL, [topic, version, limit]);
}

/** By `sync_lane_ready_idx` alone, however many wait. */
export const CLAIM_SQL = `
  WITH noted AS MATERIALIZED (
    SELECT product_set_id AS id, ready_item_id AS "itemId", config_version AS "configVersion" FROM sync_lane
    WHERE ready_topic = $1 AND ready_at IS NOT NULL AND config_version <= $2
    ORDER BY ready_at, product_set_id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED),
  taken AS (
    UPDATE sync_lane SET ready_at = NULL, ready_item_id = NULL, ready_topic = NULL, sent_item_id = ready_item_id, config_version = $2
    WHERE product_set_id = ANY (ARRAY(SELECT id FROM noted)))
  SELECT noted.*, clock_timestamp() AS "readAt", (SELECT nextval('sync_request_id_seq')::text) AS "callId" FROM noted`;

/** Stores a call that is to be sent. */
export async function insertCall(
  manager: EntityManager,
  call: ShopCall,
  { sent }: BuiltPayload,
  {
    topic,
    worker,
    settings,
    now,
  }: { readonly topic: Topic; readonly worker: string; readonly settings: Settings; readonly now: Date },
): Promise<void> {
  const { connectSeconds, responseSeconds, ackSeconds, version, flow } = settings;
  const answerMs = 1_000 * (connectSeconds + (flow === 'synchronous' ? responseSeconds : ackSeconds));
  await manager.query(
    `WITH stored AS (
       INSERT INTO sync_call (id, flow, method, topic, payload, config_version, worker, created_at, lease_until)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9))
     INSERT INTO sync_call_item (call_id, position, item_id, fingerprint)
     SELECT $1, s.place - 1, s.item_id, s.fingerprint
     FROM unnest($10::bigint[], $11::text[]) WITH ORDINALITY AS s (item_id, fingerprint, place)`,
    [
      call.id,
      call.flow,
      call.method,
      topic,
      JSON.stringify(call.params),
      version,
      worker,
      now,
      new Date(now.getTime() + answerMs + LEASE_MARGIN_MS),
      sent.map(({ itemId }) => itemId),
      sent.map(({ fingerprint }) => fingerprint),
    ],
  );
}
