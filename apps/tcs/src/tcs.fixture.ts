import { randomUUID } from 'node:crypto';
import {
  connectionSyncDataQueue,
  messages,
  REVALIDATION_EXCHANGE,
  type SyncDataV1,
  type SyncEndV1,
  type SyncStartV1,
  type TraineeItemV1,
  traineeSyncEnd,
  traineeSyncStart,
} from '@lockstep/contracts';
import { createBroker, type Delivery, type OutgoingMessage } from '@lockstep/messaging';
import { AccessAdminModule, createServiceApp, loadConfig } from '@lockstep/service';
import { Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import supertest from 'supertest';
import { TcsModule } from './tcs.module.js';
import { tcsService } from './tcs.service.js';

/** The admin's key of every service started here. */
const ADMIN_KEY = 'test-admin-token';

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

/** What stands at the other end of the queues: sends commands and keeps what the service has sent. */
export interface Peer {
  /** In the order of arrival. */
  readonly batches: SyncDataV1<TraineeItemV1>[];
  readonly ends: SyncEndV1[];
  readonly deliveries: Delivery[];
  command(command: SyncStartV1): Promise<void>;
  close(): Promise<void>;
}

/** Takes integration's place. The service must be up before the first command, or no queue takes it. */
export async function openPeer(rabbitmqUrl: string): Promise<Peer> {
  const broker = createBroker({
    url: rabbitmqUrl,
    service: 'test-peer',
    catalogue: messages,
    exchanges: [REVALIDATION_EXCHANGE],
  });
  const peer: Omit<Peer, 'command' | 'close'> = { batches: [], ends: [], deliveries: [] };
  await broker.connect();
  const options = { batchSize: 20, batchWaitMs: 5, prefetch: 100, concurrency: 1 };
  const subscription = broker.subscribe(connectionSyncDataQueue, options, async (deliveries) => {
    for (const delivery of deliveries) keep(peer, delivery);
    return deliveries.map(() => ({ kind: 'ack' }));
  });
  await subscription.ready;
  return {
    ...peer,
    command: (command) => broker.publish(toMessage(command)),
    close: async () => {
      await broker.drain(5_000);
      await broker.close();
    },
  };
}

function keep(peer: Omit<Peer, 'command' | 'close'>, delivery: Delivery): void {
  const payload = JSON.parse(delivery.body.toString('utf8'));
  peer.deliveries.push(delivery);
  if (delivery.properties.type === traineeSyncEnd.type) peer.ends.push(payload);
  else peer.batches.push(payload);
}

function toMessage(command: SyncStartV1): OutgoingMessage {
  const { exchange, routingKey, type, version } = traineeSyncStart;
  return {
    exchange,
    routingKey,
    body: Buffer.from(JSON.stringify(command)),
    properties: { messageId: randomUUID(), type, headers: { 'x-message-version': version, 'x-attempt': 1 } },
  };
}
