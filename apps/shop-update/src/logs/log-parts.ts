import { LogEntriesConsumer } from './log-entries.consumer.js';
import { LogIndex } from './log-index.js';
import { LogLinkStore } from './log-link.store.js';
import { CreateLogLinks1763900000301 } from './log-links.migration.js';
import { LogRetention } from './log-retention.js';
import { LogSearch } from './log-search.js';
import { LogsController } from './logs.controller.js';
import { ShopLog } from './shop-log.js';

/** Classes of the log with handlers of queues. */
export const LOG_CONSUMERS = [LogEntriesConsumer];

export const LOG_CONTROLLERS = [LogsController];

export const LOG_PROVIDERS = [ShopLog, LogIndex, LogLinkStore, LogRetention, LogSearch];

export const LOG_MIGRATIONS = [CreateLogLinks1763900000301];
