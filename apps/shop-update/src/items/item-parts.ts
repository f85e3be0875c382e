import { type RetentionRule, tooOld } from '@lockstep/database';
import { BulkRequeueController } from './bulk-requeue.controller.js';
import { BulkRequeue } from './bulk-requeue.js';
import { Failures } from './failures.js';
import { ItemActions } from './item-actions.js';
import { ItemDetails } from './item-details.js';
import { ItemLists } from './item-lists.js';
import { CreateItemLists1763900000401 } from './item-lists.migration.js';
import { ItemMetrics } from './item-metrics.js';
import { ItemPreviews } from './item-previews.js';
import { ItemsController } from './items.controller.js';
import { LoggedResponses } from './logged-responses.js';
import { RequeueRunStore } from './requeue-run.store.js';
import { ReuploadController } from './reupload.controller.js';
import { Reupload } from './reupload.js';
import { Summary } from './summary.js';

/** The order of the first two matters: `items/bulk-requeue` is no id. */
export const ITEM_CONTROLLERS = [BulkRequeueController, ItemsController, ReuploadController];

export const ITEM_PROVIDERS = [
  BulkRequeue,
  Failures,
  ItemActions,
  ItemDetails,
  ItemLists,
  ItemMetrics,
  ItemPreviews,
  LoggedResponses,
  RequeueRunStore,
  Reupload,
  Summary,
];

/** The record of what was done with items goes with them. */
export const ITEM_RETENTION: readonly RetentionRule[] = [
  { table: 'item_action', outdated: (limits) => `created_at < ${tooOld(limits)}` },
];

export const ITEM_MIGRATIONS = [CreateItemLists1763900000401];
