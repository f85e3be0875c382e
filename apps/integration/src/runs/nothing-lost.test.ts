import 'reflect-metadata';
import { messages } from '@lockstep/contracts';
import { buildRabbitDefinitions } from '@lockstep/messaging';
import { masterDoctorSchema } from '@lockstep/projection';
import { SearchUnavailableError, toIndexSource } from '@lockstep/search';
import { Clock } from '@lockstep/service';
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
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { caller, startIntegration } from '../integration.fixture.js';
import { gmcDoctor, PlayedSync, trainee } from './played-sync.fixture.js';
import type { Phase } from './run.js';
import type { StoredRun } from './run.store.js';

const PEOPLE = 40;
const numberOf = (place: number) => String(7_000_000 + place);
const people = (count: number, version = 1) =>
  Array.from({ length: count }, (_, place) => trainee(place + 1, numberOf(place + 1), version));
const doctors = (count: number) => Array.from({ length: count }, (_, place) => gmcDoctor(numberOf(place + 1)));

describeWithEngines('what a run must not lose', (engines) => {
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
    app = await startIntegration({
      databaseUrl: database.url,
      rabbitmqUrl: vhost.url,
      elasticsearchUrl: engines.elasticsearchUrl,
      indexPrefix: prefix.prefix,
    });
    sync = new PlayedSync(app);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await app?.close();
    await prefix?.remove();
    await database?.remove();
  });

  const start = async (): Promise<string> => (await call('post', '/api/sync').expect(202)).body.runId;

  async function syncAll(): Promise<void> {
    const runId = await start();
    await sync.send(runId, 'trainees', people(PEOPLE));
    await sync.send(runId, 'gmc', doctors(PEOPLE));
    await sync.answer(runId);
    await sync.untilState(runId, 'succeeded');
  }

  async function issuesOf(runId: string): Promise<{ code: string; key: string; message: string }[]> {
    return (await call('get', `/api/sync/runs/${runId}/issues`).expect(200)).body.items;
  }

  async function countTis(): Promise<number> {
    const [row] = await app.get(DataSource).query('SELECT count(*)::int AS count FROM tis_part WHERE NOT deleted');
    return (row as { count: number }).count;
  }

  it('keeps a person made during the run, whatever time this service believes it is', async () => {
    app.get(Clock).now = () => new Date(Date.now() + 60_000);
    const runId = await start();
    await sync.untilRunning(runId, 'trainees');
    await sync.sendBatch(runId, 'trainees', people(PEOPLE));
    await sync.changeTrainee(trainee(PEOPLE + 1, numberOf(PEOPLE + 1)));
    await sync.sendEnd(runId, 'trainees', 1, PEOPLE);
    await sync.send(runId, 'gmc', doctors(PEOPLE + 1));
    await sync.answer(runId);
    await sync.untilState(runId, 'succeeded');
    expect(await sync.shown(numberOf(PEOPLE + 1))).toMatchObject({ tcsPersonId: PEOPLE + 1, existsInGmc: true });
    expect(await issuesOf(runId)).toEqual([]);
  });

  it('lets a step that has long been at work try again when an engine is away for a moment', async () => {
    const load = sync.runs.loadActive.bind(sync.runs);
    vi.spyOn(sync.runs, 'loadActive').mockImplementation(async () => withOldSteps(await load()));
    let failures = 0;
    const bulk = sync.engine.bulk.bind(sync.engine);
    vi.spyOn(sync.engine, 'bulk').mockImplementation((writes) => {
      failures += 1;
      return failures === 1 ? Promise.reject(new SearchUnavailableError('away for a moment')) : bulk(writes);
    });
    await syncAll();
    expect(failures).toBeGreaterThan(1);
  });

  it('is held before anything is emptied when a source answers with half its people', async () => {
    await syncAll();
    const runId = await start();
    await sync.send(runId, 'trainees', people(PEOPLE / 2));
    await sync.send(runId, 'gmc', doctors(PEOPLE));
    const held = await sync.untilState(runId, 'held');
    expect([held.generation, await countTis()]).toEqual([null, PEOPLE]);
    expect(await issuesOf(runId)).toEqual([
      expect.objectContaining({ code: 'RUN_HELD', key: 'master', message: expect.stringContaining('20 of 40') }),
    ]);

    await call('post', `/api/sync/runs/${runId}/cancel`).expect(202);
    await sync.changeDoctor(gmcDoctor(numberOf(PEOPLE), 2));
    const { body } = await call('post', '/api/sync/verify').expect(200);
    expect(body).toMatchObject({ outcome: 'equal', healed: 0 });
    expect(await sync.shown(numberOf(PEOPLE))).toMatchObject({ doctorLastName: 'Gmc 2', tcsPersonId: PEOPLE });
  });

  it('empties what nobody sent once somebody has approved it, and asks once', async () => {
    await syncAll();
    const runId = await start();
    // Known to TIS alone from now on, so that documents go too and the index itself looks wrong.
    await sync.send(runId, 'trainees', []);
    await sync.send(runId, 'gmc', doctors(PEOPLE / 2));
    await sync.untilState(runId, 'held');
    expect(await countTis()).toBe(PEOPLE);
    await call('post', `/api/sync/runs/${runId}/approve`).expect(202);
    await sync.answer(runId);
    await sync.untilState(runId, 'succeeded');
    expect(await countTis()).toBe(0);
    expect(await sync.shown(numberOf(1))).toMatchObject({ tcsPersonId: null });
    expect(await sync.shown(numberOf(PEOPLE))).toBeNull();
  });

  it('is held before the swap when the index would show far more than readers see, and dropped when cancelled', async () => {
    await syncAll();
    const { active } = await sync.family.status();
    const hidden = doctors(PEOPLE / 4).map(({ key: id }) => {
      const source = toIndexSource(masterDoctorSchema, { id, version: 99, document: null });
      return { index: active?.indexName ?? '', id, version: 99, source };
    });
    await sync.engine.bulk(hidden);
    await sync.engine.refresh(active?.indexName ?? '');
    const runId = await start();
    await sync.send(runId, 'trainees', people(PEOPLE));
    await sync.send(runId, 'gmc', doctors(PEOPLE));
    const { generation } = await sync.untilState(runId, 'held');
    expect(await issuesOf(runId)).toEqual([expect.objectContaining({ code: 'RUN_HELD', key: 'verify' })]);
    const exists = async () => (await sync.engine.listIndices()).some(({ name }) => name === generation);
    expect(await exists()).toBe(true);
    await call('post', `/api/sync/runs/${runId}/cancel`).expect(202);
    await waitFor('its generation to be dropped', exists, { until: (there) => !there });
    expect((await sync.family.status()).active?.indexName).toBe(active?.indexName);
  });

  it('does not repair what readers see with a database that has lost its doctors', async () => {
    await syncAll();
    await app.get(DataSource).query(
      `UPDATE master_doctor SET deleted = true, version = version + 1,
           source = json_build_object('lockstep', json_build_object('id', gmc_number, 'version', version + 1, 'deleted', true,
             'bucket', bucket, 'remainder', (version + 1) % 1000000))
         WHERE gmc_number <= $1`,
      [numberOf(4)],
    );
    const { body } = await call('post', '/api/sync/verify').expect(200);
    expect(body).toMatchObject({ outcome: 'drift', healed: 0 });
    expect(body.problems).toEqual([expect.stringContaining('40 documents are served and the database has 36')]);
    expect(await sync.shown(numberOf(1))).toMatchObject({ tcsPersonId: 1 });
  });

  it('cannot be cancelled any more while readers are shown its index', async () => {
    const swapAliases = sync.engine.swapAliases.bind(sync.engine);
    let open: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      vi.spyOn(sync.engine, 'swapAliases').mockImplementation(async (schema, swaps) => {
        const opened = new Promise<void>((go) => {
          open = go;
        });
        resolve();
        await opened;
        return swapAliases(schema, swaps);
      });
    });
    const runId = await start();
    await sync.send(runId, 'trainees', people(PEOPLE));
    await sync.send(runId, 'gmc', doctors(PEOPLE));
    await reached;
    const { body } = await call('post', `/api/sync/runs/${runId}/cancel`).expect(409);
    expect(body).toMatchObject({ code: 'SYNC_RUN_SWAPPED', runId });
    open();
    await sync.answer(runId);
    await sync.untilState(runId, 'succeeded');
    expect(await sync.shown(numberOf(1))).toMatchObject({ tcsPersonId: 1 });
  });
});

/** The run as it was loaded by who began its step long ago. */
function withOldSteps(run: StoredRun | null): StoredRun | null {
  const hour = 3_600_000;
  const aged = (phase: Phase): Phase =>
    phase.kind === 'step' && phase.startedAt !== null
      ? { ...phase, startedAt: new Date(phase.startedAt.getTime() - hour) }
      : phase;
  return run && { ...run, phases: run.phases.map(aged) };
}
