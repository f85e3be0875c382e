import type { EntityManager } from 'typeorm';
import type { CalledItem } from '../queue/shop-call.js';
import type { Flow, ShopMethod, Topic } from '../queue/topics.js';
import { toHeaders } from '../shop/call-headers.js';
import type { Settings } from '../shop-config/settings.js';
import { diffPayload, payloadAt } from './diff-payload.js';
import type { AttemptView, PayloadDiffView } from './item-detail.answer.js';

/** Attempts that are shown, the latest of them. */
const MAX_ATTEMPTS = 50;

interface CallRow {
  readonly id: string;
  readonly flow: Flow;
  readonly method: ShopMethod;
  readonly topic: Topic;
  readonly payload: unknown;
  readonly position: number;
  readonly itemIds: readonly number[];
  readonly createdAt: Date;
  readonly ackedAt: Date | null;
  readonly respondedAt: Date | null;
  readonly httpStatus: number | null;
  readonly outcome: string;
  readonly errorReason: string | null;
  readonly error: string | null;
  readonly itemOutcome: string | null;
  readonly itemError: string | null;
  /** When the item had last come into line before this call, and how often it had come again. */
  readonly enteredAt: Date | null;
  readonly requeueCount: number;
  readonly callbacks: readonly { readonly receivedAt: string; readonly verdict: string; readonly body: unknown }[];
}

const CALLS_SQL = `
  SELECT c.id::text AS id, c.flow, c.method, c.topic, c.payload, k.position, c.created_at AS "createdAt",
    c.acked_at AS "ackedAt", c.responded_at AS "respondedAt", c.http_status AS "httpStatus", c.outcome,
    c.error_reason AS "errorReason", c.error, c.item_outcomes[k.position + 1] AS "itemOutcome",
    c.item_errors[k.position + 1] AS "itemError",
    ARRAY(SELECT o.item_id FROM sync_call_item o WHERE o.call_id = c.id ORDER BY o.position) AS "itemIds",
    (SELECT max(e.at) FROM sync_item_move e
     WHERE e.item_id = $1 AND e.to_status = 'pending' AND e.at <= c.created_at) AS "enteredAt",
    (SELECT count(*)::int FROM sync_item_move e
     WHERE e.item_id = $1 AND e.to_status = 'pending' AND e.cause = ANY ($3) AND e.at <= c.created_at) AS "requeueCount",
    (SELECT coalesce(json_agg(json_build_object('receivedAt', b.received_at, 'verdict', b.verdict, 'body', b.body)
       ORDER BY b.id), '[]') FROM callback_inbox b WHERE b.request_id = c.id::text) AS callbacks
  FROM sync_call_item k JOIN sync_call c ON c.id = k.call_id
  WHERE k.item_id = $1 ORDER BY c.id DESC LIMIT $2`;

/** Transitions by which an item comes into line another time. */
const REQUEUES = ['21', '24', '26', '27', '38'];

/** What was said to the shop about an item and what it answered, the latest first; no more than `most`. */
export async function readAttempts(
  manager: EntityManager,
  itemId: number,
  settings: Settings,
  most = MAX_ATTEMPTS,
): Promise<AttemptView[]> {
  const rows: CallRow[] = await manager.query(CALLS_SQL, [itemId, most, REQUEUES]);
  return rows.map((row) => toAttempt(row, settings));
}

function toAttempt(row: CallRow, settings: Settings): AttemptView {
  const { createdAt, ackedAt, respondedAt } = row;
  const end = respondedAt ?? ackedAt;
  return {
    requestId: row.id,
    flow: row.flow,
    method: row.method,
    headers: toHeaders({ flow: row.flow, items: row.itemIds.map((id) => toCalledItem(row, id)) }, settings),
    request: payloadAt(row.payload, row.position, row.itemIds.length),
    itemsOfCall: row.itemIds.length,
    sentAt: createdAt.toISOString(),
    acknowledgedAt: ackedAt?.toISOString() ?? null,
    respondedAt: respondedAt?.toISOString() ?? null,
    ackMs: ackedAt ? ackedAt.getTime() - createdAt.getTime() : null,
    durationMs: end ? end.getTime() - createdAt.getTime() : null,
    httpStatus: row.httpStatus,
    outcome: row.outcome,
    errorReason: row.errorReason,
    error: row.itemError ?? row.error,
    itemOutcome: row.itemOutcome,
    response: null,
    callbacks: row.callbacks.map(({ receivedAt, verdict, body }) => ({
      receivedAt: new Date(receivedAt).toISOString(),
      verdict,
      body,
    })),
  };
}

function toCalledItem({ topic, requeueCount, enteredAt, createdAt }: CallRow, itemId: number): CalledItem {
  const enqueuedAtNs = String(BigInt((enteredAt ?? createdAt).getTime()) * 1_000_000n);
  return { itemId, productSetId: 0, productId: null, topic, requeueCount, enqueuedAtNs };
}

interface OfTopic {
  readonly id: number;
  readonly productSetId: number;
  readonly productId: number | null;
  readonly topic: Topic;
}

/** What is said about an item, beside what the shop has. */
export async function readDiff(manager: EntityManager, item: OfTopic, request: unknown): Promise<PayloadDiffView> {
  const synced = await readLastSynced(manager, item);
  return {
    lastSyncedItemId: synced?.itemId ?? null,
    lastSyncedAt: synced?.at.toISOString() ?? null,
    changes: diffPayload(synced?.payload ?? {}, request ?? {}),
  };
}

/** What was last said about the same product and topic and was done; undefined when nothing was. */
async function readLastSynced(
  manager: EntityManager,
  item: OfTopic,
): Promise<{ readonly itemId: number; readonly at: Date; readonly payload: unknown } | undefined> {
  const isOfProduct = item.productId !== null;
  const [row]: { itemId: number; at: Date; payload: unknown; position: number; items: number }[] = await manager.query(
    `SELECT i.id AS "itemId", i.finished_at AS at, c.payload, k.position,
       (SELECT count(*)::int FROM sync_call_item o WHERE o.call_id = c.id) AS items
     FROM sync_item i JOIN sync_call c ON c.id = i.request_id
     JOIN sync_call_item k ON k.call_id = c.id AND k.item_id = i.id
     WHERE ${isOfProduct ? 'i.product_id = $1' : 'i.product_set_id = $1 AND i.product_id IS NULL'}
       AND i.topic = $2 AND i.status = 'synced' AND i.id <> $3 ORDER BY i.id DESC LIMIT 1`,
    [item.productId ?? item.productSetId, item.topic, item.id],
  );
  return row && { itemId: row.itemId, at: row.at, payload: payloadAt(row.payload, row.position, row.items) };
}
