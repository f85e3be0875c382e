import { MessagingServer } from '@lockstep/messaging';
import { BrokerHealth, BrokerMetrics, SearchHealth, type ServiceDefinition } from '@lockstep/service';
import { CallbackMetrics } from './callbacks/callback-metrics.js';
import { CALLBACK_PATH } from './callbacks/callbacks.controller.js';
import { ItemMetrics } from './items/item-metrics.js';
import { CallJournal } from './shop/call-journal.js';
import { ShopUpdateConfig } from './shop-update.config.js';
import { ShopUpdateModule } from './shop-update.module.js';

/** The seller centre's catalogue, to be run alone or beside others. */
export const shopUpdateService: ServiceDefinition<ShopUpdateConfig> = {
  service: 'shop-update',
  version: '0.1.0',
  config: ShopUpdateConfig,
  createModule: (config) => ShopUpdateModule.forConfig(config),
  // What is no JSON gets the answer that shops know.
  unparsedPaths: [`/${CALLBACK_PATH}`],
  strategies: [MessagingServer],
  health: [BrokerHealth, SearchHealth],
  metrics: [BrokerMetrics, ItemMetrics, CallJournal, CallbackMetrics],
};
