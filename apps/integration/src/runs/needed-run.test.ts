import 'reflect-metadata';
import { messages } from '@lockstep/contracts';
import { createDataSource, migrate } from '@lockstep/database';
import { buildRabbitDefinitions } from '@lockstep/messaging';
import { masterDoctorAliases, masterDoctorSchema } from '@lockstep/projection';
import { defineIndexSchema, ElasticsearchEngine, IndexFamily, searchMigrations } from '@lockstep/search';
import {
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
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { caller, startIntegration } from '../integration.fixture.js';
import { NeededRun } from './needed-run.js';
import { gmcDoctor, PlayedSync, trainee } from './played-sync.fixture.js';

/** As an earlier deployment had it: without a field that is searched and one that is only shown. */
const { programmes, doctorLastName, ...fields } = masterDoctorSchema.fields;
const FORMER_SCHEMA = defineIndexSchema({ name: 'masterdoctor', version: 0, fields });

describeWithEngines('an index that needs a rebuild', (engines) => {
  let app: NestExpressApplication;
  let database: TestDatabase;
  let vhost: TestVhost;
  let prefix: TestIndexPrefix;
  let sync: PlayedSync;
  const call = caller(() => app);

  beforeAll(async () => {
    vhost = await createTestVhost(engines);
    await vhost.management.importDefinitions(buildRabbitDefinitions(messages));
  });
  afterAll(() => vhost?.remove());

  beforeEach(async () => {
    database = await createTestDatabase(engines);
    prefix = createIndexPrefix(engines);
  });
  afterEach(async () => {
    await app?.close();
    await prefix?.remove();
    await database?.remove();
  });

  async function start(): Promise<void> {
    app = await startIntegration({
      databaseUrl: database.url,
      rabbitmqUrl: vhost.url,
      elasticsearchUrl: engines.elasticsearchUrl,
      indexPrefix: prefix.prefix,
    });
    sync = new PlayedSync(app);
  }

  async function foundWithFormerSchema(): Promise<void> {
    const engine = new ElasticsearchEngine({ url: engines.elasticsearchUrl, prefix: prefix.prefix });
    const dataSource = createDataSource({
      url: database.url,
      schema: 'integration',
      service: 'test',
      entities: [],
      migrations: searchMigrations,
    });
    await dataSource.initialize();
    await migrate(dataSource);
    const aliases = masterDoctorAliases;
    await new IndexFamily({ name: 'masterdoctor', schema: FORMER_SCHEMA, aliases, dataSource, engine }).ensure();
    await dataSource.destroy();
    await engine.close();
  }

  const indexHealth = async (): Promise<object> => (await call('get', '/health/ready')).body.checks.index;
  const listRuns = async (): Promise<{ runId: string; requestedBy: string }[]> =>
    (await call('get', '/api/sync/runs').expect(200)).body.items;
  const theOnlyRun = async (): Promise<string> => {
    const runs = await waitFor('a run', listRuns, { until: ({ length }) => length > 0 });
    expect(runs).toEqual([expect.objectContaining({ requestedBy: 'lockstep' })]);
    return runs[0]!.runId;
  };

  it('since it was made from another schema: changes reach it, readiness says so, a run is started', async () => {
    await foundWithFormerSchema();
    await start();
    const runId = await theOnlyRun();
    expect(await indexHealth()).toEqual({
      status: 'degraded',
      detail: { generation: 'masterdoctor-000001', rebuildReason: 'otherSchema' },
    });
    await sync.changeTrainee(trainee(1, '7000001'));
    await sync.engine.refresh('masterdoctor-000001');
    const found = () => sync.engine.search(masterDoctorSchema, 'masterdoctorindex', { text: '7000001' });
    expect((await found()).items).toMatchObject([{ document: { tcsPersonId: 1, programmeName: 'Surgery' } }]);

    await sync.send(runId, 'trainees', [trainee(1, '7000001')]);
    await sync.send(runId, 'gmc', [gmcDoctor('7000001')]);
    await sync.answer(runId);
    await sync.untilState(runId, 'succeeded');
    expect(await indexHealth()).toEqual({ status: 'up' });
    expect(await sync.shown('7000001')).toMatchObject({ doctorLastName: 'Gmc 1', programmes: [] });

    // Whoever goes back to the former index means it.
    await call('post', '/api/sync/rollback').expect(200);
    await app
      .get(DataSource)
      .query(`UPDATE sync_run SET idempotency_key = NULL, created_at = created_at - interval '1 day'`);
    await app.get(NeededRun).startForMaster();
    expect(await theOnlyRun()).toBe(runId);
  });

  it('since its engine had lost it: readiness says so, a run is started, and only one', async () => {
    await start();
    await call('post', '/api/sync').expect(202);
    const [first] = await listRuns();
    await sync.send(first!.runId, 'trainees', [trainee(1, '7000001')]);
    await sync.send(first!.runId, 'gmc', []);
    await sync.answer(first!.runId);
    await sync.untilState(first!.runId, 'succeeded');
    expect(await indexHealth()).toEqual({ status: 'up' });
    for (const { name } of await sync.engine.listIndices()) await sync.engine.deleteIndex(name);

    await app.get(NeededRun).startForMaster();
    const [run] = await listRuns();
    expect(run).toMatchObject({ requestedBy: 'lockstep' });
    expect(await indexHealth()).toMatchObject({ status: 'degraded', detail: { rebuildReason: 'afterLoss' } });
    await call('post', `/api/sync/runs/${run?.runId}/cancel`).expect(202);
    // However long ago that was, it did not help: an operator must look.
    await app.get(DataSource).query(`UPDATE sync_run SET created_at = created_at - interval '1 day'`);
    await app.get(NeededRun).startForMaster();
    expect((await listRuns()).map(({ requestedBy }) => requestedBy)).toEqual(['lockstep', 'admin token']);
  });

  it('of a projecting service: its word starts one run, however often it comes', async () => {
    await start();
    const need = { generation: 'connection-000002', reason: 'otherSchema', schemaHash: 'x' } as const;
    await sync.need(need);
    const runId = await theOnlyRun();
    await call('post', `/api/sync/runs/${runId}/cancel`).expect(202);
    await sync.need(need);
    await sync.need({ ...need, generation: 'connection-000003' });
    expect(await theOnlyRun()).toBe(runId);
  });
});
