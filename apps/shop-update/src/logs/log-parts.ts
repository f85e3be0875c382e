import { LogEntriesConsumer } from './log-entries.consumer.js';
import { LogIndex } from './log-index.js';
import { LogRetention } from './log-retention.js';
import { ShopLog } from './shop-log.js';

/** Classes of the log with handlers of queues. */
export const LOG_CONSUMERS = [LogEntriesConsumer];

export const LOG_CONTROLLERS = [];

export const LOG_PROVIDERS = [ShopLog, LogIndex, LogRetention];
