import { AccessAdminModule, createServiceApp, loadConfig } from '@lockstep/service';
import { Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import supertest from 'supertest';
import { ShopUpdateModule } from './shop-update.module.js';
import { shopUpdateService } from './shop-update.service.js';

/** The admin's key of every service started here. */
const ADMIN_KEY = 'test-admin-token';

@Module({})
class TestRoot {}

/** The whole service in this process, its consumers at work. Its routes also make tokens. */
export async function startShopUpdate(urls: {
  databaseUrl: string;
  rabbitmqUrl: string;
  /** @default the database: the log is searched in PostgreSQL */
  elasticsearchUrl?: string;
  indexPrefix?: string;
  /** Settings beyond the engines. */
  env?: Readonly<Record<string, string>>;
}): Promise<NestExpressApplication> {
  const config = loadConfig(shopUpdateService.config, {
    DATABASE_URL: urls.databaseUrl,
    RABBITMQ_URL: urls.rabbitmqUrl,
    ELASTICSEARCH_URL: urls.elasticsearchUrl ?? urls.databaseUrl,
    INDEX_PREFIX: urls.indexPrefix ?? '',
    LOCKSTEP_ADMIN_TOKEN: ADMIN_KEY,
    ...urls.env,
  });
  const definition = {
    ...shopUpdateService,
    createModule: () => ({ module: TestRoot, imports: [ShopUpdateModule.forConfig(config), AccessAdminModule] }),
  };
  const app = await createServiceApp(definition, config, false);
  await app.startAllMicroservices();
  await app.init();
  return app;
}

/** Calls the service, as the admin unless another key, or null for none, is given. */
export function caller(app: () => NestExpressApplication) {
  return (method: 'get' | 'put' | 'patch' | 'post' | 'delete', path: string, key: string | null = ADMIN_KEY) => {
    const request = supertest(app().getHttpServer())[method](path);
    return key === null ? request : request.set('Authorization', `Bearer ${key}`);
  };
}
