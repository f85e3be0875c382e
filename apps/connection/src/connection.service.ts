import { MessagingServer } from '@lockstep/messaging';
import { ProjectedIndexHealth } from '@lockstep/projection';
import { BrokerHealth, BrokerMetrics, SearchHealth, type ServiceDefinition } from '@lockstep/service';
import { ConnectionConfig } from './connection.config.js';
import { ConnectionModule } from './connection.module.js';

/** The connection service, to be run alone or beside others. */
export const connectionService: ServiceDefinition<ConnectionConfig> = {
  service: 'connection',
  version: '0.1.0',
  config: ConnectionConfig,
  createModule: (config) => ConnectionModule.forConfig(config),
  strategies: [MessagingServer],
  health: [BrokerHealth, SearchHealth, ProjectedIndexHealth],
  metrics: [BrokerMetrics],
};
