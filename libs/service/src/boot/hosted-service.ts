import type { LoggerService } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { migrateAccess } from '../access/access.migrations.js';
import { loadConfig } from '../config/load-config.js';
import type { ServiceConfig } from '../config/service-config.js';
import { routesOf } from '../front-door/routes-of.js';
import { createServiceApp } from './create-service-app.js';
import type { ServiceDefinition } from './service-definition.js';

/** A service to be run beside others in one process, whatever its settings are. */
export interface HostedService {
  readonly service: string;
  readonly version: string;
  /** The paths that it serves, apart from those that every service has. Connects to nothing. */
  routes(): string[];
  /**
   * Its application, initialised and consuming, but not listening: hand requests to `getHttpAdapter().getInstance()`.
   * Throws `ConfigError` for wrong settings, and what stops it from starting.
   */
  start(env: NodeJS.ProcessEnv, logger: LoggerService | false): Promise<NestExpressApplication>;
  /**
   * Brings the schemas that it uses up to date and nothing else: of the engines only the database is asked, nothing is
   * consumed or driven. Throws `ConfigError` for wrong settings, and what a migration threw.
   */
  migrate(env: NodeJS.ProcessEnv, logger: LoggerService | false): Promise<void>;
}

/** Enough to make a module and look at it; nothing connects before the application is made. */
const PLACEHOLDERS = {
  DATABASE_URL: 'postgres://unused.invalid/unused',
  RABBITMQ_URL: 'amqp://unused.invalid',
  ELASTICSEARCH_URL: 'http://unused.invalid',
};

/** Makes a definition hostable: forgets the type of its configuration, so that services can stand in one list. */
export function hostService<Config extends ServiceConfig>(definition: ServiceDefinition<Config>): HostedService {
  const { service, version, config, createModule } = definition;
  return {
    service,
    version,
    routes: () => routesOf(createModule(loadConfig(config, PLACEHOLDERS))),
    start: async (env, logger) => {
      const app = await createServiceApp(definition, loadConfig(config, env), logger);
      try {
        await app.init();
        await app.startAllMicroservices();
        return app;
      } catch (error) {
        await app.close().catch(() => undefined);
        throw error;
      }
    },
    migrate: async (env, logger) => {
      // The service's own schema is migrated while the application is made, the one of access when it is initialised.
      const app = await createServiceApp(definition, loadConfig(config, env), logger);
      try {
        await migrateAccess(app.get(DataSource), service);
      } finally {
        await app.close();
      }
    },
  };
}
