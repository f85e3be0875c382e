import { AccessAdminModule, createServiceApp, loadConfig } from '@lockstep/service';
import { Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import supertest from 'supertest';
import { ReturnsModule } from './returns.module.js';
import { returnsService } from './returns.service.js';

/** The admin's key of every service started here. */
const ADMIN_KEY = 'test-admin-token';

@Module({})
class TestRoot {}

/** The whole service in this process, its consumers at work. Its routes also make tokens. */
export async function startReturns(urls: {
  databaseUrl: string;
  rabbitmqUrl: string;
  elasticsearchUrl: string;
  indexPrefix?: string;
  /** Further settings. Nothing is indexed by itself unless RETURNS_EVERY_SECONDS says so. */
  settings?: Readonly<Record<string, string>>;
}): Promise<NestExpressApplication> {
  const config = loadConfig(returnsService.config, {
    DATABASE_URL: urls.databaseUrl,
    RABBITMQ_URL: urls.rabbitmqUrl,
    ELASTICSEARCH_URL: urls.elasticsearchUrl,
    INDEX_PREFIX: urls.indexPrefix ?? '',
    LOCKSTEP_ADMIN_TOKEN: ADMIN_KEY,
    RETURNS_EVERY_SECONDS: '0',
    ...urls.settings,
  });
  const definition = {
    ...returnsService,
    createModule: () => ({ module: TestRoot, imports: [ReturnsModule.forConfig(config), AccessAdminModule] }),
  };
  const app = await createServiceApp(definition, config, false);
  await app.startAllMicroservices();
  await app.init();
  return app;
}

/** Calls the service, as the admin unless another key, or null for none, is given. */
export function caller(app: () => NestExpressApplication) {
  return (method: 'get' | 'put' | 'post' | 'delete', path: string, key: string | null = ADMIN_KEY) => {
    const request = supertest(app().getHttpServer())[method](path);
    return key === null ? request : request.set('Authorization', `Bearer ${key}`);
  };
}
