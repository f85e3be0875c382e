import { importResult, shopLogRecorded } from '@lockstep/contracts';
import {
  ImportRequests,
  importRequestsConsumer,
  OWNED,
  ownershipMigrations,
  ownershipRetention,
  ProcessedKeys,
} from '@lockstep/ownership';
import { deadLettersController, EnginesModule } from '@lockstep/service';
import { type DynamicModule, Module } from '@nestjs/common';
import {
  ANALYTICS_CONTROLLERS,
  ANALYTICS_MIGRATIONS,
  ANALYTICS_PROVIDERS,
  ANALYTICS_RETENTION,
} from './analytics/analytics-parts.js';
import { CallbackApplier } from './callbacks/callback-applier.js';
import { CallbackListController } from './callbacks/callback-list.controller.js';
import { CallbackMetrics } from './callbacks/callback-metrics.js';
import { CallbacksController } from './callbacks/callbacks.controller.js';
import { InboxStore, inboxRetention } from './callbacks/inbox.store.js';
import { CreateCatalogue1763800000101 } from './catalogue/catalogue.migration.js';
import { MasterDataController } from './catalogue/master-data.controller.js';
import { ProductSetsController } from './catalogue/product-sets.controller.js';
import { ProductSetsStore } from './catalogue/product-sets.store.js';
import { ProductsController } from './catalogue/products.controller.js';
import { ProductsStore } from './catalogue/products.store.js';
import { SellersController } from './catalogue/sellers.controller.js';
import { SellersStore } from './catalogue/sellers.store.js';
import { ownedByShopUpdate } from './imports/owned-by-shop-update.js';
import { ITEM_CONTROLLERS, ITEM_MIGRATIONS, ITEM_PROVIDERS, ITEM_RETENTION } from './items/item-parts.js';
import { LOG_CONSUMERS, LOG_CONTROLLERS, LOG_MIGRATIONS, LOG_PROVIDERS } from './logs/log-parts.js';
import {
  PRODUCT_SYNC_CONTROLLERS,
  PRODUCT_SYNC_MIGRATIONS,
  PRODUCT_SYNC_PROVIDERS,
  PRODUCT_SYNC_RETENTION,
} from './product-sync/product-sync-parts.js';
import { CallsStore } from './queue/calls.store.js';
import { queueRetention } from './queue/queue-retention.js';
import { QueueTime } from './queue/queue-time.js';
import { ResultsStore } from './queue/results.store.js';
import { CALLER, PAYLOADS } from './queue/shop-call.js';
import { CreateSyncQueue1763900000102 } from './queue/sync-queue.migration.js';
import { TimersStore } from './queue/timers.store.js';
import { BreakerStore } from './shop/breaker.store.js';
import { CallJournal } from './shop/call-journal.js';
import { CataloguePayloads } from './shop/catalogue.payloads.js';
import { ShopCaller } from './shop/shop.caller.js';
import { ShopConfigController } from './shop-config/shop-config.controller.js';
import { ShopSettings } from './shop-config/shop-settings.store.js';
import { ShopUpdateConfig } from './shop-update.config.js';
import { Worker } from './workers/worker.js';
import { Workforce } from './workers/workforce.js';

/** What this service publishes. */
export const PUBLISHED = [importResult, shopLogRecorded];

/** Classes with the handlers of the queues that this service consumes. */
export const CONSUMERS = [importRequestsConsumer('shop-update'), ...LOG_CONSUMERS];

/** Sellers, product sets and products. */
@Module({})
export class ShopUpdateModule {
  static forConfig(config: ShopUpdateConfig): DynamicModule {
    return {
      module: ShopUpdateModule,
      imports: [
        EnginesModule.forService(config, {
          service: 'shop-update',
          publishes: PUBLISHED,
          migrations: [
            ...ownershipMigrations,
            CreateCatalogue1763800000101,
            CreateSyncQueue1763900000102,
            ...ANALYTICS_MIGRATIONS,
            ...ITEM_MIGRATIONS,
            ...LOG_MIGRATIONS,
            ...PRODUCT_SYNC_MIGRATIONS,
          ],
          // Every call to the shop takes the same thirty statements.
          shortStatements: true,
          retention: [
            ...ownershipRetention,
            inboxRetention,
            ...queueRetention,
            ...ITEM_RETENTION,
            ...ANALYTICS_RETENTION,
            ...PRODUCT_SYNC_RETENTION,
          ],
        }),
      ],
      controllers: [
        SellersController,
        ProductSetsController,
        ProductsController,
        MasterDataController,
        ...ANALYTICS_CONTROLLERS,
        ...ITEM_CONTROLLERS,
        ...LOG_CONTROLLERS,
        ...PRODUCT_SYNC_CONTROLLERS,
        ShopConfigController,
        CallbackListController,
        CallbacksController,
        ...CONSUMERS,
        deadLettersController('shop-update'),
      ],
      providers: [
        SellersStore,
        ProductSetsStore,
        ProductsStore,
        ImportRequests,
        ProcessedKeys,
        ...ANALYTICS_PROVIDERS,
        ...ITEM_PROVIDERS,
        ...LOG_PROVIDERS,
        ...PRODUCT_SYNC_PROVIDERS,
        { provide: OWNED, useValue: ownedByShopUpdate },
        ShopSettings,
        { provide: PAYLOADS, useExisting: CataloguePayloads },
        CataloguePayloads,
        { provide: CALLER, useExisting: ShopCaller },
        ShopCaller,
        BreakerStore,
        CallJournal,
        CallbackMetrics,
        InboxStore,
        CallbackApplier,
        QueueTime,
        CallsStore,
        ResultsStore,
        TimersStore,
        Worker,
        Workforce,
      ],
    };
  }
}
