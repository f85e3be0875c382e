import { type LoggerService, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule } from '@nestjs/swagger';
import type { Request } from 'express';
import helmet from 'helmet';
import { ServiceConfig } from '../config/service-config.js';
import { ServiceMetrics } from '../metrics/service-metrics.js';
import { buildDocument } from '../openapi/build-document.js';
import { observeRequests } from '../requests/observe-requests.js';
import { ServiceIdentity } from '../service-identity.js';
import { ServiceModule } from './service.module.js';
import type { ServiceDefinition } from './service-definition.js';
import { SERVICE_PARTS, type ServiceParts } from './service-parts.js';

@Module({})
class RootModule {}

/**
 * A service's application, configured and with its consumers connected, but neither initialised nor listening: `init()` and
 * `startAllMicroservices()` are the caller's. Throws what stops the service from being made, such as a database that does
 * not answer.
 */
export async function createServiceApp<Config extends ServiceConfig>(
  definition: ServiceDefinition<Config>,
  config: Config,
  logger: LoggerService | false,
): Promise<NestExpressApplication> {
  const root = {
    module: RootModule,
    imports: [ServiceModule.forService(definition, config), definition.createModule(config)],
  };
  const app = await NestFactory.create<NestExpressApplication>(root, {
    logger,
    abortOnError: false,
    bodyParser: false,
    routeConflictPolicy: { duplicate: 'error' },
  });
  configureApp(app);
  for (const token of definition.strategies ?? []) {
    const strategy = app.get<CustomTransportStrategy>(token, { strict: false });
    // Guards and filters of requests must not judge messages.
    app.connectMicroservice({ strategy }, { inheritAppConfig: false });
  }
  return app;
}

/** Middleware, limits and documentation of an application that imports `ServiceModule`; for tests that make their own. */
export function configureApp(app: NestExpressApplication): void {
  const config = app.get(ServiceConfig);
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  if (config.trustProxy)
    app.set('trust proxy', /^\d+$/.test(config.trustProxy) ? Number(config.trustProxy) : config.trustProxy);
  app.use(observeRequests(app.get(ServiceMetrics)));
  // Upgrading to https would break a plain http installation on any host but localhost.
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }));
  const { unparsedPaths } = app.get<ServiceParts>(SERVICE_PARTS);
  app.useBodyParser('json', {
    limit: config.bodyLimitBytes,
    type: (message) => isParsed(message as Request, unparsedPaths),
  });
  // Built at the first request: at boot it would cost every start what few need.
  const document = () => buildDocument(app);
  // Under its name as well, where several services share an address. First: the other would take everything below it.
  const { service } = app.get(ServiceIdentity);
  SwaggerModule.setup(`api/docs/${service}`, app, document, { jsonDocumentUrl: `api/docs/${service}/json` });
  SwaggerModule.setup('api/docs', app, document, { jsonDocumentUrl: 'api/docs-json' });
}

/** With or without a slash at its end a path is the same route. */
function isParsed(request: Request, unparsedPaths: readonly string[]): boolean {
  return request.is('application/json') !== false && !unparsedPaths.includes(request.path.replace(/\/$/, ''));
}
