import type { RetentionRule } from '@lockstep/database';
import type { Provider } from '@nestjs/common';
import { changesRetention } from '../changes/changes.retention.js';
import { ExplainController } from '../explain/explain.controller.js';
import { ExplainStore } from '../explain/explain.store.js';
import { BackfillsController } from '../historic/backfills.controller.js';
import { Backfills } from '../historic/backfills.js';
import { TaskPathsController } from '../historic/task-paths.controller.js';
import { ReturnsConfig } from '../returns.config.js';
import { INDEX_READER } from '../verify/index-reader.js';
import { ShownIndexReader } from '../verify/shown-index.reader.js';
import { Verification } from '../verify/verification.js';
import { VerificationStore } from '../verify/verification.store.js';
import { ClaimStore } from './claim.store.js';
import { Claims } from './claims.js';
import { JobStore } from './job.store.js';
import { LagStore } from './lag.store.js';
import { MetricsStore } from './metrics.store.js';
import { PageStore } from './page.store.js';
import { PageWorker } from './page-worker.js';
import { Planner } from './planner.js';
import { PlanningStore } from './planning.store.js';
import { Recovery } from './recovery.js';
import { ReturnSyncConsumer } from './return-sync.consumer.js';
import { ReturnSyncProcessingConsumer } from './return-sync-processing.consumer.js';
import { RunStore } from './run.store.js';
import { RunControl } from './run-control.js';
import { RunEnd } from './run-end.js';
import { RunHistory } from './run-history.js';
import { runsRetention } from './runs.retention.js';
import { Schedule } from './schedule.js';
import { SyncController } from './sync.controller.js';
import { SyncMetrics } from './sync.metrics.js';
import { SyncCounters } from './sync-counters.js';

/** Handlers of the queues of the sync. */
export const SYNC_CONSUMERS = [ReturnSyncConsumer, ReturnSyncProcessingConsumer];

/** Routes of the sync; before those of single returns, which would take their words for ids. */
export const SYNC_CONTROLLERS = [SyncController, BackfillsController, TaskPathsController, ExplainController];

/** What keeps the index of returns in step with the database. */
export const SYNC_PROVIDERS: Provider[] = [
  Backfills,
  Claims,
  ClaimStore,
  ExplainStore,
  JobStore,
  LagStore,
  MetricsStore,
  PageStore,
  PageWorker,
  Planner,
  PlanningStore,
  Recovery,
  RunControl,
  RunEnd,
  RunHistory,
  RunStore,
  Schedule,
  SyncCounters,
  SyncMetrics,
  Verification,
  VerificationStore,
  { provide: INDEX_READER, useClass: ShownIndexReader },
];

/** What the sync forgets. */
export function syncRetention(config: ReturnsConfig): readonly RetentionRule[] {
  return [changesRetention(config.changesDays), ...runsRetention];
}
