import { MessagingServer } from '@lockstep/messaging';
import { BrokerHealth, BrokerMetrics, ServiceConfig, type ServiceDefinition } from '@lockstep/service';
import { ShopUpdateModule } from './shop-update.module.js';

/** The seller centre's catalogue, to be run alone or beside others. */
export const shopUpdateService: ServiceDefinition<ServiceConfig> = {
  service: 'shop-update',
  version: '0.1.0',
  config: ServiceConfig,
  createModule: (config) => ShopUpdateModule.forConfig(config),
  strategies: [MessagingServer],
  health: [BrokerHealth],
  metrics: [BrokerMetrics],
};
