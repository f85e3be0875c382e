import { MessagingServer } from '@lockstep/messaging';
import { BrokerHealth, BrokerMetrics, SearchHealth, type ServiceDefinition } from '@lockstep/service';
import { IntegrationConfig } from './integration.config.js';
import { IntegrationModule } from './integration.module.js';
import { MasterIndexHealth } from './runs/master-index.health.js';

/** The integration service, to be run alone or beside others. */
export const integrationService: ServiceDefinition<IntegrationConfig> = {
  service: 'integration',
  version: '0.1.0',
  config: IntegrationConfig,
  createModule: (config) => IntegrationModule.forConfig(config),
  strategies: [MessagingServer],
  health: [BrokerHealth, SearchHealth, MasterIndexHealth],
  metrics: [BrokerMetrics],
};
