import { inTransaction } from '@lockstep/database';
import type { DataSource } from 'typeorm';

/** Columns of an item that a test states; the rest is as of a new one. */
export interface GivenItem {
  readonly productSetId?: number;
  readonly productId?: number | null;
  readonly topic?: string;
  readonly status?: string;
  readonly reason?: string | null;
  /** Seconds before now. */
  readonly ageSeconds?: number;
  readonly availableInSeconds?: number | null;
  readonly retryNo?: number;
  readonly requeueCount?: number;
  readonly failures?: number;
  readonly attention?: boolean;
  readonly lastError?: string | null;
  readonly signature?: string | null;
  readonly requestId?: number | null;
  readonly blockedBy?: object | null;
  readonly unapplied?: object | null;
  readonly merged?: number;
}

const FINISHED = ['synced', 'superseded', 'cancelled'];

/** Puts an item where it is wanted, past all rules; answers its id. */
export async function givenItem(dataSource: DataSource, given: GivenItem): Promise<number> {
  const { productSetId = 11, productId = 101, topic = 'content', status = 'pending', ageSeconds = 0 } = given;
  const [row]: { id: number }[] = await dataSource.query(
    `INSERT INTO sync_item (product_set_id, product_id, topic, status, reason, queued_at, enqueued_at_ns, available_at,
       hold_until, retry_no, requeue_count, failures, failed_at, attention, last_error, error_signature, request_id,
       blocked_by, unapplied, merged, finished_at)
     SELECT $1, $2, $3, $4, $5, moment, extract(epoch FROM moment) * 1000000000, due, CASE WHEN $5 = 'stock_hold' THEN due END,
       $8, $9, $10, CASE WHEN $4 = 'failed' THEN now() END, $11, $12, $13, $14, $15, $16,
       $17, CASE WHEN $4 = ANY ($18) THEN now() END
     FROM (SELECT now() - $6 * interval '1 second' AS moment, now() + $7 * interval '1 second' AS due) AS times RETURNING id`,
    [
      productSetId,
      productId,
      topic,
      status,
      given.reason ?? null,
      ageSeconds,
      given.availableInSeconds ?? null,
      given.retryNo ?? 0,
      given.requeueCount ?? 0,
      given.failures ?? 0,
      given.attention ?? false,
      given.lastError ?? null,
      given.signature ?? null,
      given.requestId ?? null,
      given.blockedBy ? JSON.stringify(given.blockedBy) : null,
      given.unapplied ? JSON.stringify(given.unapplied) : null,
      given.merged ?? 0,
      FINISHED,
    ],
  );
  return row!.id;
}

/** A call that carried items, with what came of it. */
export async function givenCall(
  dataSource: DataSource,
  call: {
    readonly itemIds: readonly number[];
    readonly topic?: string;
    readonly method?: string;
    readonly flow?: string;
    readonly outcome?: string;
    readonly ageSeconds?: number;
    readonly ackMs?: number;
    readonly answerMs?: number;
    readonly errorReason?: string;
    readonly params?: object;
    readonly itemOutcomes?: readonly string[];
  },
): Promise<number> {
  const { itemIds, topic = 'content', method = 'Product.updateProducts', flow = 'synchronous' } = call;
  const [row]: { id: number }[] = await dataSource.query(
    `INSERT INTO sync_call (flow, method, topic, payload, config_version, worker, created_at, acked_at, responded_at,
       http_status, outcome, error_reason, item_outcomes)
     SELECT $1, $2, $3, $4, 0, 'test', moment, moment + $6 * interval '1 millisecond', moment + $7 * interval '1 millisecond',
       200, $8, $9, $10 FROM (SELECT now() - $5 * interval '1 second' AS moment) AS times RETURNING id`,
    [
      flow,
      method,
      topic,
      JSON.stringify(call.params ?? { productsInfo: itemIds.map((id) => ({ product_id: String(id) })) }),
      call.ageSeconds ?? 0,
      call.ackMs ?? null,
      call.answerMs ?? null,
      call.outcome ?? 'answered',
      call.errorReason ?? null,
      call.itemOutcomes ?? null,
    ],
  );
  await dataSource.query(
    `INSERT INTO sync_call_item (call_id, position, item_id, fingerprint)
     SELECT $1, place - 1, item, 'f' FROM unnest($2::bigint[]) WITH ORDINALITY AS k (item, place)`,
    [row!.id, itemIds],
  );
  await dataSource.query('UPDATE sync_item SET request_id = $1 WHERE id = ANY ($2::bigint[])', [row!.id, itemIds]);
  return row!.id;
}

/** Empties the queue under the eyes of its workers: lanes first, as they lock them, and again where they met. */
export async function forgetItems(dataSource: DataSource): Promise<void> {
  await inTransaction(dataSource, (manager) =>
    manager.query(
      `TRUNCATE sync_lane, sync_item, sync_call, sync_call_item, sync_call_event, sync_item_event, requeue_run, reupload, item_action, shop_breaker`,
    ),
  );
}
