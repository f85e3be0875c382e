import { MessagingServer } from '@lockstep/messaging';
import { BrokerHealth, BrokerMetrics, type ServiceDefinition } from '@lockstep/service';
import { ImportConfig } from './import.config.js';
import { ImportModule } from './import.module.js';

/** The import service, to be run alone or beside others. */
export const importService: ServiceDefinition<ImportConfig> = {
  service: 'import',
  version: '0.1.0',
  config: ImportConfig,
  createModule: (config) => ImportModule.forConfig(config),
  strategies: [MessagingServer],
  health: [BrokerHealth],
  metrics: [BrokerMetrics],
};
