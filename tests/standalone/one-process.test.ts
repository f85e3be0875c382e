import { request } from 'node:http';
import { SERVICES } from '@lockstep/standalone';
import { takePort, waitFor } from '@lockstep/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRunning, Lockstep } from './lockstep.js';

const ADA = { forenames: 'Ada', surname: 'Byron', gmcNumber: '7654321', programmeMemberships: [], placements: [] };

interface OpenApi {
  paths: Record<string, Record<string, { security?: object[]; operationId: string }>>;
  components: { schemas: Record<string, object> };
}

/** Each start takes two seconds, and many times that on a machine that is busy with others. */
const STARTS_LIMIT_MS = 400_000;

describe('all services in one process, on an empty data folder', () => {
  let lockstep: Lockstep;

  beforeAll(async () => {
    lockstep = new Lockstep(await takePort(), { LOCKSTEP_DEMO: 'off' });
    await lockstep.start();
  });
  afterAll(() => lockstep.remove());

  it('answer their routes under one address, each guarded by its own service', async () => {
    const { paths } = await lockstep.json<OpenApi>('/api/docs-json');
    const routes = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { security }]) => ({ path, method, isOpen: !security })),
    );
    expect(routes.length).toBeGreaterThan(20);
    for (const { path, method, isOpen } of routes) {
      const real = path.replaceAll(/\{[^}]+\}/g, '7');
      const { status } = await fetch(`${lockstep.url}${real}`, { method: method.toUpperCase() });
      // A link that nobody was given opens nothing.
      const open = path.includes('{') ? 403 : 200;
      expect([path, method, status]).toEqual([path, method, isOpen ? open : 401]);
    }
    const undocumented = SERVICES.flatMap((hosted) => hosted.routes()).filter(
      (route) => !(route.replaceAll(/:(\w+)/g, '{$1}') in paths),
    );
    expect(undocumented).toEqual([]);
  });

  it('are ready together, and each for itself', async () => {
    type Ready = { status: string; services: Record<string, { status: string }> };
    const ask = () => lockstep.json<Ready>('/health/ready');
    const ready = await waitFor('all to be ready', ask, { until: ({ status }) => status === 'up' });
    expect(Object.keys(ready.services)).toEqual(SERVICES.map(({ service }) => service));
    const one = await lockstep.json<{ service: string; checks: object }>('/health/ready/integration');
    expect(one.service).toBe('integration');
    expect(Object.keys(one.checks)).toEqual(['database', 'broker', 'search', 'index']);
    expect((await lockstep.call('GET', '/health/live')).status).toBe(200);
  });

  it('document themselves each under its name, and all in one document without a dangling reference', async () => {
    const page = await (await fetch(`${lockstep.url}/api/docs`)).text();
    for (const { service } of SERVICES) {
      expect(page).toContain(`href="/api/docs/${service}"`);
      const own = await fetch(`${lockstep.url}/api/docs/${service}`);
      expect([service, own.status]).toEqual([service, 200]);
      const document = await lockstep.json<{ info: { title: string } }>(`/api/docs/${service}/json`);
      expect(document.info.title).toBe(`Lockstep ${service}`);
    }
    const merged = await lockstep.json<OpenApi>('/api/docs-json');
    const names = [...JSON.stringify(merged).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    expect(names.filter((name) => !(String(name) in merged.components.schemas))).toEqual([]);
  });

  it('are measured in one scrape, told apart by a label', async () => {
    const text = await (await fetch(`${lockstep.url}/metrics`)).text();
    for (const { service } of SERVICES) expect(text).toContain(`pg_pool_size{service="${service}"}`);
    expect(text.match(/^# TYPE pg_pool_size /gm)).toHaveLength(1);
    expect(text.match(/^process_resident_memory_bytes /gm)).toHaveLength(1);
  });

  it('say of what nobody serves that nobody serves it', async () => {
    const answer = await lockstep.call('GET', '/api/nothing');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ]);
    expect(await answer.json()).toMatchObject({ code: 'NOT_FOUND', instance: '/api/nothing' });
    expect((await lockstep.call('POST', '/health/live')).status).toBe(405);
  });

  it('show a page that allows no script but its own', async () => {
    const page = await fetch(`${lockstep.url}/`);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await page.text()).not.toMatch(/<script(?! src="\/)|style="|onclick/);
    for (const path of ['/status.css', '/status.js']) expect((await fetch(`${lockstep.url}${path}`)).status).toBe(200);
  });

  it(
    'refuse a port that is taken and a data folder that is in use, and say what to do',
    async () => {
      const second = new Lockstep(lockstep.port, { LOCKSTEP_DEMO: 'off' });
      try {
        second.launch();
        expect(await second.ended()).toBe(1);
        expect(second.output).toMatch(new RegExp(`Port ${lockstep.port} is taken.*PORT=`));
        second.launch({ PORT: String(await takePort()), LOCKSTEP_DATA_DIR: lockstep.dataDir });
        expect(await second.ended()).toBe(1);
        expect(second.output).toMatch(/in use by another Lockstep.*LOCKSTEP_DATA_DIR/);
        second.launch({ PORT: '0', LOCKSTEP_DATA_DIR: '/dev/null/lockstep' });
        expect(await second.ended()).toBe(1);
        expect(second.output).toMatch(/\/dev\/null\/lockstep cannot be written.*LOCKSTEP_DATA_DIR/);
      } finally {
        await second.remove();
      }
    },
    STARTS_LIMIT_MS,
  );

  it(
    'keep data and token over a restart, and leave no process behind',
    async () => {
      expect((await lockstep.call('PUT', '/api/trainees/1', ADA)).status).toBe(201);
      const { token, databasePid } = lockstep;
      expect(await lockstep.stop()).toBe(0);
      expect([lockstep.databasePid, isRunning(databasePid ?? 0)]).toEqual([undefined, false]);

      lockstep.output = '';
      await lockstep.start();
      expect(lockstep.token).toBe(token);
      expect(await lockstep.json('/api/trainees/1')).toMatchObject(ADA);
    },
    STARTS_LIMIT_MS,
  );

  it(
    'finish the request in hand and end open streams when they are stopped',
    async () => {
      const { runId } = (await (await lockstep.call('POST', '/api/sync')).json()) as { runId: string };
      const stream = await lockstep.call('GET', `/api/sync/runs/${runId}/events`);
      const upload = openUpload(lockstep);
      upload.write(`${JSON.stringify({ personId: 2, ...ADA, gmcNumber: '7654322' })}\n`);
      await upload.inHand;
      lockstep.signal('SIGINT');
      await lockstep.says(/Stopping/);
      await stream.text();
      upload.end(`${JSON.stringify({ personId: 3, ...ADA, gmcNumber: '7654323' })}\n`);
      expect(await upload.answer).toMatchObject({ status: 200, body: { received: 2, created: 2 } });
      expect(await lockstep.ended()).toBe(0);
      expect(lockstep.databasePid).toBeUndefined();
    },
    STARTS_LIMIT_MS,
  );

  it(
    'stop at once when they are told twice, the database too',
    async () => {
      await lockstep.start();
      const pid = lockstep.databasePid ?? 0;
      const upload = openUpload(lockstep);
      upload.answer.catch(() => undefined);
      upload.write('\n');
      await upload.inHand;
      const before = lockstep.output.length;
      lockstep.signal('SIGINT');
      await waitFor('the first signal to be heard', () => lockstep.output.slice(before).includes('Stopping'));
      lockstep.signal('SIGINT');
      expect(await lockstep.ended()).toBe(1);
      await waitFor('the database to end', () => !isRunning(pid));
      await lockstep.start();
      expect(await lockstep.json('/api/trainees/1')).toMatchObject(ADA);
    },
    STARTS_LIMIT_MS,
  );
});

/** A bulk load whose body comes bit by bit; `inHand` once the service has it. */
function openUpload({ port, token }: Lockstep) {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/x-ndjson', Expect: '100-continue' };
  const sent = request({ port, host: '127.0.0.1', method: 'POST', path: '/api/trainees/bulk', headers });
  const answer = new Promise<{ status: number | undefined; body: unknown }>((resolve, reject) => {
    sent.once('error', reject);
    sent.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
      response.once('error', reject);
    });
  });
  const inHand = new Promise<void>((resolve) => sent.once('continue', resolve));
  return { answer, inHand, write: (text: string) => sent.write(text), end: (text: string) => sent.end(text) };
}
