import { randomUUID } from 'node:crypto';
import {
  type GmcDoctorItemV1,
  getMasterCommand,
  gmcDoctorsUpdated,
  gmcSyncData,
  gmcSyncEnd,
  gmcSyncStart,
  indexRebuildReported,
  type MessageDefinition,
  masterDoctorsUpdated,
  messages,
  type QueueDefinition,
  type SyncDataV1,
  type SyncEndV1,
} from '@lockstep/contracts';
import { buildRabbitDefinitions } from '@lockstep/messaging';
import { AccessAdminModule, createServiceApp, loadConfig } from '@lockstep/service';
import { createIndexPrefix, createTestDatabase, createTestVhost, type Engines } from '@lockstep/testing';
import { Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import amqp from 'amqplib';
import supertest from 'supertest';
import { DataSource } from 'typeorm';
import { RecommendationModule } from './recommendation.module.js';
import { recommendationService } from './recommendation.service.js';

/** The admin's key of every service started here. */
export const ADMIN_KEY = 'test-admin-token';

const CATALOGUE: readonly MessageDefinition[] = [
  ...new Set([
    ...messages,
    gmcSyncStart,
    gmcSyncData,
    gmcSyncEnd,
    gmcDoctorsUpdated,
    getMasterCommand,
    indexRebuildReported,
    masterDoctorsUpdated,
  ]),
];

@Module({})
class TestRoot {}

/** A message as its consumer would get it. */
export interface Arrival {
  type: string;
  headers: Record<string, unknown>;
  payload: SyncDataV1<GmcDoctorItemV1> & SyncEndV1;
}

/** The whole service in this process on a database and a broker of its own, and a look at what it sends. */
export interface RecommendationStage {
  app: NestExpressApplication;
  /** Calls the service, as the admin unless another key, or null for none, is given. */
  call: (method: 'get' | 'put' | 'post' | 'delete', path: string, key?: string | null) => supertest.Test;
  /** Loads lines, each an object or a text as it is. */
  load: (path: string, lines: readonly (object | string)[], key?: string) => supertest.Test;
  keys: { viewer: string; operator: string };
  /** What arrives in a queue of somebody else, oldest first, from what lies there now on; the array grows. */
  collect: (queue: QueueDefinition) => Promise<Arrival[]>;
  /** Sends a message as somebody else does; the broker has it when this resolves. */
  publish: <T extends object>(definition: MessageDefinition<T>, payload: T) => Promise<void>;
  sql: <T>(text: string, parameters?: unknown[]) => Promise<T[]>;
  databaseUrl: string;
  rabbitmqUrl: string;
  stop: () => Promise<void>;
}

export async function startRecommendation(engines: Engines): Promise<RecommendationStage> {
  const [database, vhost] = await Promise.all([createTestDatabase(engines), createTestVhost(engines)]);
  const indexes = createIndexPrefix(engines);
  await vhost.management.importDefinitions(buildRabbitDefinitions(CATALOGUE));
  const config = loadConfig(recommendationService.config, {
    DATABASE_URL: database.url,
    RABBITMQ_URL: vhost.url,
    ELASTICSEARCH_URL: engines.elasticsearchUrl,
    INDEX_PREFIX: indexes.prefix,
    LOCKSTEP_ADMIN_TOKEN: ADMIN_KEY,
    BODY_LIMIT_BYTES: '20480',
  });
  const imports = [RecommendationModule.forConfig(config, CATALOGUE), AccessAdminModule];
  const definition = { ...recommendationService, createModule: () => ({ module: TestRoot, imports }) };
  const app = await createServiceApp(definition, config, false);
  await app.startAllMicroservices();
  await app.init();
  const connection = await amqp.connect(vhost.url);
  const channel = await connection.createConfirmChannel();
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
    collect: async ({ name }) => {
      const arrivals: Arrival[] = [];
      const take = (message: amqp.ConsumeMessage | null): void => {
        if (!message) return;
        const { type, headers = {} } = message.properties;
        arrivals.push({ type, headers, payload: JSON.parse(message.content.toString('utf8')) });
      };
      await channel.consume(name, take, { noAck: true });
      return arrivals;
    },
    publish: async ({ exchange, routingKey, type, version }, payload) => {
      const headers = { 'x-message-version': version, 'x-attempt': 1 };
      const body = Buffer.from(JSON.stringify(payload));
      channel.publish(exchange, routingKey, body, { type, messageId: randomUUID(), headers, mandatory: true });
      await channel.waitForConfirms();
    },
    sql: (text, parameters) => app.get(DataSource).query(text, parameters),
    databaseUrl: database.url,
    rabbitmqUrl: vhost.url,
    stop: async () => {
      await connection.close();
      await app.close();
      await Promise.all([database.remove(), vhost.remove(), indexes.remove()]);
    },
  };
}
