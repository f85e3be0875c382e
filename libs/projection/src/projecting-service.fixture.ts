import {
  connectionRebuildQueue,
  indexRebuildNeeded,
  indexRebuildReported,
  masterUpdatedConnectionQueue,
} from '@lockstep/contracts';
import { DatabaseModule, databaseMigrations } from '@lockstep/database';
import { MessagingModule, MessagingServer, messagingMigrations } from '@lockstep/messaging';
import { defineIndexSchema, type SearchEngine, searchMigrations } from '@lockstep/search';
import { createServiceApp, isEngineUnavailable, loadConfig, SEARCH_ENGINE, ServiceConfig } from '@lockstep/service';
import { Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { PROJECTION_MESSAGES } from './integration.fixture.js';
import type { Projection } from './projection.js';
import { ProjectionModule, projectionMigrations } from './projection.module.js';

@Module({})
class TestRoot {}

@Module({})
class TestSearchModule {}

/**
 * The smallest projection with everything in it: doctors of type HIDDEN are not shown, those of type BROKEN cannot be
 * projected, those of type REFUSED do not fit the index, and a membership is over from its last day on.
 */
export const toyProjection: Projection = {
  service: 'connection',
  family: {
    name: 'toy',
    schema: defineIndexSchema({
      name: 'toy',
      version: 1,
      fields: {
        gmcReferenceNumber: { type: 'keyword', search: true },
        doctorLastName: { type: 'keyword', search: true },
        membershipEndDate: { type: 'date' },
        isOver: { type: 'boolean' },
        nextTransitionDate: { type: 'date' },
      },
    }),
    aliases: [{ name: 'toyindex' }, { name: 'overindex', filter: { field: 'isOver', anyOf: [true] } }],
  },
  project: ({ gmcReferenceNumber, doctorLastName, membershipType, membershipEndDate }, asOf) => {
    if (membershipType === 'HIDDEN') return null;
    if (membershipType === 'BROKEN') throw new Error('a doctor nobody has thought of');
    const isOver = membershipEndDate !== null && membershipEndDate <= asOf;
    const document = { gmcReferenceNumber, doctorLastName, membershipEndDate, isOver };
    const unknown = membershipType === 'REFUSED' ? { notInTheSchema: 1 } : {};
    return { ...document, ...unknown, nextTransitionDate: isOver ? null : membershipEndDate };
  },
  rebuildQueue: connectionRebuildQueue,
  updatedQueue: masterUpdatedConnectionQueue,
};

/** A service that does nothing but project, in this process, its consumers and its worker at work. */
export async function startProjectingService(
  urls: { databaseUrl: string; rabbitmqUrl: string },
  engine: SearchEngine,
  projection: Projection = toyProjection,
): Promise<NestExpressApplication> {
  const config = loadConfig(ServiceConfig, { DATABASE_URL: urls.databaseUrl, RABBITMQ_URL: urls.rabbitmqUrl });
  const modules = [
    DatabaseModule.forService({
      url: config.databaseUrl,
      schema: 'toy',
      service: 'connection',
      entities: [],
      migrations: [...databaseMigrations, ...messagingMigrations, ...searchMigrations, ...projectionMigrations],
    }),
    MessagingModule.forService({
      service: 'connection',
      publishes: [indexRebuildReported, indexRebuildNeeded],
      url: config.rabbitmqUrl,
      catalogue: PROJECTION_MESSAGES,
      isEngineUnavailable,
    }),
    {
      module: TestSearchModule,
      global: true,
      providers: [{ provide: SEARCH_ENGINE, useValue: engine }],
      exports: [SEARCH_ENGINE],
    },
    ProjectionModule.forService(projection),
  ];
  const app = await createServiceApp(
    {
      service: 'connection',
      version: '0.0.0',
      config: ServiceConfig,
      createModule: () => ({ module: TestRoot, imports: modules }),
      strategies: [MessagingServer],
    },
    config,
    false,
  );
  await app.startAllMicroservices();
  await app.init();
  return app;
}
