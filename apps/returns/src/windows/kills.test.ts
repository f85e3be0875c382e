import { messages } from '@lockstep/contracts';
import { buildRabbitDefinitions } from '@lockstep/messaging';
import {
  createTestPlaces,
  describeWithEngines,
  type RunningService,
  startService,
  type TestPlaces,
  waitFor,
} from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { startReturns } from '../returns.fixture.js';
import { INDEX_READER, type IndexReader } from '../verify/index-reader.js';

const KEY = 'test-admin-token';
const RETURNS = 5;
/** Bounds a wait on a busy machine; what is waited for takes seconds. */
const LIMIT_MS = 60_000;

interface RunRow {
  id: string;
  state: string;
  window: string | null;
  pages: string;
}

describeWithEngines('a service that is killed in the middle of a run', (engines) => {
  vi.setConfig({ testTimeout: 5 * LIMIT_MS, hookTimeout: 4 * LIMIT_MS });
  let places: TestPlaces;
  let client: pg.Client;
  let dying: RunningService | undefined;
  let rescuer: NestExpressApplication | undefined;

  const sql = async <T>(text: string, parameters: unknown[] = []): Promise<T[]> =>
    (await client.query(text, parameters)).rows as T[];
  const urls = () => ({
    databaseUrl: places.databaseUrl,
    rabbitmqUrl: places.rabbitmqUrl,
    elasticsearchUrl: places.elasticsearchUrl,
    indexPrefix: places.indexPrefix,
  });

  /** A service of its own process that asks for nothing by itself. */
  const startDying = async (failpoint: string, reaperSeconds: number): Promise<RunningService> => {
    dying = await startService({
      app: 'returns',
      env: {
        ...places.env,
        NODE_ENV: 'test',
        HOST: '127.0.0.1',
        LOCKSTEP_ADMIN_TOKEN: KEY,
        LOCKSTEP_FAILPOINT: failpoint,
        RETURNS_EVERY_SECONDS: '0',
        RETURNS_PAGE_SIZE: '2',
        RETURNS_LEASE_SECONDS: '2',
        RETURNS_REAPER_SECONDS: String(reaperSeconds),
      },
    });
    return dying;
  };
  /** Another one that does all by itself, as in production. */
  const startRescuer = async (): Promise<void> => {
    const settings = {
      RETURNS_EVERY_SECONDS: '1',
      RETURNS_PAGE_SIZE: '2',
      RETURNS_LEASE_SECONDS: '2',
      RETURNS_REAPER_SECONDS: '1',
    };
    rescuer = await startReturns({ ...urls(), settings });
  };
  /** Between two runs, so that it leaves none behind. */
  const stopRescuer = async (): Promise<void> => {
    if (!rescuer) return;
    await setEnabled(false);
    await waitFor(
      'the job to be idle',
      async () => (await sql('SELECT FROM order_return_algolia_sync WHERE status > 0')).length === 0,
      {
        timeoutMs: LIMIT_MS,
      },
    );
    await rescuer.close();
    rescuer = undefined;
    await setEnabled(true);
  };
  const setEnabled = (isEnabled: boolean) => sql('UPDATE order_return_algolia_sync SET enabled = $1', [isEnabled]);
  const post = (path: string, body: object = {}) =>
    fetch(`${dying?.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).catch(() => undefined);
  const untilDead = async (failpoint: string): Promise<void> => {
    const pid = dying?.pid() as number;
    await waitFor(`${failpoint} to kill the service`, () => !isAlive(pid), { timeoutMs: LIMIT_MS });
  };
  const changeAll = () => sql('UPDATE order_return SET courier_name = md5(random()::text)');
  const base = async () =>
    (
      await sql<{ base: string }>(
        `SELECT snapshot_end::text AS base FROM order_return_algolia_sync WHERE job_type = 'RETURN_JOB'`,
      )
    )[0]?.base;
  const currentRun = async () =>
    (
      await sql<RunRow>(
        `SELECT r.id, r.state, r.snapshot_end::text AS window,
           (SELECT string_agg(p.page_no || ':' || p.ids::text, ' ' ORDER BY p.page_no) FROM return_sync_page p WHERE p.run_id = r.id) AS pages
         FROM return_sync_run r JOIN order_return_algolia_sync j ON j.run_id = r.id WHERE j.job_type = 'RETURN_JOB'`,
      )
    )[0];
  /** Nothing is asked for: whatever was left undone is gone on with, or done by the next window. */
  const untilIndexed = async (): Promise<void> => {
    await waitFor(
      'every run to end',
      async () => (await sql('SELECT FROM return_sync_run WHERE ended_at IS NULL')).length === 0,
      { timeoutMs: LIMIT_MS },
    );
    const stored = await sql<{ id: string; version: string }>('SELECT id, version FROM order_return');
    const reader = rescuer?.get<IndexReader>(INDEX_READER) as IndexReader;
    await waitFor(
      'the index to have every return as the database has it',
      async () => {
        const copies = new Map((await reader.find(stored.map(({ id }) => Number(id)))).map((copy) => [copy.id, copy]));
        return stored.every(({ id, version }) => copies.get(Number(id))?.version === Number(version));
      },
      { timeoutMs: LIMIT_MS },
    );
  };

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    await places.importDefinitions(buildRabbitDefinitions(messages));
    await startRescuer();
    client = new pg.Client({ connectionString: places.databaseUrl, options: '-c search_path=returns' });
    await client.connect();
    await sql(
      `INSERT INTO order_return (id, customer_return_number, return_type, is_cod)
       SELECT id, 'R-' || id, 'CUSTOMER', false FROM generate_series(1, ${RETURNS}) id`,
    );
    await untilIndexed();
    await stopRescuer();
  });
  afterEach(async () => {
    await stopRescuer();
    await dying?.kill('SIGKILL');
    dying = undefined;
  });
  afterAll(async () => {
    await client?.end();
    await places?.remove();
  });

  it.each([
    ['returns.claim.beforeCommit', 'nothing'],
    ['returns.claim.afterCommit', 'claimed'],
    ['returns.plan.beforeCommit', 'claimed'],
    ['returns.plan.afterCommit', 'planned'],
    ['returns.page.claimed:2', 'planned'],
    ['returns.page.written', 'planned'],
    ['returns.page.beforeCommit:2', 'planned'],
    ['returns.page.afterCommit', 'planned'],
    ['returns.finish.beforeCommit', 'planned'],
    ['returns.finish.afterCommit', 'done'],
  ])('at %s leaves its run %s, and another one brings it to its end', async (failpoint, left) => {
    await startDying(failpoint, 3_600);
    const before = { base: await base(), run: await currentRun() };
    await changeAll();
    await post('/api/returns/sync');
    await untilDead(failpoint);
    const run = await currentRun();
    expect(run?.id === before.run?.id).toBe(left === 'nothing');
    expect((await base()) === before.base).toBe(left !== 'done');
    expect(run?.window === null).toBe(left === 'claimed');
    await startRescuer();
    await untilIndexed();
    const [ended] = await sql<RunRow>(
      `SELECT id, state, snapshot_end::text AS window, (SELECT string_agg(p.page_no || ':' || p.ids::text, ' ' ORDER BY p.page_no)
         FROM return_sync_page p WHERE p.run_id = r.id) AS pages FROM return_sync_run r WHERE id = $1`,
      [run?.id],
    );
    expect(ended?.state).toBe('COMPLETED');
    if (left === 'planned') expect(ended).toEqual({ ...run, state: 'COMPLETED' });
  });

  it.each([
    ['returns.recover.beforeCommit', 1, 'COMPLETED'],
    ['returns.recover.afterCommit', 1, 'COMPLETED'],
    ['returns.recover.beforeCommit', 5, 'FAILED'],
    ['returns.recover.afterCommit', 5, 'FAILED'],
  ])('at %s of attempt %i ends the run as %s in another one, and loses nothing', async (failpoint, attempt, state) => {
    await startDying('returns.plan.afterCommit', 3_600);
    await changeAll();
    const before = await base();
    await post('/api/returns/sync');
    await untilDead('returns.plan.afterCommit');
    const run = await currentRun();
    await sql(`UPDATE order_return_algolia_sync SET attempt = $1, lease_expires_at = now() WHERE status > 0`, [
      attempt,
    ]);
    // Its pages are not to be done before it is taken over.
    await sql(
      "UPDATE return_sync_page SET claimed_until = now() + interval '1 hour', state = 1, token = (SELECT lease_token FROM order_return_algolia_sync WHERE run_id = $1) WHERE run_id = $1",
      [run?.id],
    );
    await startDying(failpoint, 1).catch(() => undefined);
    await untilDead(failpoint);
    expect(await base()).toBe(before);
    await startRescuer();
    await untilIndexed();
    expect(await sql('SELECT state FROM return_sync_run WHERE id = $1', [run?.id])).toEqual([{ state }]);
  });

  it.each(['returns.unlock.beforeCommit', 'returns.unlock.afterCommit'])(
    'at %s leaves the job claimed or idle, and the next window brings what there is',
    async (failpoint) => {
      await startDying(failpoint, 3_600);
      // A run whose worker hangs before it has planned anything.
      await sql(`WITH run AS (
          INSERT INTO return_sync_run (id, job_id, job_type, trigger, state)
          SELECT gen_random_uuid(), id, job_type, 'cron', 'QUEUED' FROM order_return_algolia_sync
          WHERE job_type = 'RETURN_JOB' RETURNING id, job_id)
        UPDATE order_return_algolia_sync j SET status = 1, run_id = run.id, attempt = 1,
          lease_expires_at = now() + interval '2 seconds' FROM run WHERE j.id = run.job_id`);
      const [job] = await sql<{ token: string }>(
        `SELECT lease_token AS token FROM order_return_algolia_sync WHERE job_type = 'RETURN_JOB'`,
      );
      await changeAll();
      await post('/api/returns/sync/unlock', { expectedToken: Number(job?.token) });
      await untilDead(failpoint);
      await startRescuer();
      await untilIndexed();
    },
  );
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
