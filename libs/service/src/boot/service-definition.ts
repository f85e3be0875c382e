import type { DynamicModule, InjectionToken, Type } from '@nestjs/common';
import type { ServiceConfig } from '../config/service-config.js';
import type { ServiceParts } from './service-parts.js';

/** What makes a service one of its own; `runService` and `createServiceApp` do the rest. */
export interface ServiceDefinition<Config extends ServiceConfig = ServiceConfig> extends Partial<ServiceParts> {
  /** `tcs`, `shop-update` ...: stands in logs, metrics, connections, audit. */
  readonly service: string;
  readonly version: string;
  readonly config: new () => Config;
  /** The service's own module. It imports `DatabaseModule.forService(...)`, which the chassis needs. */
  readonly createModule: (config: Config) => DynamicModule | Type;
  /** Tokens of transport strategies (`CustomTransportStrategy`), connected before the application starts. */
  readonly strategies?: readonly InjectionToken[];
}
