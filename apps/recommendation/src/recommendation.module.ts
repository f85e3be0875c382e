import {
  gmcDoctorsUpdated,
  gmcSyncData,
  gmcSyncEnd,
  indexRebuildNeeded,
  indexRebuildReported,
} from '@lockstep/contracts';
import { ExtractionModule, extractionEntities, extractionMigrations } from '@lockstep/extraction';
import { ProjectionModule, projectionConsumers, projectionMigrations, projectionRetention } from '@lockstep/projection';
import { searchMigrations, searchRetention } from '@lockstep/search';
import { deadLettersController, EnginesModule } from '@lockstep/service';
import { type DynamicModule, Module } from '@nestjs/common';
import { DoctorsController } from './doctor-list/doctors.controller.js';
import { recommendationProjection } from './doctor-list/recommendation-projection.js';
import { gmcExtraction } from './extraction/gmc-extraction.js';
import { GmcSyncStartConsumer } from './extraction/gmc-sync-start.consumer.js';
import { DoctorWriteStore } from './gmc-doctors/doctor-write.store.js';
import { GmcDoctor } from './gmc-doctors/gmc-doctor.entity.js';
import { GmcDoctorsController } from './gmc-doctors/gmc-doctors.controller.js';
import { CreateGmcDoctors1760200000001 } from './gmc-doctors/gmc-doctors.migration.js';
import { GmcDoctorsStore } from './gmc-doctors/gmc-doctors.store.js';
import { RecommendationConfig } from './recommendation.config.js';
import { Recommendation } from './recommendations/recommendation.entity.js';
import { RecommendationsController } from './recommendations/recommendations.controller.js';
import { CreateRecommendations1760200000002 } from './recommendations/recommendations.migration.js';
import { RecommendationsStore } from './recommendations/recommendations.store.js';

/** What this service publishes. */
export const PUBLISHED = [gmcSyncData, gmcSyncEnd, gmcDoctorsUpdated, indexRebuildReported, indexRebuildNeeded];

/** Classes with the handlers of the queues that this service consumes. */
export const CONSUMERS = [GmcSyncStartConsumer, ...projectionConsumers(recommendationProjection)];

/** GMC's doctors and the recommendations about them: owned here, sent for a run, told of live, and listed. */
@Module({})
export class RecommendationModule {
  static forConfig(config: RecommendationConfig): DynamicModule {
    return {
      module: RecommendationModule,
      imports: [
        EnginesModule.forService(config, {
          service: 'recommendation',
          publishes: PUBLISHED,
          entities: [GmcDoctor, Recommendation, ...extractionEntities],
          migrations: [
            ...searchMigrations,
            ...projectionMigrations,
            ...extractionMigrations,
            CreateGmcDoctors1760200000001,
            CreateRecommendations1760200000002,
          ],
          retention: [...searchRetention, ...projectionRetention],
        }),
        ExtractionModule.forSource(gmcExtraction),
        ProjectionModule.forService({ ...recommendationProjection, leaseSeconds: config.leaseSeconds }),
      ],
      controllers: [
        GmcDoctorsController,
        RecommendationsController,
        DoctorsController,
        GmcSyncStartConsumer,
        deadLettersController('recommendation'),
      ],
      providers: [DoctorWriteStore, GmcDoctorsStore, RecommendationsStore],
    };
  }
}
