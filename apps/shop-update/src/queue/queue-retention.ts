import { type RetentionRule, tooOld } from '@lockstep/database';

const IS_UNFINISHED = 'i.finished_at IS NULL';

/** What came to an end long ago: history and calls first, because they are found by their items. */
export const queueRetention: readonly RetentionRule[] = [
  {
    table: 'sync_item_event',
    outdated: (limits) =>
      `at < ${tooOld(limits)} AND NOT EXISTS (SELECT FROM sync_item i WHERE i.id = item_id AND ${IS_UNFINISHED})`,
  },
  {
    table: 'sync_call',
    outdated: (limits) =>
      `created_at < ${tooOld(limits)} AND outcome NOT IN ('open', 'acknowledged') AND NOT EXISTS (
         SELECT FROM sync_call_item c JOIN sync_item i ON i.id = c.item_id WHERE c.call_id = sync_call.id AND ${IS_UNFINISHED})
       AND NOT EXISTS (SELECT FROM sync_call_event e WHERE e.call_id = sync_call.id AND e.at >= ${tooOld(limits)})`,
    batchSize: 200,
  },
  { table: 'sync_item', outdated: (limits) => `finished_at < ${tooOld(limits)}` },
];
