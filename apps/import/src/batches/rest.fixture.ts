import { DatabaseModule, databaseMigrations } from '@lockstep/database';
import { AccessAdminModule, createServiceApp, loadConfig, ServiceConfig } from '@lockstep/service';
import { Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import supertest from 'supertest';
import { CreateImportTables1763700000001 } from '../database/create-import-tables.migration.js';
import { StoredFeedConfig } from '../feed-configs/feed-config.entity.js';
import { FeedConfigsStore } from '../feed-configs/feed-configs.store.js';
import { ImportTypesVersion } from '../import-types/import-types.entity.js';
import { CreateImportTypes1763700000002 } from '../import-types/import-types.migration.js';
import { ImportTypesStore } from '../import-types/import-types.store.js';
import { BATCH_CONTROLLERS, batchProviders } from './batch-parts.js';
import type { FakeHandOver } from './batches.fixture.js';
import { HAND_OVER } from './hand-over.js';

/** The admin's key of every service started here. */
const ADMIN_KEY = 'test-admin-token';

@Module({})
class BatchesTestModule {}

/** The imports' REST and pipeline in this process, with something in the place of execution. */
export async function startBatches(
  databaseUrl: string,
  directory: string,
  handOver: FakeHandOver,
): Promise<NestExpressApplication> {
  const settings = { DATABASE_URL: databaseUrl, RABBITMQ_URL: 'amqp://unused', LOCKSTEP_ADMIN_TOKEN: ADMIN_KEY };
  const config = loadConfig(ServiceConfig, settings);
  const database = DatabaseModule.forService({
    url: databaseUrl,
    schema: 'import',
    service: 'import',
    entities: [ImportTypesVersion, StoredFeedConfig],
    migrations: [...databaseMigrations, CreateImportTables1763700000001, CreateImportTypes1763700000002],
  });
  const providers = batchProviders({
    pipeline: { places: 3, leaseSeconds: 2 },
    uploads: { directory, maxBytes: 10_000_000 },
    chunks: { objects: 500, links: 2_000 },
  });
  const app = await createServiceApp(
    {
      service: 'import',
      version: '0.1.0',
      config: ServiceConfig,
      createModule: () => ({
        module: BatchesTestModule,
        imports: [database, AccessAdminModule],
        controllers: BATCH_CONTROLLERS,
        providers: [...providers, ImportTypesStore, FeedConfigsStore, { provide: HAND_OVER, useValue: handOver }],
      }),
    },
    config,
    false,
  );
  await app.init();
  return app;
}

/** Calls the service, as the admin unless another key, or null for none, is given. */
export function caller(app: () => NestExpressApplication) {
  return (method: 'get' | 'post' | 'put', path: string, key: string | null = ADMIN_KEY): supertest.Test => {
    const request = supertest(app().getHttpServer())[method](path);
    return key === null ? request : request.set('Authorization', `Bearer ${key}`);
  };
}
