import { DatabaseModule } from '@lockstep/database';
import { AccessAdminModule, createServiceApp, loadConfig, ServiceConfig } from '@lockstep/service';
import { createTestDatabase, describeWithEngines, type TestDatabase } from '@lockstep/testing';
import { Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import supertest from 'supertest';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EXAMPLE_IMPORT_TYPES } from '../import-types/example-import-types.js';
import { ImportTypesController } from '../import-types/import-types.controller.js';
import { ImportTypesVersion } from '../import-types/import-types.entity.js';
import { CreateImportTypes1763700000002 } from '../import-types/import-types.migration.js';
import { ImportTypesStore } from '../import-types/import-types.store.js';
import { StoredFeedConfig } from './feed-config.entity.js';
import { FeedConfigsController } from './feed-configs.controller.js';
import { FeedConfigsStore } from './feed-configs.store.js';

const ADMIN_KEY = 'test-admin-token';

@Module({})
class TestRoot {}

async function startApp(databaseUrl: string): Promise<NestExpressApplication> {
  const settings = { DATABASE_URL: databaseUrl, RABBITMQ_URL: 'amqp://unused', LOCKSTEP_ADMIN_TOKEN: ADMIN_KEY };
  const database = DatabaseModule.forService({
    url: databaseUrl,
    schema: 'import',
    service: 'import',
    entities: [ImportTypesVersion, StoredFeedConfig],
    migrations: [CreateImportTypes1763700000002],
  });
  const definition = {
    service: 'import' as const,
    version: '0.1.0',
    config: ServiceConfig,
    createModule: () => ({
      module: TestRoot,
      imports: [database, AccessAdminModule],
      controllers: [ImportTypesController, FeedConfigsController],
      providers: [ImportTypesStore, FeedConfigsStore],
    }),
  };
  const app = await createServiceApp(definition, loadConfig(ServiceConfig, settings), false);
  await app.init();
  return app;
}

describeWithEngines('types and mappings', (engines) => {
  let database: TestDatabase;
  let app: NestExpressApplication;
  let viewer: string;
  let operator: string;

  const call = (method: 'get' | 'put' | 'post', path: string, key = ADMIN_KEY) =>
    supertest(app.getHttpServer())[method](path).set('Authorization', `Bearer ${key}`);
  const keyOf = async (role: string) => (await call('post', '/api/tokens').send({ name: role, role })).body.key;

  beforeAll(async () => {
    database = await createTestDatabase(engines);
    app = await startApp(database.url);
    viewer = await keyOf('viewer');
    operator = await keyOf('operator');
  });
  afterAll(async () => {
    await app?.close();
    await database?.remove();
  });

  const config = {
    importType: 'csv',
    objects: [{ objectType: 'brand', reference: { column: 'code' }, fields: { name: 'name' } }],
  };

  it('has the example types at first, keeps each change as a version, and none without a change', async () => {
    const first = await call('get', '/api/import-types', viewer).expect(200);
    expect(first.body).toMatchObject({ ...EXAMPLE_IMPORT_TYPES, version: 1, updatedBy: 'lockstep' });
    const same = await call('put', '/api/import-types').send(EXAMPLE_IMPORT_TYPES).expect(200);
    expect(same.body).toMatchObject({ version: 1, contentHash: first.body.contentHash });
    const objectTypes = { ...EXAMPLE_IMPORT_TYPES.objectTypes, widget: { service: 'shop-update' } };
    const body = { ...EXAMPLE_IMPORT_TYPES, objectTypes };
    const changes = await Promise.all([
      call('put', '/api/import-types').send(body),
      call('put', '/api/import-types').send(EXAMPLE_IMPORT_TYPES),
      call('put', '/api/import-types').send(body),
    ]);
    expect(changes.map(({ status }) => status)).toEqual([200, 200, 200]);
    const last = await call('put', '/api/import-types').send(body).expect(200);
    expect(last.body.objectTypes.widget).toEqual({
      service: 'shop-update',
      ownerType: 'widget',
      fields: {},
      identifiers: [],
    });
    expect(last.body.contentHash).not.toBe(first.body.contentHash);
    expect((await call('get', '/api/import-types', viewer)).body).toEqual(last.body);
  });

  it('refuses types that do not fit each other, naming each field', async () => {
    const linkTags = { broken: { child: 'brand', parent: 'nobody', linkType: 'Independent' } };
    const answer = await call('put', '/api/import-types').send({
      objectTypes: EXAMPLE_IMPORT_TYPES.objectTypes,
      linkTags,
    });
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(answer.body.errors.map(({ path }: { path: string }) => path)).toEqual([
      'linkTags.broken.parent',
      'linkTags.broken.service',
    ]);
  });

  it('stores a mapping as it was sent, creates it once, and lists it', async () => {
    const created = await call('put', '/api/import-configs/brands').send(config).expect(201);
    expect(created.body).toMatchObject({ id: 'brands', config, contentHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const same = await call('put', '/api/import-configs/brands').send(config).expect(200);
    expect(same.body).toEqual(created.body);
    const changed = await call('put', '/api/import-configs/brands')
      .send({ ...config, useUserReference: true })
      .expect(200);
    expect(changed.body.contentHash).not.toBe(created.body.contentHash);
    expect((await call('get', '/api/import-configs/brands', viewer).expect(200)).body).toEqual(changed.body);
    expect((await call('get', '/api/import-configs', viewer).expect(200)).body).toMatchObject({
      total: 1,
      items: [changed.body],
    });
    await call('get', '/api/import-configs/none', viewer).expect(404);
  });

  it('refuses a mapping that is wrong, does not fit the types, or has another id, naming each field', async () => {
    const pathsOf = async (body: object, id = 'brands') => {
      const answer = await call('put', `/api/import-configs/${id}`).send(body).expect(400);
      return answer.body.errors.map(({ path }: { path: string }) => path);
    };
    const [object] = config.objects;
    expect(await pathsOf({ ...config, colour: 'red' })).toEqual(['colour']);
    expect(await pathsOf({ ...config, objects: [{ ...object, columns: '(a+)+' }] })).toEqual(['objects.0.columns']);
    expect(await pathsOf({ ...config, objects: [{ ...object, objectType: 'shop' }] })).toEqual([
      'objects.0.objectType',
    ]);
    expect(await pathsOf({ ...config, feedConfigId: 'other' })).toEqual(['feedConfigId']);
    expect(await pathsOf(config, 'a%20b')).toEqual(['id']);
  });

  it('lets viewers and operators read, and only admins change', async () => {
    for (const key of [viewer, operator]) {
      await call('put', '/api/import-types', key).send(EXAMPLE_IMPORT_TYPES).expect(403);
      await call('put', '/api/import-configs/x', key).send(config).expect(403);
      await call('get', '/api/import-types', key).expect(200);
    }
  });

  it('has entities that say what the migration made', async () => {
    const { upQueries } = await app.get(DataSource).driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('documents both in OpenAPI', async () => {
    const { body } = await call('get', '/api/docs-json').expect(200);
    expect(Object.keys(body.paths)).toEqual(expect.arrayContaining(['/api/import-types', '/api/import-configs/{id}']));
    expect(Object.keys(body.components.schemas.FeedConfigBody.properties)).toContain('records');
  });
});
