import type { MessageDefinition, ServiceName } from '@lockstep/contracts';
import {
  DatabaseModule,
  databaseMigrations,
  type EntityClass,
  type MigrationClass,
  type RetentionRule,
} from '@lockstep/database';
import { MessagingModule, messagingMigrations, messagingRetention } from '@lockstep/messaging';
import { type DynamicModule, Module } from '@nestjs/common';
import { accessRetention } from '../access/access.migrations.js';
import { SearchingServiceConfig, type ServiceConfig } from '../config/service-config.js';
import { BrokerHealth } from './broker.health.js';
import { BrokerMetrics } from './broker.metrics.js';
import { isEngineUnavailable } from './engine-unavailable.js';
import { SearchModule } from './search.module.js';

/** What a service states of its database and of its messages. */
export interface ServiceEngines {
  /** Its schema is called the same, with `_` for `-`. */
  readonly service: ServiceName;
  /** Every message that it publishes; the boot check compares this with the catalogue. */
  readonly publishes: readonly MessageDefinition[];
  /** See `MessagingOptions`. */
  readonly mayPublish?: (definition: MessageDefinition) => boolean;
  /** @default none */
  readonly entities?: readonly EntityClass[];
  /** Beside those of the libraries `database` and `messaging`. */
  readonly migrations: readonly MigrationClass[];
  /** What it forgets, beside messages and the audit. @default nothing */
  readonly retention?: readonly RetentionRule[];
  /** See `DatabaseOptions`. @default false */
  readonly shortStatements?: boolean;
}

/**
 * The engines of a service, for the whole application: its database, its broker, and the search engine where its settings
 * name one. `BrokerHealth`, `BrokerMetrics` and `SearchHealth` may stand in its definition.
 */
@Module({})
export class EnginesModule {
  static forService(config: ServiceConfig, engines: ServiceEngines): DynamicModule {
    const { service, publishes, mayPublish, entities = [], migrations, retention = [], shortStatements } = engines;
    const database = DatabaseModule.forService({
      url: config.databaseUrl,
      schema: service.replaceAll('-', '_'),
      service,
      entities,
      migrations: [...databaseMigrations, ...messagingMigrations, ...migrations],
      poolSize: config.databasePoolSize,
      shortStatements,
      retention: { rules: [...messagingRetention, ...accessRetention, ...retention], limits: config.retention },
    });
    const messaging = MessagingModule.forService({
      service,
      publishes,
      mayPublish,
      url: config.rabbitmqUrl,
      isEngineUnavailable,
      drainTimeoutMs: config.shutdownGraceMs,
    });
    const search = config instanceof SearchingServiceConfig ? [SearchModule.forService(config)] : [];
    return {
      module: EnginesModule,
      imports: [database, messaging, ...search],
      providers: [BrokerHealth, BrokerMetrics],
      exports: [BrokerHealth, BrokerMetrics],
    };
  }
}
