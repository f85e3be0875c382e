import { DatabaseModule } from '@lockstep/database';
import { Module, type Type } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import supertest from 'supertest';
import {
  AccessAdminModule,
  Clock,
  createLogger,
  createServiceApp,
  type HealthContributor,
  loadConfig,
  NestLogger,
  ServiceConfig,
} from './index.js';

/** The admin's key of every application made here. */
export const ADMIN_KEY = 'test-admin-token';

@Module({})
class OrdersModule {}

/** What a test may set of the application it makes. */
export interface TestAppOptions {
  databaseUrl: string;
  controllers: Type[];
  clock?: Clock;
  search?: HealthContributor;
  /** Receives each line of the log. */
  log?: (line: string) => void;
}

class NoSearch implements HealthContributor {
  readonly name = 'search';
  check() {
    return { status: 'up' } as const;
  }
}

/** A service `orders` 1.2.3 made as a real one is, neither initialised nor listening. */
export async function makeTestApp(options: TestAppOptions): Promise<NestExpressApplication> {
  const { databaseUrl, controllers, clock, log } = options;
  const settings = { DATABASE_URL: databaseUrl, RABBITMQ_URL: 'amqp://unused', LOCKSTEP_ADMIN_TOKEN: ADMIN_KEY };
  const config = loadConfig(ServiceConfig, { ...settings, BODY_LIMIT_BYTES: '2048' });
  const destination = { write: (line: string) => log?.(line) };
  const logger = createLogger({ service: 'orders', version: '1.2.3', level: 'info', destination });
  const database = DatabaseModule.forService({
    url: databaseUrl,
    schema: 'orders',
    service: 'orders',
    entities: [],
    migrations: [],
  });
  const app = await createServiceApp(
    {
      service: 'orders',
      version: '1.2.3',
      config: ServiceConfig,
      health: ['search health'],
      createModule: () => ({
        module: OrdersModule,
        imports: [database, AccessAdminModule],
        controllers,
        providers: [{ provide: 'search health', useValue: options.search ?? new NoSearch() }],
      }),
    },
    config,
    new NestLogger(logger),
  );
  if (clock) app.get(Clock).now = () => clock.now();
  return app;
}

/** Calls an application; as the admin unless another key, or null for none, is given. */
export function caller(app: () => NestExpressApplication) {
  return (method: 'get' | 'post' | 'put' | 'delete' | 'patch', path: string, key: string | null = ADMIN_KEY) => {
    const request = supertest(app().getHttpServer())[method](path);
    return key === null ? request : request.set('Authorization', `Bearer ${key}`);
  };
}
