import type { Provider } from '@nestjs/common';
import type { ChunkSizes } from '../planning/count-plan.js';
import { PlanningStore } from '../planning/planning.store.js';
import { StagingStore } from '../staging/staging.store.js';
import { AbandonedUploads } from './abandoned-uploads.js';
import { BatchStore } from './batch.store.js';
import { BatchErrorStore } from './batch-error.store.js';
import { BatchEventStore } from './batch-event.store.js';
import { BatchResultsController } from './batch-results.controller.js';
import { BATCH_SOURCES } from './batch-sources.js';
import { BatchesController } from './batches.controller.js';
import { BlockerStore } from './blocker.store.js';
import { FailedRecordStore } from './failed-record.store.js';
import { FeedSources, UPLOAD_SETTINGS, type UploadSettings } from './feed-sources.js';
import { ItemStore } from './item.store.js';
import { ItemLists } from './item-lists.js';
import { LevelProgressStore } from './level-progress.js';
import { PIPELINE_SETTINGS, Pipeline, type PipelineSettings } from './pipeline.js';
import { CHUNK_SIZES, Preparation } from './preparation.js';
import { Report } from './report.js';
import { Submission } from './submission.js';
import { Sweep } from './sweep.js';

/** What the way of a batch until it starts is told by the configuration of the service. */
export interface BatchSettings {
  readonly pipeline: PipelineSettings;
  readonly uploads: UploadSettings;
  /** As execution cuts messages: the plan counts them. */
  readonly chunks: ChunkSizes;
}

export const BATCH_CONTROLLERS = [BatchesController, BatchResultsController];

/** Beside these the module provides `HAND_OVER`, and the stores of types and mappings. */
export function batchProviders({ pipeline, uploads, chunks }: BatchSettings): Provider[] {
  return [
    AbandonedUploads,
    BatchErrorStore,
    BatchEventStore,
    BatchStore,
    BlockerStore,
    FailedRecordStore,
    ItemLists,
    ItemStore,
    LevelProgressStore,
    Pipeline,
    PlanningStore,
    Preparation,
    Report,
    StagingStore,
    Submission,
    Sweep,
    { provide: BATCH_SOURCES, useClass: FeedSources },
    { provide: PIPELINE_SETTINGS, useValue: pipeline },
    { provide: UPLOAD_SETTINGS, useValue: uploads },
    { provide: CHUNK_SIZES, useValue: chunks },
  ];
}
