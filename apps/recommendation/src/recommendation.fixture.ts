import { randomUUID } from 'node:crypto';
import {
  type GmcDoctorItemV1,
  type MessageDefinition,
  messages,
  type QueueDefinition,
  REVALIDATION_EXCHANGE,
  type SyncDataV1,
  type SyncEndV1,
} from '@lockstep/contracts';
import { buildRabbitDefinitions, createBroker } from '@lockstep/messaging';
import { AccessAdminModule, createServiceApp, loadConfig } from '@lockstep/service';
import type { TestPlaces } from '@lockstep/testing';
import { Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import supertest from 'supertest';
import { DataSource } from 'typeorm';
import { RecommendationModule } from './recommendation.module.js';
import { recommendationService } from './recommendation.service.js';

/** The admin's key of every service started here. */
const ADMIN_KEY = 'test-admin-token';

/** Where a service under test keeps its things. */
type Places = Pick<TestPlaces, 'env' | 'rabbitmqUrl' | 'importDefinitions'>;

/** A message as its consumer would get it. */
export interface Arrival {
  type: string;
  headers: Readonly<Record<string, unknown>>;
  payload: SyncDataV1<GmcDoctorItemV1> & SyncEndV1;
}

/** The whole service in this process, and its neighbours' ends of the queues. */
export interface RecommendationStage {
  app: NestExpressApplication;
  /** Calls the service, as the admin unless another key, or null for none, is given. */
  call: (method: 'get' | 'put' | 'post' | 'delete', path: string, key?: string | null) => supertest.Test;
  /** Loads lines, each an object or a text as it is. */
  load: (path: string, lines: readonly (object | string)[], key?: string) => supertest.Test;
  keys: { viewer: string; operator: string };
  /** What arrives in a queue of a neighbour, from what lies there now on; the array grows. */
  collect: (queue: QueueDefinition) => Promise<Arrival[]>;
  /** Sends a message as a neighbour does; the broker has it when this resolves. */
  publish: <T extends object>(definition: MessageDefinition<T>, payload: T) => Promise<void>;
  sql: <T>(text: string, parameters?: unknown[]) => Promise<T[]>;
  stop: () => Promise<void>;
}

@Module({})
class TestRoot {}

/** Starts the service on places of its own, its consumers and its worker at work. Its routes also make tokens. */
export async function startRecommendation(places: Places): Promise<RecommendationStage> {
  await places.importDefinitions(buildRabbitDefinitions(messages));
  const app = await startApp(places);
  const neighbours = await connectNeighbours(places.rabbitmqUrl);
  const call: RecommendationStage['call'] = (method, path, key = ADMIN_KEY) => {
    const request = supertest(app.getHttpServer())[method](path);
    return key === null ? request : request.set('Authorization', `Bearer ${key}`);
  };
  const keyOf = async (role: string): Promise<string> =>
    (await call('post', '/api/tokens').send({ name: role, role })).body.key;
  return {
    app,
    call,
    load: (path, lines, key) =>
      call('post', path, key)
        .set('Content-Type', 'application/x-ndjson')
        .send(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')),
    keys: { viewer: await keyOf('viewer'), operator: await keyOf('operator') },
    collect: neighbours.collect,
    publish: neighbours.publish,
    sql: (text, parameters) => app.get(DataSource).query(text, parameters),
    stop: async () => {
      await neighbours.leave();
      await app.close();
    },
  };
}

async function startApp(places: Places): Promise<NestExpressApplication> {
  const config = loadConfig(recommendationService.config, {
    ...places.env,
    LOCKSTEP_ADMIN_TOKEN: ADMIN_KEY,
    BODY_LIMIT_BYTES: '20480',
  });
  const imports = [RecommendationModule.forConfig(config), AccessAdminModule];
  const definition = { ...recommendationService, createModule: () => ({ module: TestRoot, imports }) };
  const app = await createServiceApp(definition, config, false);
  await app.startAllMicroservices();
  await app.init();
  return app;
}

/** Takes the places of the services at the other ends of the queues. */
export async function connectNeighbours(
  url: string,
): Promise<Pick<RecommendationStage, 'collect' | 'publish'> & { leave: () => Promise<void> }> {
  const exchanges = [REVALIDATION_EXCHANGE];
  const broker = createBroker({ url, service: 'test-neighbour', catalogue: messages, exchanges });
  await broker.connect();
  return {
    collect: async (queue) => {
      const arrivals: Arrival[] = [];
      const options = { batchSize: 20, batchWaitMs: 5, prefetch: 100, concurrency: 1 };
      const subscription = broker.subscribe(queue, options, async (deliveries) => {
        for (const { body, properties } of deliveries) {
          const { type = '', headers } = properties;
          arrivals.push({ type, headers, payload: JSON.parse(body.toString('utf8')) });
        }
        return deliveries.map(() => ({ kind: 'ack' }));
      });
      await subscription.ready;
      return arrivals;
    },
    publish: ({ exchange, routingKey, type, version }, payload) =>
      broker.publish({
        exchange,
        routingKey,
        body: Buffer.from(JSON.stringify(payload)),
        properties: { messageId: randomUUID(), type, headers: { 'x-message-version': version, 'x-attempt': 1 } },
      }),
    leave: async () => {
      await broker.drain(5_000);
      await broker.close();
    },
  };
}
