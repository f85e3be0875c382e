import { IsInstant } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import { CountedPart } from '../counted-part.answer.js';
import type { Blocker } from '../queue/decide-entry.js';
import { STATUSES, type Status } from '../queue/statuses.js';
import { TOPICS, type Topic } from '../queue/topics.js';
import { STATUS_LABELS, TOPIC_LABELS } from './item-labels.js';
import { adviceOn, STUCK_REASONS, type StuckReason } from './stuck.js';

export class StuckView {
  @IsIn([...STUCK_REASONS])
  reason!: StuckReason;

  @IsString()
  explanation!: string;

  @IsString()
  advice!: string;
}

/** A row of the list. */
export class ItemView {
  @IsInt()
  id!: number;

  @IsInt()
  productSetId!: number;

  /** None where the whole set is meant. */
  @IsOptional()
  @IsInt()
  productId!: number | null;

  @IsOptional()
  @IsInt()
  sellerId!: number | null;

  /** Of a whole set, that of its first variation. */
  @IsOptional()
  @IsString()
  sellerSku!: string | null;

  /** The shop's; none before the shop has created it. */
  @IsOptional()
  @IsString()
  sku!: string | null;

  @IsIn([...TOPICS])
  topic!: Topic;

  @IsString()
  topicLabel!: string;

  @IsIn([...STATUSES])
  status!: Status;

  @IsString()
  statusLabel!: string;

  @IsOptional()
  @IsString()
  reason!: string | null;

  @IsInstant()
  queuedAt!: string;

  @IsInt()
  requeuedCount!: number;

  @IsOptional()
  @IsInstant()
  lastRequeuedAt!: string | null;

  /** When it goes on by itself: a retry, the end of a hold. */
  @IsOptional()
  @IsInstant()
  nextAttemptAt!: string | null;

  @IsOptional()
  @IsInstant()
  failedAt!: string | null;

  @IsOptional()
  @IsInstant()
  finishedAt!: string | null;

  @IsOptional()
  @IsString()
  lastError!: string | null;

  @IsOptional()
  @IsString()
  signature!: string | null;

  /** What it waits for: `{kind: product | set | item | holder, id}`. */
  @IsOptional()
  @IsObject()
  blockedBy!: Blocker | null;

  @IsOptional()
  @IsString()
  requestId!: string | null;

  @IsOptional()
  @IsString()
  flow!: string | null;

  /** Changes that it took along. */
  @IsInt()
  merged!: number;

  /** Backoff steps that are used up. */
  @IsInt()
  retryNo!: number;

  @IsInt()
  failures!: number;

  /** It failed so often that somebody should look. */
  @IsBoolean()
  attention!: boolean;

  @IsOptional()
  @ValidateNested()
  @Type(() => StuckView)
  stuck!: StuckView | null;
}

/** One part of the list. */
export class ItemsAnswer extends CountedPart {
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ItemView)
  items!: ItemView[];
}

/** A row as the database gives it: without words, and without what follows from the lane. */
export type ItemRow = Omit<ItemView, 'topicLabel' | 'statusLabel' | 'stuck'> & { readonly stuck: StuckReason | null };

const instant = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Columns of a row over `i` of `sync_item`; `reason` and `stuck` are SQL. */
export function itemColumns(reason: string, stuck: string): string {
  return `i.id, i.product_set_id AS "productSetId", i.product_id AS "productId",
    s.seller_id AS "sellerId", p.seller_sku AS "sellerSku", p.shop_sku AS sku, i.topic, i.status, ${reason} AS reason,
    ${instant('i.queued_at')} AS "queuedAt", i.requeue_count AS "requeuedCount",
    ${instant('i.last_requeued_at')} AS "lastRequeuedAt",
    CASE WHEN i.status = 'delayed' THEN ${instant('i.available_at')} END AS "nextAttemptAt",
    ${instant('i.failed_at')} AS "failedAt", ${instant('i.finished_at')} AS "finishedAt", i.last_error AS "lastError",
    i.error_signature AS signature, i.blocked_by AS "blockedBy", i.request_id::text AS "requestId",
    (SELECT c.flow FROM sync_call c WHERE c.id = i.request_id) AS flow, i.merged, i.retry_no AS "retryNo", i.failures,
    i.attention, ${stuck} AS stuck`;
}

/** Tables of {@link itemColumns}, after `FROM sync_item i`. */
export const ITEM_JOINS = `
  LEFT JOIN product_set s ON s.id = i.product_set_id
  LEFT JOIN product p ON p.id = coalesce(i.product_id,
    (SELECT min(f.id) FROM product f WHERE f.product_set_id = i.product_set_id AND i.product_id IS NULL))`;

export function toItemView(row: ItemRow, predecessor: number | undefined): ItemView {
  return {
    ...row,
    blockedBy: row.blockedBy ?? (predecessor === undefined ? null : { kind: 'item', id: predecessor }),
    topicLabel: TOPIC_LABELS[row.topic],
    statusLabel: STATUS_LABELS[row.status],
    stuck: row.stuck === null ? null : adviceOn(row.stuck),
  };
}
