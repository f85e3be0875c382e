import { ProductSyncController } from './product-sync.controller.js';
import { ProductSync } from './product-sync.js';
import { SyncLinkStore, syncLinkRetention } from './sync-link.store.js';
import { CreateSyncLinks1763900000601 } from './sync-links.migration.js';

export const PRODUCT_SYNC_CONTROLLERS = [ProductSyncController];

export const PRODUCT_SYNC_PROVIDERS = [ProductSync, SyncLinkStore];

export const PRODUCT_SYNC_MIGRATIONS = [CreateSyncLinks1763900000601];

export const PRODUCT_SYNC_RETENTION = [syncLinkRetention];
