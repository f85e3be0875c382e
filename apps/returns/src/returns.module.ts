import { importResult, shopLogRecorded } from '@lockstep/contracts';
import { DatabaseModule, databaseMigrations } from '@lockstep/database';
import { MessagingModule, messagingMigrations, messagingRetention } from '@lockstep/messaging';
import {
  ImportRequests,
  importRequestsConsumer,
  OWNED,
  ownershipMigrations,
  ownershipRetention,
  ProcessedKeys,
} from '@lockstep/ownership';
import {
  accessRetention,
  BrokerHealth,
  BrokerMetrics,
  deadLettersController,
  isEngineUnavailable,
  type ServiceConfig,
} from '@lockstep/service';
import { type DynamicModule, Module } from '@nestjs/common';
import { ownedByReturns } from './imports/owned-by-returns.js';
import { OrderReturnsController } from './order-returns/order-returns.controller.js';
import { OrderReturnsStore } from './order-returns/order-returns.store.js';
import { OrdersController } from './orders/orders.controller.js';
import { CreateOrders1763800000201 } from './orders/orders.migration.js';
import { OrdersStore } from './orders/orders.store.js';
import { CreateReturnParts1763800000202 } from './orders/return-parts.migration.js';

/** What this service publishes. */
export const PUBLISHED = [importResult, shopLogRecorded];

/** Classes with the handlers of the queues that this service consumes. */
export const CONSUMERS = [importRequestsConsumer('returns')];

/** Orders, and what comes back of them. */
@Module({})
export class ReturnsModule {
  static forConfig(config: ServiceConfig): DynamicModule {
    return {
      module: ReturnsModule,
      imports: [
        DatabaseModule.forService({
          url: config.databaseUrl,
          schema: 'returns',
          service: 'returns',
          entities: [],
          migrations: [
            ...databaseMigrations,
            ...messagingMigrations,
            ...ownershipMigrations,
            CreateOrders1763800000201,
            CreateReturnParts1763800000202,
          ],
          poolSize: config.databasePoolSize,
          retention: {
            rules: [...messagingRetention, ...ownershipRetention, ...accessRetention],
            limits: config.retention,
          },
        }),
        MessagingModule.forService({
          service: 'returns',
          publishes: PUBLISHED,
          url: config.rabbitmqUrl,
          isEngineUnavailable,
          drainTimeoutMs: config.shutdownGraceMs,
        }),
      ],
      // Dead letters lie below the path of the returns, which would take their name for an id.
      controllers: [deadLettersController('returns'), OrdersController, OrderReturnsController, ...CONSUMERS],
      providers: [
        BrokerHealth,
        BrokerMetrics,
        OrdersStore,
        OrderReturnsStore,
        ImportRequests,
        ProcessedKeys,
        { provide: OWNED, useValue: ownedByReturns },
      ],
    };
  }
}
