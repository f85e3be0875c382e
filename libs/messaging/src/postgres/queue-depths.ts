import type { PostgresLink } from './postgres-link.js';

/** What one queue holds, for the eyes of an operator. */
export interface QueueDepth {
  readonly queue: string;
  /** Waits for a consumer. */
  readonly ready: number;
  /** Handed over and not settled yet. */
  readonly inHand: number;
  /** Waits for its next attempt. */
  readonly delayed: number;
  /** Parked and not yet taken over by the archive of dead letters. */
  readonly dead: number;
}

/** Every queue, by name, its dead letters counted with it. */
export function readQueueDepths(link: PostgresLink): Promise<QueueDepth[]> {
  return link.query<QueueDepth>({
    text: `WITH depth AS (
        SELECT queue_id,
          count(*) FILTER (WHERE due_at IS NULL AND claimed_by IS NULL)::int AS ready,
          count(*) FILTER (WHERE claimed_by IS NOT NULL)::int AS in_hand,
          count(*) FILTER (WHERE due_at IS NOT NULL)::int AS delayed,
          count(*)::int AS total
        FROM broker.message GROUP BY queue_id)
      SELECT queue.name AS queue, coalesce(depth.ready, 0) AS ready, coalesce(depth.in_hand, 0) AS "inHand",
        coalesce(depth.delayed, 0) AS delayed, coalesce(parked.total, 0) AS dead
      FROM broker.queue
      LEFT JOIN depth ON depth.queue_id = queue.id
      LEFT JOIN broker.queue AS letters ON letters.holds_dead AND letters.name = queue.name || '.dead'
      LEFT JOIN depth AS parked ON parked.queue_id = letters.id
      WHERE NOT queue.holds_dead
      ORDER BY queue.name`,
  });
}
