import { createServiceApp, loadConfig } from '@lockstep/service';
import type { NestExpressApplication } from '@nestjs/platform-express';
import supertest from 'supertest';
import { integrationService } from './integration.service.js';

/** The admin's key of every service started here. */
const ADMIN_KEY = 'test-admin-token';

/** The whole service in this process, its consumers and its orchestrator at work. */
export async function startIntegration(urls: {
  databaseUrl: string;
  rabbitmqUrl: string;
  elasticsearchUrl: string;
  indexPrefix: string;
  /** Further settings, as environment variables. */
  settings?: Record<string, string>;
}): Promise<NestExpressApplication> {
  const config = loadConfig(integrationService.config, {
    DATABASE_URL: urls.databaseUrl,
    RABBITMQ_URL: urls.rabbitmqUrl,
    ELASTICSEARCH_URL: urls.elasticsearchUrl,
    INDEX_PREFIX: urls.indexPrefix,
    LOCKSTEP_ADMIN_TOKEN: ADMIN_KEY,
    ...urls.settings,
  });
  const app = await createServiceApp(integrationService, config, false);
  await app.startAllMicroservices();
  await app.init();
  return app;
}

/** Calls the service, as the admin unless another key, or null for none, is given. */
export function caller(app: () => NestExpressApplication) {
  return (method: 'get' | 'post', path: string, key: string | null = ADMIN_KEY) => {
    const request = supertest(app().getHttpServer())[method](path);
    return key === null ? request : request.set('Authorization', `Bearer ${key}`);
  };
}
