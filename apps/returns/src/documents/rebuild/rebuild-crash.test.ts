import { createSearchEngine } from '@lockstep/service';
import {
  createTestPlaces,
  describeWithEngines,
  type RunningService,
  startService,
  type TestPlaces,
  waitFor,
} from '@lockstep/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RETURN_ALIAS, returnSchema } from '../return-schema.js';

const KEY = 'test-admin-token';
const RETURNS = 200;
/** In the order in which a rebuild passes them. */
const STEPS = ['filling', 'filled', 'beforeSwap', 'afterSwap'];

describeWithEngines('a rebuild of the index of returns whose service is killed', (engines) => {
  let places: TestPlaces;
  let service: RunningService | undefined;
  let client: pg.Client | undefined;

  beforeAll(async () => {
    places = await createTestPlaces(engines);
  });

  afterAll(async () => {
    await service?.kill('SIGKILL');
    await client?.end();
    await places?.remove();
  });

  const start = async (step?: string): Promise<void> => {
    service = await startService({
      app: 'returns',
      env: {
        NODE_ENV: 'test',
        HOST: '127.0.0.1',
        ...places.env,
        LOCKSTEP_ADMIN_TOKEN: KEY,
        RETURNS_EVERY_SECONDS: '0',
        RETURNS_LEASE_SECONDS: '1',
        ...(step && { LOCKSTEP_FAILPOINT: `returns.rebuild.${step}` }),
      },
    });
  };
  const isGone = () => {
    try {
      process.kill(service?.pid() as number, 0);
      return false;
    } catch {
      return true;
    }
  };
  const post = async (path: string) => {
    const headers = { authorization: `Bearer ${KEY}` };
    return (await fetch(`${service?.url}${path}`, { method: 'POST', headers })).json() as Promise<{ runId: string }>;
  };
  const sql = async <T extends object>(text: string, values: unknown[] = []) =>
    (await (client as pg.Client).query<T>(text, values)).rows;

  it('at each of its steps, one after the other, ends as if nothing had been', { timeout: 400_000 }, async () => {
    await start();
    client = new pg.Client({ connectionString: places.databaseUrl, options: '-c search_path=returns' });
    await client.connect();
    await sql(
      `INSERT INTO order_return (id, customer_return_number, return_type, is_cod)
       SELECT id, 'R-' || id, 'CUSTOMER', false FROM generate_series(1, ${RETURNS}) id`,
    );
    await service?.kill('SIGTERM');
    // Its index may be there already when it dies, so it is asked for before anybody can begin.
    await sql(`INSERT INTO return_index_rebuild (requested_by) VALUES ('test')`);
    for (const step of STEPS) {
      await start(step).catch((error: unknown) => {
        // It may be dead before it was ready.
        if (!String(error).includes('SIGKILL') && !isGone()) throw error;
      });
      await waitFor(`the service to die at ${step}`, isGone);
    }
    await start();
    const find = async () =>
      (await sql<{ state: string; generation: string }>('SELECT * FROM return_index_rebuild'))[0];
    const run = await waitFor('the end of the rebuild', find, {
      until: (seen) => seen?.state !== 'queued' && seen?.state !== 'running',
    });
    expect(run).toMatchObject({ state: 'succeeded', error: null, rejected: '0' });
    const engine = createSearchEngine(places);
    try {
      expect(await engine.aliasTargets(RETURN_ALIAS)).toEqual([run?.generation]);
      expect(await engine.count(returnSchema, RETURN_ALIAS)).toBe(RETURNS);
    } finally {
      await engine.close();
    }
    expect(await post('/api/returns/index/rebuild')).toMatchObject({ state: 'queued' });
  });
});
