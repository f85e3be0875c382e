import { spawnSync } from 'node:child_process';
import { request } from 'node:http';
import { loadDemoData } from '@lockstep/demo-data';
import { SERVICES } from '@lockstep/standalone';
import { describeWithEngines, waitFor } from '@lockstep/testing';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { imageHealthCheck } from './compose-file.js';
import { Composition } from './composition.js';
import { followEvents } from './event-stream.js';
import { findNginx } from './front-door.js';

const PEOPLE = 300;
const LIMIT_MS = 300_000;

describeWithEngines('what docker-compose.yml describes', (engines) => {
  const nginx = findNginx();
  if (nginx === undefined) {
    it('needs nginx', (context) => context.skip('no nginx; install it with: apt-get install nginx-light'));
    return;
  }
  const composition = new Composition(engines, nginx);
  let migrated: string[] = [];
  vi.setConfig({ testTimeout: LIMIT_MS, hookTimeout: LIMIT_MS });

  beforeAll(async () => {
    await composition.open();
    const { code, output } = await composition.migrate();
    expect(code, output).toBe(0);
    migrated = await composition.tables();
    await composition.start();
  });
  afterAll(() => composition.close());
  beforeEach((context) => {
    context.onTestFailed(() => console.error(composition.frontDoor.logs()));
  });

  it('has every schema up to date before a service starts, and may be brought up to date again', async () => {
    const schemas = new Set(migrated.map((name) => name.split('.')[0]));
    for (const { service } of SERVICES) expect(schemas).toContain(service.replaceAll('-', '_'));
    expect(await composition.tables()).toEqual(migrated);
    expect(await composition.migrate()).toMatchObject({ code: 0 });
  });

  it('hands every path to the service whose path it is', async () => {
    for (const hosted of SERVICES) {
      for (const route of hosted.routes()) {
        const path = route.replaceAll(/[:*]\w+/g, '7');
        const direct = await fetch(composition.service(hosted.service).url + path);
        const handed = await fetch(composition.frontDoor.url + path);
        expect([path, handed.status, await codeOf(handed)]).toEqual([path, direct.status, await codeOf(direct)]);
        expect([path, handed.status]).not.toEqual([path, 404]);
      }
      const { info } = await json<{ info: { title: string } }>(`/api/docs/${hosted.service}/json`);
      expect(info.title).toBe(`Lockstep ${hosted.service}`);
      const readiness = () => json<{ service: string; status: string }>(`/health/ready/${hosted.service}`);
      const ready = await waitFor(hosted.service, readiness, { until: ({ status }) => status === 'up' });
      expect(ready).toMatchObject({ service: hosted.service });
    }
  });

  it('answers for itself, says in Lockstep’s own form what nobody serves, and shows no measurements', async () => {
    expect(await json('/health/live')).toEqual({ status: 'up' });
    const docs = await (await composition.call('GET', '/api/docs')).text();
    for (const { service } of SERVICES) expect(docs).toContain(`href="/api/docs/${service}"`);
    for (const path of ['/', '/metrics', '/health/ready', '/api/nothing', '/api/doctorsx']) {
      const answer = await composition.call('GET', `${path}?x="y`);
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
        path,
        404,
        'application/problem+json',
      ]);
      expect(await answer.json()).toMatchObject({ code: 'NOT_FOUND', status: 404, instance: path });
    }
  });

  it('hands an upload on while it comes', async () => {
    // Refused before its end, which a proxy that collects it first would wait for.
    const { status, end } = await answerBeforeEnd(`${composition.frontDoor.url}/api/trainees/bulk`);
    end();
    expect(status).toBe(401);
  });

  it('tells of a service that is away, and finds it again', async () => {
    const connection = composition.service('connection');
    expect(await connection.kill('SIGTERM')).toBe(0);
    const away = await composition.call('GET', '/api/connections');
    expect([away.status, away.headers.get('retry-after'), await codeOf(away)]).toEqual([503, '1', 'NOT_READY']);
    await connection.restart();
    expect((await composition.call('GET', '/api/connections')).status).not.toBe(503);
  });

  it(`syncs ${PEOPLE} people through the front door, and shows its progress while it goes on`, async () => {
    const target = { url: composition.frontDoor.url, token: composition.token };
    const loaded = await loadDemoData(target, { trainees: PEOPLE, asOf: '2026-01-31' });
    expect(loaded.trainees).toMatchObject({ received: PEOPLE, created: PEOPLE });

    // Without it no run ends, so whatever arrives meanwhile was not kept back until the end.
    const connection = composition.service('connection');
    await connection.kill('SIGTERM');
    const { runId } = (await (await composition.call('POST', '/api/sync')).json()) as { runId: string };
    const signal = AbortSignal.timeout(LIMIT_MS);
    const stream = await followEvents(await composition.call('GET', `/api/sync/runs/${runId}/events`, { signal }));
    await waitFor('progress', () => stream.types.includes('progress'), { timeoutMs: 60_000 });
    expect(stream.types).not.toContain('end');
    await connection.restart();
    await stream.ended;
    expect(stream.types.at(-1)).toBe('end');
    expect(await json(`/api/sync/runs/${runId}`)).toMatchObject({ state: 'succeeded' });
    const list = await json<{ total: number }>('/api/doctors');
    expect(list.total).toBeGreaterThan(PEOPLE / 2);
  });

  it('knows whether a service lives by asking as the image does', () => {
    const [, ...args] = imageHealthCheck();
    const ask = (port: string) => spawnSync(process.execPath, args, { env: { PORT: port } }).status;
    expect(ask(new URL(composition.service('tcs').url).port)).toBe(0);
    // The discard port: nobody is there.
    expect(ask('9')).toBe(1);
  });

  it('stops every service with nothing left in hand', async () => {
    const codes = [...composition.services].map(async ([name, service]) => [name, await service.kill('SIGTERM')]);
    for (const [name, code] of await Promise.all(codes)) expect([name, code]).toEqual([name, 0]);
    await Promise.all([...composition.services.values()].map((service) => service.restart()));
  });

  async function json<T = object>(path: string): Promise<T> {
    return (await (await composition.call('GET', path)).json()) as T;
  }
});

/** The code of an answer that is an error. */
async function codeOf(answer: Response): Promise<string | undefined> {
  const text = await answer.text();
  return answer.headers.get('content-type')?.startsWith('application/problem+json') ? JSON.parse(text).code : undefined;
}

/** Sends the beginning of an upload, without a token, and waits for the answer before anything else is sent. */
function answerBeforeEnd(url: string): Promise<{ status: number | undefined; end: () => void }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, timeout: 90_000 });
    sent.once('timeout', () => sent.destroy(new Error('no answer before the end of the upload')));
    sent.once('error', reject);
    sent.once('response', (response) => resolve({ status: response.statusCode, end: () => sent.destroy() }));
    sent.write('{"personId": 1}\n');
  });
}
