import { createDataSource, migrate } from '@lockstep/database';
import { defineIndexSchema, ElasticsearchEngine, IndexFamily, searchMigrations } from '@lockstep/search';
import {
  aMasterDoctor,
  createIndexPrefix,
  createTestDatabase,
  createTestVhost,
  describeWithEngines,
  type TestDatabase,
  type TestIndexPrefix,
  type TestVhost,
  waitFor,
} from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Integration } from '../integration.fixture.js';
import { ProjectedIndexHealth } from '../projected-index.health.js';
import { ProjectedIndex } from '../projected-index.js';
import { startProjectingService, toyProjection } from '../projecting-service.fixture.js';

/** As an earlier deployment had it: without the name. */
const { doctorLastName, ...fields } = toyProjection.family.schema.fields;
const FORMER_SCHEMA = defineIndexSchema({ name: 'toy', version: 0, fields });

describeWithEngines('a projected index that needs a rebuild', (engines) => {
  let database: TestDatabase;
  let vhost: TestVhost;
  let prefix: TestIndexPrefix;
  let dataSource: DataSource;
  let engine: ElasticsearchEngine;
  let integration: Integration;
  let app: NestExpressApplication;

  beforeEach(async () => {
    [database, vhost] = await Promise.all([createTestDatabase(engines), createTestVhost(engines)]);
    prefix = createIndexPrefix(engines);
    engine = new ElasticsearchEngine({ url: engines.elasticsearchUrl, prefix: prefix.prefix });
    integration = await Integration.join(vhost.url, engine);
    dataSource = createDataSource({
      url: database.url,
      schema: 'toy',
      service: 'test',
      entities: [],
      migrations: searchMigrations,
    });
    await dataSource.initialize();
    await migrate(dataSource);
  });
  afterEach(async () => {
    await app?.close();
    await integration?.close();
    await dataSource?.destroy();
    await engine?.close();
    await Promise.all([database?.remove(), vhost?.remove()]);
    await prefix?.remove();
  });

  const found = (schema = toyProjection.family.schema) =>
    new IndexFamily({ ...toyProjection.family, schema, dataSource, engine }).ensure();
  const startService = async () => {
    app = await startProjectingService({ databaseUrl: database.url, rabbitmqUrl: vhost.url }, engine);
  };
  const health = () => app.get(ProjectedIndexHealth, { strict: false }).check();
  const told = () => waitFor('integration to be told', () => integration.needs[0]);

  it('since it was made from another schema says so, and takes changes meanwhile', async () => {
    await found(FORMER_SCHEMA);
    await startService();
    expect(await told()).toEqual({
      service: 'connection',
      generation: 'toy-000001',
      reason: 'otherSchema',
      schemaHash: toyProjection.family.schema.hash,
    });
    expect(await health()).toMatchObject({ status: 'degraded', detail: { rebuildReason: 'otherSchema' } });
    await integration.change({ id: '7000001', version: 1, document: aMasterDoctor({ gmcReferenceNumber: '7000001' }) });
    await waitFor('the change', async () => (await engine.getMany('toy-000001', ['7000001'])).length === 1);
  });

  it('since its engine had lost it says so, until a run has given it another', async () => {
    await found();
    await engine.deleteIndex('toy-000001');
    await startService();
    expect(await told()).toMatchObject({ generation: 'toy-000002', reason: 'afterLoss' });
    expect(await health()).toMatchObject({ status: 'degraded', detail: { generation: 'toy-000002' } });
    const { runId } = await integration.command({ fence: 1 });
    await waitFor('the rebuild', () => integration.findLastWord(runId), { timeoutMs: 60_000 });
    expect(await health()).toEqual({ status: 'up' });
  });

  it('is not there when all is well', async () => {
    await found();
    await startService();
    await app.get(ProjectedIndex, { strict: false }).ready();
    expect(await health()).toEqual({ status: 'up' });
  });
});
