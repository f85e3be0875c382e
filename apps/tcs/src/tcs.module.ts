import { importResult, traineeSyncData, traineeSyncEnd, traineesUpdated } from '@lockstep/contracts';
import { ExtractionModule, extractionEntities, extractionMigrations } from '@lockstep/extraction';
import {
  ImportRequests,
  importRequestsConsumer,
  OWNED,
  ownershipMigrations,
  ownershipRetention,
  ProcessedKeys,
} from '@lockstep/ownership';
import { deadLettersController, EnginesModule, type ServiceConfig } from '@lockstep/service';
import { type DynamicModule, Module } from '@nestjs/common';
import { SyncStartConsumer } from './extraction/sync-start.consumer.js';
import { traineeExtraction } from './extraction/trainee-extraction.js';
import { AllocatePersonIds1763800000001 } from './imports/allocated-ids.migration.js';
import { ImportedMembershipsStore } from './imports/imported-memberships.store.js';
import { ImportedProgrammesStore } from './imports/imported-programmes.store.js';
import { ImportedTraineesStore } from './imports/imported-trainees.store.js';
import { ownedByTcs } from './imports/owned-by-tcs.js';
import { LiveUpdates } from './live-updates/live-updates.js';
import { Curriculum, CurriculumMembership } from './people/curriculum.entity.js';
import { PeopleController } from './people/people.controller.js';
import { CreatePeople1760100000001 } from './people/people.migration.js';
import { PeopleStore } from './people/people.store.js';
import { GmcDetails, Person } from './people/person.entity.js';
import { Placement } from './people/placement.entity.js';
import { Programme, ProgrammeMembership } from './people/programme.entity.js';

/** What this service publishes. */
export const PUBLISHED = [importResult, traineeSyncData, traineeSyncEnd, traineesUpdated];

/** Classes with the handlers of the queues that this service consumes. */
export const CONSUMERS = [SyncStartConsumer, importRequestsConsumer('tcs')];

/** People, programmes and placements, and sending all of them for a run. */
@Module({})
export class TcsModule {
  static forConfig(config: ServiceConfig): DynamicModule {
    return {
      module: TcsModule,
      imports: [
        EnginesModule.forService(config, {
          service: 'tcs',
          publishes: PUBLISHED,
          entities: [
            Person,
            GmcDetails,
            Programme,
            ProgrammeMembership,
            Curriculum,
            CurriculumMembership,
            Placement,
            ...extractionEntities,
          ],
          migrations: [
            ...extractionMigrations,
            ...ownershipMigrations,
            CreatePeople1760100000001,
            AllocatePersonIds1763800000001,
          ],
          retention: ownershipRetention,
        }),
        ExtractionModule.forSource(traineeExtraction),
      ],
      controllers: [PeopleController, ...CONSUMERS, deadLettersController('tcs')],
      providers: [
        LiveUpdates,
        PeopleStore,
        ImportRequests,
        ProcessedKeys,
        ImportedMembershipsStore,
        ImportedProgrammesStore,
        ImportedTraineesStore,
        {
          provide: OWNED,
          useFactory: ownedByTcs,
          inject: [ImportedProgrammesStore, ImportedTraineesStore, ImportedMembershipsStore],
        },
      ],
    };
  }
}
