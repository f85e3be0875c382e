import { isEnd, isSending, STATUSES, type Status } from './statuses.js';

/** What an index knows an item as that has not ended. */
export const QUEUED = STATUSES.filter((status) => !isEnd(status) && !isSending(status));

/** Items of calls that nothing has come of yet. They are few: no more than the workers have in hand. */
export const BEING_SENT_SQL = `ARRAY(
  SELECT k.item_id FROM sync_call o JOIN sync_call_item k ON k.call_id = o.id WHERE o.outcome = 'open')`;

/**
 * SQL for items of any of these statuses, over `i` of `sync_item`, by indexes: these know what is being sent as pending
 * (`indexed_status`), so it is found by its calls.
 */
export function ofStatusSql(statuses: readonly Status[]): string {
  const sent = statuses.includes('pending') ? [] : statuses.filter(isSending);
  const others = statuses.filter((status) => !sent.includes(status));
  const parts = [
    ...(others.length > 0 || sent.length === 0 ? [byIndexSql(others)] : []),
    ...(sent.length > 0 ? [`i.id = ANY (${BEING_SENT_SQL}) AND i.status IN ${listSql(sent)}`] : []),
  ];
  return parts.length === 1 ? parts[0]! : `(${parts.join(' OR ')})`;
}

function byIndexSql(statuses: readonly Status[]): string {
  const byIndex = `i.indexed_status IN ${listSql(statuses.filter((status) => !isSending(status)))}`;
  const unwanted = STATUSES.filter((status) => isSending(status) && !statuses.includes(status));
  return statuses.includes('pending') && unwanted.length > 0
    ? `${byIndex} AND i.status NOT IN ${listSql(unwanted)}`
    : byIndex;
}

/** Words of our own closed lists: as text of the statement they tell the planner which of them are rare. */
export function listSql(names: readonly string[]): string {
  return `(${names.map((name) => `'${name}'`).join(', ') || 'NULL'})`;
}
