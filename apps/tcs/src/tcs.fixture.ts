import { AccessAdminModule, createServiceApp, loadConfig } from '@lockstep/service';
import { Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import supertest from 'supertest';
import { TcsModule } from './tcs.module.js';
import { tcsService } from './tcs.service.js';

/** The admin's key of every service started here. */
export const ADMIN_KEY = 'test-admin-token';

@Module({})
class TestRoot {}

/** The whole service in this process, its consumers and its worker at work. Its routes also make tokens. */
export async function startTcs(urls: { databaseUrl: string; rabbitmqUrl: string }): Promise<NestExpressApplication> {
  const config = loadConfig(tcsService.config, {
    DATABASE_URL: urls.databaseUrl,
    RABBITMQ_URL: urls.rabbitmqUrl,
    LOCKSTEP_ADMIN_TOKEN: ADMIN_KEY,
    BODY_LIMIT_BYTES: '20480',
  });
  const definition = {
    ...tcsService,
    createModule: () => ({ module: TestRoot, imports: [TcsModule.forConfig(config), AccessAdminModule] }),
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
