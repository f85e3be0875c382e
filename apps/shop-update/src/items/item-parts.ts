import { type RetentionRule, tooOld } from '@lockstep/database';
import { BulkRequeueController } from './bulk-requeue.controller.js';
import { BulkRequeue } from './bulk-requeue.js';
import { Failures } from './failures.js';
import { ItemDetails } from './item-details.js';
import { ItemLists } from './item-lists.js';
import { CreateItemLists1763900000401 } from './item-lists.migration.js';
import { ItemMetrics } from './item-metrics.js';
import { ItemsController } from './items.controller.js';
import { RequeueRunStore } from './requeue-run.store.js';
import { ReuploadController } from './reupload.controller.js';
import { Reupload } from './reupload.js';
import { Summary } from './summary.js';

/** The order of the first two matters: `items/bulk-requeue` is no id. */
export const ITEM_CONTROLLERS = [BulkRequeueController, ItemsController, ReuploadController];

export const ITEM_PROVIDERS = [
  BulkRequeue,
  Failures,
  ItemDetails,
  ItemLists,
  ItemMetrics,
  RequeueRunStore,
  Reupload,
  Summary,
];

export const ITEM_MIGRATIONS = [CreateItemLists1763900000401];

/** Items that have come to their end, with their history; calls are kept as long as an unfinished item was in them. */
export const QUEUE_RETENTION: readonly RetentionRule[] = [
  { table: 'sync_item', outdated: (limits) => `finished_at < ${tooOld(limits)}` },
  {
    table: 'sync_item_event',
    outdated: (limits) => `at < ${tooOld(limits)} AND NOT EXISTS (SELECT FROM sync_item i WHERE i.id = item_id)`,
  },
  {
    table: 'sync_call',
    outdated: (limits) => `created_at < ${tooOld(limits)} AND outcome NOT IN ('open', 'acknowledged')
      AND NOT EXISTS (SELECT FROM sync_call_item k JOIN sync_item i ON i.id = k.item_id
        WHERE k.call_id = sync_call.id AND i.finished_at IS NULL)`,
  },
];
