import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { AccessGuard } from '../access/access.guard.js';
import { AccessModule } from '../access/access.module.js';
import { AuditInterceptor } from '../access/audit.interceptor.js';
import { Clock } from '../clock.js';
import { ServiceConfig } from '../config/service-config.js';
import { EventStreams } from '../event-streams.js';
import { DatabaseHealth } from '../health/database.health.js';
import { HealthController } from '../health/health.controller.js';
import { Readiness } from '../health/readiness.js';
import { MetricsController } from '../metrics/metrics.controller.js';
import { MetricsRegistry } from '../metrics/metrics-registry.js';
import { ServiceMetrics } from '../metrics/service-metrics.js';
import { ProblemFilter } from '../problems/problem.filter.js';
import { createValidationPipe } from '../problems/validation.js';
import { RequestShapeGuard } from '../requests/request-shape.guard.js';
import { ServiceIdentity } from '../service-identity.js';
import type { ServiceDefinition } from './service-definition.js';
import { SERVICE_PARTS, type ServiceParts } from './service-parts.js';

/** What the chassis needs to know of a service. */
export type ServiceModuleOptions<Config extends ServiceConfig> = Omit<
  ServiceDefinition<Config>,
  'createModule' | 'strategies'
>;

/** The chassis: access, validation, problems, health, metrics, clock, event streams. Needs a global `DataSource`. */
@Module({})
export class ServiceModule {
  static forService<Config extends ServiceConfig>(
    options: ServiceModuleOptions<Config>,
    config: Config,
  ): DynamicModule {
    const parts: ServiceParts = {
      health: [DatabaseHealth, ...(options.health ?? [])],
      metrics: options.metrics ?? [],
      unparsedPaths: options.unparsedPaths ?? [],
    };
    return {
      module: ServiceModule,
      global: true,
      imports: [AccessModule],
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: ServiceConfig, useValue: config },
        { provide: options.config, useValue: config },
        { provide: ServiceIdentity, useValue: new ServiceIdentity(options.service, options.version) },
        { provide: SERVICE_PARTS, useValue: parts },
        { provide: MetricsRegistry, useValue: new MetricsRegistry() },
        Clock,
        DatabaseHealth,
        EventStreams,
        Readiness,
        ServiceMetrics,
        // Who is calling comes before what is sent: a stranger learns nothing about either.
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_GUARD, useClass: RequestShapeGuard },
        { provide: APP_PIPE, useFactory: createValidationPipe },
        { provide: APP_INTERCEPTOR, useClass: AuditInterceptor },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
      exports: [ServiceConfig, options.config, ServiceIdentity, MetricsRegistry, Clock, EventStreams, Readiness],
    };
  }
}
