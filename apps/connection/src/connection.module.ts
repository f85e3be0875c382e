import {
  connectionRebuildQueue,
  indexRebuildNeeded,
  indexRebuildReported,
  masterUpdatedConnectionQueue,
} from '@lockstep/contracts';
import {
  type Projection,
  ProjectionModule,
  projectionConsumers,
  projectionMigrations,
  projectionRetention,
} from '@lockstep/projection';
import { searchMigrations, searchRetention } from '@lockstep/search';
import { deadLettersController, EnginesModule } from '@lockstep/service';
import { type DynamicModule, Module } from '@nestjs/common';
import type { ConnectionConfig } from './connection.config.js';
import { connectionAliases, connectionSchema } from './documents/connection-document.js';
import { toConnectionDocument } from './documents/to-connection-document.js';
import { ConnectionsController } from './lists/connections.controller.js';

/** The connection index: one document a doctor, three aliases over it. */
const projection: Projection = {
  service: 'connection',
  family: { name: 'connection', schema: connectionSchema, aliases: connectionAliases },
  project: toConnectionDocument,
  rebuildQueue: connectionRebuildQueue,
  updatedQueue: masterUpdatedConnectionQueue,
};

/** What this service publishes. */
export const PUBLISHED = [indexRebuildReported, indexRebuildNeeded];

/** Classes with the handlers of the queues that this service consumes. */
export const CONSUMERS = projectionConsumers(projection);

/** The connection index and the lists over it and over the master. */
@Module({})
export class ConnectionModule {
  static forConfig(config: ConnectionConfig): DynamicModule {
    return {
      module: ConnectionModule,
      imports: [
        EnginesModule.forService(config, {
          service: 'connection',
          publishes: PUBLISHED,
          migrations: [...searchMigrations, ...projectionMigrations],
          retention: [...searchRetention, ...projectionRetention],
        }),
        ProjectionModule.forService({ ...projection, leaseSeconds: config.leaseSeconds }),
      ],
      controllers: [ConnectionsController, deadLettersController('connection')],
    };
  }
}
