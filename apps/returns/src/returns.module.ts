import { importResult, returnSync, returnSyncProcessing, shopLogRecorded } from '@lockstep/contracts';
import {
  ImportRequests,
  importRequestsConsumer,
  OWNED,
  ownershipMigrations,
  ownershipRetention,
  ProcessedKeys,
} from '@lockstep/ownership';
import { searchMigrations, searchRetention } from '@lockstep/search';
import { deadLettersController, EnginesModule } from '@lockstep/service';
import { type DynamicModule, Module } from '@nestjs/common';
import { CreateReturnChanges1763800000211 } from './changes/changes.migration.js';
import { DOCUMENT_CONTROLLERS, documentProviders } from './documents/document-parts.js';
import { CreateReturnIndexRebuild1763800000220 } from './documents/rebuild/rebuild.migration.js';
import { CreateReturnGraves1763800000210 } from './documents/return-graves.migration.js';
import { ownedByReturns } from './imports/owned-by-returns.js';
import { OrderReturnsController } from './order-returns/order-returns.controller.js';
import { OrderReturnsStore } from './order-returns/order-returns.store.js';
import { ReturnMetrics } from './order-returns/return.metrics.js';
import { ReturnEventsStore } from './order-returns/return-events.store.js';
import { OrderLog } from './orders/order-log.js';
import { OrdersController } from './orders/orders.controller.js';
import { CreateOrders1763800000201 } from './orders/orders.migration.js';
import { OrdersStore } from './orders/orders.store.js';
import { CreateReturnParts1763800000202 } from './orders/return-parts.migration.js';
import { ReturnsConfig } from './returns.config.js';
import { SEARCH_CONTROLLERS, searchProviders } from './search/search-parts.js';
import { SYNC_CONSUMERS, SYNC_CONTROLLERS, SYNC_PROVIDERS, syncRetention } from './windows/sync-parts.js';
import { CreateReturnSync1763800000212 } from './windows/windows.migration.js';

/** What this service publishes. */
export const PUBLISHED = [importResult, shopLogRecorded, returnSync, returnSyncProcessing];

/** Classes with the handlers of the queues that this service consumes. */
export const CONSUMERS = [importRequestsConsumer('returns'), ...SYNC_CONSUMERS];

/** Orders, and what comes back of them. */
@Module({})
export class ReturnsModule {
  static forConfig(config: ReturnsConfig): DynamicModule {
    return {
      module: ReturnsModule,
      imports: [
        EnginesModule.forService(config, {
          service: 'returns',
          publishes: PUBLISHED,
          migrations: [
            ...ownershipMigrations,
            ...searchMigrations,
            CreateOrders1763800000201,
            CreateReturnParts1763800000202,
            CreateReturnGraves1763800000210,
            CreateReturnChanges1763800000211,
            CreateReturnSync1763800000212,
            CreateReturnIndexRebuild1763800000220,
          ],
          retention: [...ownershipRetention, ...searchRetention, ...syncRetention(config)],
        }),
      ],
      // Dead letters lie below the path of the returns, which would take their name for an id.
      controllers: [
        deadLettersController('returns'),
        ...DOCUMENT_CONTROLLERS,
        ...SYNC_CONTROLLERS,
        ...SEARCH_CONTROLLERS,
        OrdersController,
        OrderReturnsController,
        ...CONSUMERS,
      ],
      providers: [
        OrderLog,
        OrdersStore,
        OrderReturnsStore,
        ReturnEventsStore,
        ReturnMetrics,
        ...documentProviders(config),
        ...SYNC_PROVIDERS,
        ...searchProviders(config),
        { provide: ReturnsConfig, useValue: config },
        ImportRequests,
        ProcessedKeys,
        { provide: OWNED, useValue: ownedByReturns },
      ],
    };
  }
}
