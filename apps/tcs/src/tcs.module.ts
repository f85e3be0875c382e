import { traineeSyncData, traineeSyncEnd } from '@lockstep/contracts';
import { DatabaseModule } from '@lockstep/database';
import { MessagingModule, messagingMigrations } from '@lockstep/messaging';
import { BrokerHealth, BrokerMetrics, isEngineUnavailable, type ServiceConfig } from '@lockstep/service';
import { type DynamicModule, Module } from '@nestjs/common';
import { Extraction, ExtractionBatch } from './extraction/extraction.entity.js';
import { CreateExtraction1760100000002 } from './extraction/extraction.migration.js';
import { ExtractionStore } from './extraction/extraction.store.js';
import { ExtractionWorker } from './extraction/extraction.worker.js';
import { SyncStartConsumer } from './extraction/sync-start.consumer.js';
import { Curriculum, CurriculumMembership } from './people/curriculum.entity.js';
import { PeopleController } from './people/people.controller.js';
import { CreatePeople1760100000001 } from './people/people.migration.js';
import { PeopleStore } from './people/people.store.js';
import { GmcDetails, Person } from './people/person.entity.js';
import { Placement } from './people/placement.entity.js';
import { Programme, ProgrammeMembership } from './people/programme.entity.js';

/** What this service publishes. */
export const PUBLISHED = [traineeSyncData, traineeSyncEnd];

/** Classes with the handlers of the queues that this service consumes. */
export const CONSUMERS = [SyncStartConsumer];

/** People, programmes and placements, and sending all of them for a run. */
@Module({})
export class TcsModule {
  static forConfig(config: ServiceConfig): DynamicModule {
    return {
      module: TcsModule,
      imports: [
        DatabaseModule.forService({
          url: config.databaseUrl,
          schema: 'tcs',
          service: 'tcs',
          entities: [
            Person,
            GmcDetails,
            Programme,
            ProgrammeMembership,
            Curriculum,
            CurriculumMembership,
            Placement,
            Extraction,
            ExtractionBatch,
          ],
          migrations: [...messagingMigrations, CreatePeople1760100000001, CreateExtraction1760100000002],
          poolSize: config.databasePoolSize,
        }),
        MessagingModule.forService({
          service: 'tcs',
          publishes: PUBLISHED,
          url: config.rabbitmqUrl,
          isEngineUnavailable,
          drainTimeoutMs: config.shutdownGraceMs,
        }),
      ],
      controllers: [PeopleController, ...CONSUMERS],
      providers: [BrokerHealth, BrokerMetrics, PeopleStore, ExtractionStore, ExtractionWorker],
    };
  }
}
