import { type MigrationClass, outdatedRun, type RetentionRule } from '@lockstep/database';
import { type DynamicModule, Module } from '@nestjs/common';
import { DateChanges } from './date-changes/date-changes.js';
import { LiveUpdates } from './live-updates/live-updates.js';
import { masterUpdatesConsumer } from './live-updates/master-updates.consumer.js';
import { ProjectedIndexHealth } from './projected-index.health.js';
import { ProjectedIndex } from './projected-index.js';
import { PROJECTION, type Projection } from './projection.js';
import { CreateProjectionRebuild1760000000301 } from './rebuild/create-projection-rebuild.migration.js';
import { IndexRebuild } from './rebuild/index-rebuild.js';
import { RebuildStore } from './rebuild/rebuild.store.js';
import { RebuildWorker } from './rebuild/rebuild.worker.js';
import { rebuildCommandConsumer } from './rebuild/rebuild-command.consumer.js';
import { RebuildNeed } from './rebuild/rebuild-need.js';

/** The table of rebuilds: put it into the `migrations` of a service that uses `ProjectionModule`. */
export const projectionMigrations: readonly MigrationClass[] = [CreateProjectionRebuild1760000000301];

/** Rebuilds that ended long ago. */
export const projectionRetention: readonly RetentionRule[] = [
  {
    table: 'projection_rebuild',
    outdated: (limits) => outdatedRun('projection_rebuild', limits, `state IN ('queued', 'running')`),
  },
];

/** The handlers of a projection's two queues, for the module and for boot checks that do not start it. */
export function projectionConsumers(projection: Pick<Projection, 'rebuildQueue' | 'updatedQueue'>) {
  return [rebuildCommandConsumer(projection), masterUpdatesConsumer(projection)];
}

/**
 * Keeps an index of the service's own made from the master's documents: rebuilt on `getMasterCommand`, kept up to date by
 * `masterDoctorsUpdated` and by the date. Needs, for the whole application, a `DataSource` and `Leases` with the migrations
 * of the libraries `database`, `messaging`, `search` and this one, `SearchModule`, `MessagingModule` that publishes
 * `indexRebuildReported` and `indexRebuildNeeded`, and the service's `Clock`.
 */
@Module({})
export class ProjectionModule {
  static forService(projection: Projection): DynamicModule {
    return {
      module: ProjectionModule,
      controllers: projectionConsumers(projection),
      providers: [
        { provide: PROJECTION, useValue: projection },
        ProjectedIndex,
        ProjectedIndexHealth,
        LiveUpdates,
        RebuildStore,
        IndexRebuild,
        RebuildNeed,
        RebuildWorker,
        DateChanges,
      ],
      exports: [ProjectedIndex, ProjectedIndexHealth, DateChanges],
    };
  }
}
