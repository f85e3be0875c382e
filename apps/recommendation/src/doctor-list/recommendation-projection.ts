import { masterUpdatedRecommendationQueue, recommendationRebuildQueue } from '@lockstep/contracts';
import type { Projection } from '@lockstep/projection';
import { recommendationAliases, recommendationSchema, toRecommendationDocument } from './recommendation-document.js';

/** The recommendation index, made from the master's documents. */
export const recommendationProjection: Projection = {
  service: 'recommendation',
  family: { name: 'recommendation', schema: recommendationSchema, aliases: recommendationAliases },
  project: toRecommendationDocument,
  rebuildQueue: recommendationRebuildQueue,
  updatedQueue: masterUpdatedRecommendationQueue,
};
