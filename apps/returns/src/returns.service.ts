import { MessagingServer } from '@lockstep/messaging';
import { BrokerHealth, BrokerMetrics, SearchHealth, type ServiceDefinition } from '@lockstep/service';
import { ReturnIndexHealth } from './documents/return-family.js';
import { ReturnMetrics } from './order-returns/return.metrics.js';
import { ReturnsConfig } from './returns.config.js';
import { ReturnsModule } from './returns.module.js';
import { SyncMetrics } from './windows/sync.metrics.js';

/** Orders and their returns, to be run alone or beside others. */
export const returnsService: ServiceDefinition<ReturnsConfig> = {
  service: 'returns',
  version: '0.1.0',
  config: ReturnsConfig,
  createModule: (config) => ReturnsModule.forConfig(config),
  strategies: [MessagingServer],
  health: [BrokerHealth, SearchHealth, ReturnIndexHealth],
  metrics: [BrokerMetrics, ReturnMetrics, SyncMetrics],
};
