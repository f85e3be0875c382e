import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { messages } from '@lockstep/contracts';
import { buildRabbitDefinitions } from '@lockstep/messaging';
import { createTestPlaces, describeOnEveryEngine, type TestPlaces, waitFor } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { caller, startIntegration } from './integration.fixture.js';

/** No source runs here, so a run stays in its first phase until a test ends it. */
describeOnEveryEngine('the REST of integration', (engines) => {
  let app: NestExpressApplication;
  let places: TestPlaces;
  const call = caller(() => app);

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    // The queue of a source that is not here: a command must find a place to wait.
    await places.importDefinitions(buildRabbitDefinitions(messages));
    app = await startIntegration(places);
  });

  afterAll(async () => {
    await app?.close();
    await places?.remove();
  });

  beforeEach(async () => {
    const { body } = await call('get', '/api/sync/runs');
    for (const run of body.items.filter((one: { finishedAt: string | null }) => one.finishedAt === null)) {
      await call('post', `/api/sync/runs/${run.runId}/cancel`);
    }
  });

  const start = async (): Promise<string> => (await call('post', '/api/sync').expect(202)).body.runId;

  it('starts a run and says where to follow it', async () => {
    const answer = await call('post', '/api/sync').expect(202);
    expect(answer.body).toEqual({ runId: expect.any(String), state: 'queued' });
    expect(answer.headers['location']).toBe(`/api/sync/runs/${answer.body.runId}`);
    const { body } = await call('get', answer.headers['location'] as string).expect(200);
    expect(body.phases.map((phase: { name: string }) => phase.name)).toEqual([
      'trainees',
      'gmc',
      'connectionlog',
      'hiddendiscrepancy',
      'master',
      'verify',
      'swap',
      'recommendation',
      'connection',
    ]);
  });

  it('answers a second trigger with the run that is there', async () => {
    const runId = await start();
    const { body } = await call('post', '/api/sync').expect(409);
    expect(body).toMatchObject({ code: 'SYNC_ALREADY_RUNNING', runId });
  });

  it('gives the same run for the same idempotency key, also after it has ended', async () => {
    const key = randomUUID();
    const first = await call('post', '/api/sync').set('Idempotency-Key', key).expect(202);
    await call('post', `/api/sync/runs/${first.body.runId}/cancel`).expect(202);
    const second = await call('post', '/api/sync').set('Idempotency-Key', key).expect(202);
    expect(second.body).toEqual({ runId: first.body.runId, state: 'cancelled' });
  });

  it('cancels a run once', async () => {
    const runId = await start();
    const { body } = await call('post', `/api/sync/runs/${runId}/cancel`).expect(202);
    expect(body).toEqual({ runId, state: 'cancelled' });
    const again = await call('post', `/api/sync/runs/${runId}/cancel`).expect(409);
    expect(again.body).toMatchObject({ code: 'SYNC_RUN_ENDED', runId });
  });

  it('approves only a run that is held', async () => {
    const runId = await start();
    const { body } = await call('post', `/api/sync/runs/${runId}/approve`).expect(409);
    expect(body.code).toBe('SYNC_RUN_NOT_HELD');
  });

  it('tells who calls GET /api/sync what to do', async () => {
    const answer = await call('get', '/api/sync').expect(405);
    expect(answer.headers['allow']).toBe('POST');
    expect(answer.body).toMatchObject({
      code: 'METHOD_NOT_ALLOWED',
      detail: expect.stringContaining('POST /api/sync'),
    });
  });

  it('lists runs newest first, by page', async () => {
    const former = await start();
    await call('post', `/api/sync/runs/${former}/cancel`);
    const runId = await start();
    const { body } = await call('get', '/api/sync/runs?page=1&pageSize=2').expect(200);
    expect(body.items.map((run: { runId: string }) => run.runId)).toEqual([runId, former]);
    expect(body).toMatchObject({ page: 1, pageSize: 2, cursor: null });
  });

  it('streams progress and the end, and goes on after the last event a client saw', async () => {
    const runId = await start();
    const streaming = call('get', `/api/sync/runs/${runId}/events`).buffer(true).expect(200);
    const text = streaming.then((answer) => answer.text);
    await waitFor('the first event', async () => {
      const [row] = await app
        .get(DataSource)
        .query('SELECT count(*)::int AS count FROM sync_event WHERE run_id = $1', [runId]);
      return (row as { count: number }).count > 0;
    });
    await call('post', `/api/sync/runs/${runId}/cancel`);
    const events = [...(await text).matchAll(/event: (\w+)\nid: (\d+)/g)].map(([, type, id]) => ({ type, id }));
    expect(events.length).toBeGreaterThan(1);
    expect(events.at(-1)?.type).toBe('end');
    const resumed = await call('get', `/api/sync/runs/${runId}/events`)
      .set('Last-Event-ID', String(events.at(-2)?.id))
      .buffer(true);
    expect([...resumed.text.matchAll(/event: (\w+)/g)].map(([, type]) => type)).toEqual(['end']);
  });

  it.each<['get' | 'post', string, number, string]>([
    ['get', '/api/sync/runs/not-a-uuid', 400, 'BAD_REQUEST'],
    ['get', `/api/sync/runs/${randomUUID()}`, 404, 'SYNC_RUN_NOT_FOUND'],
    ['get', `/api/sync/runs/${randomUUID()}/issues`, 404, 'SYNC_RUN_NOT_FOUND'],
    ['get', '/api/sync/runs?pageSize=201', 400, 'VALIDATION_FAILED'],
    ['get', '/api/sync/runs?colour=red', 400, 'VALIDATION_FAILED'],
    ['post', `/api/sync/runs/${randomUUID()}/cancel`, 404, 'SYNC_RUN_NOT_FOUND'],
    ['get', '/api/doctors/7999999', 404, 'DOCTOR_NOT_FOUND'],
  ])('%s %s is %i %s', async (method, path, status, code) => {
    const { body, headers } = await call(method, path).expect(status);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(body).toMatchObject({ status, code });
  });

  it('filters issues by severity', async () => {
    const runId = await start();
    await app.get(DataSource).query(
      `INSERT INTO sync_issue (run_id, severity, source, key, code, message)
       VALUES ($1, 'warning', 'tcs', '1', 'A', 'a'), ($1, 'error', 'tcs', '2', 'B', 'b')`,
      [runId],
    );
    const all = await call('get', `/api/sync/runs/${runId}/issues`).expect(200);
    expect(all.body.items.map((issue: { code: string }) => issue.code)).toEqual(['B', 'A']);
    const errors = await call('get', `/api/sync/runs/${runId}/issues?severity=error`).expect(200);
    expect(errors.body).toMatchObject({ total: 1, items: [{ code: 'B', row: null }] });
  });

  it('lets nobody in without a token, viewers only read, operators trigger', async () => {
    const viewer = (await call('post', '/api/tokens').send({ name: 'v', role: 'viewer' }).expect(201)).body.key;
    const operator = (await call('post', '/api/tokens').send({ name: 'o', role: 'operator' }).expect(201)).body.key;
    for (const path of ['/api/sync/runs', '/api/doctors/1']) await call('get', path, null).expect(401);
    await call('post', '/api/sync', viewer).expect(403);
    await call('get', '/api/sync/runs', viewer).expect(200);
    await call('post', '/api/sync', operator).expect(202);
  });

  it('compares the served index with PostgreSQL and mends it', async () => {
    const { body } = await call('post', '/api/sync/verify').expect(200);
    expect(body).toMatchObject({ outcome: 'equal', problems: [], live: 0, healed: 0 });
  });

  it.each(['rollback', 'rollforward'])('%s without another generation is 409', async (direction) => {
    const { body } = await call('post', `/api/sync/${direction}`).expect(409);
    expect(body.code).toBe('NO_PREVIOUS_GENERATION');
  });

  it('documents its routes', async () => {
    const { body } = await call('get', '/api/docs-json').expect(200);
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining(['/api/sync', '/api/sync/runs/{runId}', '/api/doctors/{gmcNumber}']),
    );
  });
});
