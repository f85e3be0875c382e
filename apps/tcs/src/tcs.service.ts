import { MessagingServer } from '@lockstep/messaging';
import { BrokerHealth, BrokerMetrics, ServiceConfig, type ServiceDefinition } from '@lockstep/service';
import { TcsModule } from './tcs.module.js';

/** The trainee source, to be run alone or beside others. */
export const tcsService: ServiceDefinition<ServiceConfig> = {
  service: 'tcs',
  version: '0.1.0',
  config: ServiceConfig,
  createModule: (config) => TcsModule.forConfig(config),
  strategies: [MessagingServer],
  health: [BrokerHealth],
  metrics: [BrokerMetrics],
};
