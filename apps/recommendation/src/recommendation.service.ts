import { MessagingServer } from '@lockstep/messaging';
import { ProjectedIndexHealth } from '@lockstep/projection';
import { BrokerHealth, BrokerMetrics, SearchHealth, type ServiceDefinition } from '@lockstep/service';
import { RecommendationConfig } from './recommendation.config.js';
import { RecommendationModule } from './recommendation.module.js';

/** The owner of GMC's doctors and of recommendations, to be run alone or beside others. */
export const recommendationService: ServiceDefinition<RecommendationConfig> = {
  service: 'recommendation',
  version: '0.1.0',
  config: RecommendationConfig,
  createModule: (config) => RecommendationModule.forConfig(config),
  strategies: [MessagingServer],
  health: [BrokerHealth, SearchHealth, ProjectedIndexHealth],
  metrics: [BrokerMetrics],
};
