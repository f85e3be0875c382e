import { getMasterCommand, gmcSyncStart, masterDoctorsUpdated, traineeSyncStart } from '@lockstep/contracts';
import { DEAD_LETTER_LISTENER } from '@lockstep/messaging';
import { type SearchEngine, searchMigrations, searchRetention } from '@lockstep/search';
import { AccessAdminModule, deadLettersController, EnginesModule, SEARCH_ENGINE } from '@lockstep/service';
import { type DynamicModule, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AddLeftNumbers1763700000003 } from './database/add-left-numbers.migration.js';
import { AddRunApproval1763700000004 } from './database/add-run-approval.migration.js';
import { CreateMergeTables1763700000001 } from './database/create-merge-tables.migration.js';
import { CreateRunTables1763700000002, runRetention } from './database/create-run-tables.migration.js';
import { DoctorStore } from './doctors/doctor.store.js';
import { DoctorsController } from './doctors/doctors.controller.js';
import type { IntegrationConfig } from './integration.config.js';
import { GmcDoctorUpdatesConsumer } from './live-updates/gmc-doctor-updates.consumer.js';
import { LiveMerge } from './live-updates/live-merge.js';
import { TraineeUpdatesConsumer } from './live-updates/trainee-updates.consumer.js';
import { createMasterFamily, MASTER_FAMILY } from './merge/master-family.js';
import { MergeStore } from './merge/merge.store.js';
import { UnseenStore } from './merge/unseen.store.js';
import { EventStore } from './runs/event.store.js';
import { GmcDataConsumer } from './runs/gmc-data.consumer.js';
import { IndexNeedsConsumer } from './runs/index-needs.consumer.js';
import { IssueStore } from './runs/issue.store.js';
import { MasterIndexController } from './runs/master-index.controller.js';
import { MasterIndexHealth } from './runs/master-index.health.js';
import { NeededRun } from './runs/needed-run.js';
import { Orchestrator } from './runs/orchestrator.js';
import { ParkedMessages } from './runs/parked-messages.js';
import { ProjectionReportsConsumer } from './runs/projection-reports.consumer.js';
import { RebuildSteps } from './runs/rebuild-steps.js';
import { RunStore } from './runs/run.store.js';
import { SourceBatchStore } from './runs/source-batch.store.js';
import { SourceIntake } from './runs/source-intake.js';
import { SyncController } from './runs/sync.controller.js';
import { TraineeDataConsumer } from './runs/trainee-data.consumer.js';

/** What this service publishes. */
export const PUBLISHED = [traineeSyncStart, gmcSyncStart, getMasterCommand, masterDoctorsUpdated];

/** Classes with the handlers of the queues that this service consumes. */
export const CONSUMERS = [
  TraineeDataConsumer,
  GmcDataConsumer,
  TraineeUpdatesConsumer,
  GmcDoctorUpdatesConsumer,
  ProjectionReportsConsumer,
  IndexNeedsConsumer,
];

/** Runs, the merge of both sources and the master index. */
@Module({})
export class IntegrationModule {
  static forConfig(config: IntegrationConfig): DynamicModule {
    return {
      module: IntegrationModule,
      // Messaging looks for the listener of parked messages from a module of its own.
      global: true,
      imports: [
        EnginesModule.forService(config, {
          service: 'integration',
          publishes: PUBLISHED,
          migrations: [
            ...searchMigrations,
            CreateMergeTables1763700000001,
            CreateRunTables1763700000002,
            AddLeftNumbers1763700000003,
            AddRunApproval1763700000004,
          ],
          retention: [...searchRetention, ...runRetention],
        }),
        AccessAdminModule,
      ],
      controllers: [
        SyncController,
        MasterIndexController,
        DoctorsController,
        ...CONSUMERS,
        deadLettersController('integration'),
      ],
      providers: [
        DoctorStore,
        EventStore,
        IssueStore,
        LiveMerge,
        MasterIndexHealth,
        MergeStore,
        NeededRun,
        Orchestrator,
        RebuildSteps,
        RunStore,
        SourceBatchStore,
        SourceIntake,
        UnseenStore,
        { provide: DEAD_LETTER_LISTENER, useClass: ParkedMessages },
        {
          provide: MASTER_FAMILY,
          inject: [DataSource, SEARCH_ENGINE],
          useFactory: (dataSource: DataSource, engine: SearchEngine) => createMasterFamily(dataSource, engine),
        },
      ],
      exports: [DEAD_LETTER_LISTENER],
    };
  }
}
