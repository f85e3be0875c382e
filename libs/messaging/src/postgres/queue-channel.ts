/** The notification channel of a queue. By id, because a channel's name may have 63 characters and a queue's more. */
export function channelOf(queueId: number): string {
  return `broker.${queueId}`;
}

/**
 * The end of a statement that filled queues: tells the consumers of each, with the commit, the lowest id that is new to
 * them. `rows` names a CTE with `queue_id` and `id`; one row a queue comes back.
 */
export function announce(rows: string): string {
  return `SELECT pg_notify('broker.' || queue_id, min(id)::text) FROM ${rows} GROUP BY queue_id`;
}
