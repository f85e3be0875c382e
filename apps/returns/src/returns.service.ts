import { MessagingServer } from '@lockstep/messaging';
import { BrokerHealth, BrokerMetrics, ServiceConfig, type ServiceDefinition } from '@lockstep/service';
import { ReturnsModule } from './returns.module.js';

/** Orders and their returns, to be run alone or beside others. */
export const returnsService: ServiceDefinition<ServiceConfig> = {
  service: 'returns',
  version: '0.1.0',
  config: ServiceConfig,
  createModule: (config) => ReturnsModule.forConfig(config),
  strategies: [MessagingServer],
  health: [BrokerHealth],
  metrics: [BrokerMetrics],
};
