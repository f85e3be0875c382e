import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource } from 'typeorm';

/** How long history is kept: whatever is beyond either of the two goes. */
export interface RetentionLimits {
  readonly days: number;
  /** The newest of what there is one of a run. */
  readonly runs: number;
}

/** Rows of one table that nobody needs any more; each library states those of its own tables. */
export interface RetentionRule {
  /** In the service's own schema, unless it names another. */
  readonly table: string;
  /** SQL condition of the rows to remove. False for all that is still at work. */
  readonly outdated: (limits: RetentionLimits) => string;
  /** Rows of one statement: few where each takes many others along. @default 1000 */
  readonly batchSize?: number;
}

const DEFAULT_BATCH_SIZE = 1_000;
/** Between two statements, so that others get their turn at the disk. */
const REST_MS = 20;

/** SQL for the moment before which a row is too old. */
export function tooOld({ days }: RetentionLimits): string {
  return `clock_timestamp() - interval '${days} days'`;
}

/** SQL condition of a run that has ended and is too old or not among the newest. The newest always stays. */
export function outdatedRun(table: string, limits: RetentionLimits, isActive: string): string {
  return `NOT (${isActive}) AND fence < (SELECT max(fence) FROM ${table}) AND (finished_at < ${tooOld(limits)}
    OR fence <= (SELECT fence FROM ${table} ORDER BY fence DESC OFFSET ${limits.runs} LIMIT 1))`;
}

/**
 * Removes what a rule says, in short statements of their own, until nothing is left or the signal is aborted; answers how
 * many rows. Several at once do not disturb each other.
 */
export async function removeOutdated(
  dataSource: DataSource,
  { table, outdated, batchSize = DEFAULT_BATCH_SIZE }: RetentionRule,
  limits: RetentionLimits,
  signal?: AbortSignal,
): Promise<number> {
  const text = `DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM ${table} WHERE ${outdated(limits)} LIMIT ${batchSize} FOR UPDATE SKIP LOCKED))`;
  for (let removed = 0; ; await delay(REST_MS)) {
    const [, count]: [unknown, number] = await dataSource.query(text);
    removed += count;
    if (count < batchSize || signal?.aborted) return removed;
  }
}
