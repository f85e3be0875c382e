import { messages } from '@lockstep/contracts';
import { removeOutdated } from '@lockstep/database';
import { buildRabbitDefinitions } from '@lockstep/messaging';
import type { SearchEngine } from '@lockstep/search';
import { SEARCH_ENGINE } from '@lockstep/service';
import { createTestPlaces, describeOnEveryEngine, type TestPlaces, waitFor } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ReturnsConfig } from '../../returns.config.js';
import { caller, startReturns } from '../../returns.fixture.js';
import { Verification } from '../../verify/verification.js';
import { syncRetention } from '../../windows/sync-parts.js';
import { RETURN_ALIAS } from '../return-schema.js';
import { Tombstones } from './tombstones.js';

const RETURN = { customerReturnNumber: 'R', returnType: 'CUSTOMER', items: [{ returnItemId: 1, quantity: 1 }] };
const LIMIT_MS = 60_000;

describeOnEveryEngine('tombstones of returns', (engines) => {
  vi.setConfig({ testTimeout: 3 * LIMIT_MS, hookTimeout: 3 * LIMIT_MS });
  let places: TestPlaces;
  let app: NestExpressApplication;
  const call = caller(() => app);
  const sql = <T>(text: string, parameters: unknown[] = []): Promise<T[]> =>
    app.get(DataSource).query(text, parameters);
  const put = async (...ids: number[]) => {
    for (const id of ids) expect([200, 201]).toContain((await call('put', `/api/returns/${id}`).send(RETURN)).status);
  };
  const ended = async (path: string, location: string, end: (state: string) => boolean) => {
    const begun = await call('post', path);
    expect(begun.status, JSON.stringify(begun.body)).toBe(202);
    return waitFor(
      `the end of ${path}`,
      async () => (await call('get', `${location}/${begun.body.runId}`)).body as { state: string },
      { until: ({ state }) => end(state), timeoutMs: LIMIT_MS },
    );
  };
  const sync = async () => {
    const isOver = (state: string) => state === 'COMPLETED';
    await ended('/api/returns/sync', '/api/returns/sync/runs', isOver);
  };
  const rebuild = async () => {
    const isOver = (state: string) => state === 'succeeded';
    await ended('/api/returns/index/rebuild', '/api/returns/index/rebuilds', isOver);
  };
  /** As if all that was done so far had been done so many days ago. */
  const age = async (days: number) => {
    const by = `interval '${days} days'`;
    // As the database itself touches returns: without logging a change.
    await sql(
      `BEGIN; SELECT set_config('lockstep.raises_version', 'on', true);
       UPDATE order_return SET updated_at = updated_at - ${by}; COMMIT`,
    );
    await sql(`UPDATE return_grave SET buried_at = buried_at - ${by}`);
    await sql(`UPDATE return_change SET at = at - ${by}`);
    for (const rule of syncRetention(app.get(ReturnsConfig))) {
      await removeOutdated(app.get(DataSource), rule, { days: 90, runs: 500 });
    }
  };
  const forget = () => app.get(Tombstones).forgetOutdated();
  const held = async () => {
    const found = await app.get<SearchEngine>(SEARCH_ENGINE).getMany(RETURN_ALIAS, ['1', '2', '3', '4', '5']);
    return found.map(({ id, deleted }) => `${id}${deleted ? ' gone' : ''}`).sort();
  };

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    await places.importDefinitions(buildRabbitDefinitions(messages));
    app = await startReturns(places);
    await put(1, 2, 3, 4);
    await sync();
    await call('delete', '/api/returns/2');
    await sql('DELETE FROM return_item WHERE return_id = 3');
    await sql('DELETE FROM order_return WHERE id = 3');
  });
  afterAll(async () => {
    await app?.close();
    await places?.remove();
  });

  it('stay for a week, and while the change that made them waits for its window', async () => {
    await age(8);
    expect(await forget()).toBe(0);
    await sync();
    expect(await forget()).toBe(0);
    expect(await held()).toEqual(['1', '2 gone', '3 gone', '4']);
  });

  it('are forgotten afterwards, which a verification does not mind', async () => {
    await age(8);
    expect(await forget()).toBe(2);
    expect(await held()).toEqual(['1', '4']);
    expect(await app.get(Verification).differingBuckets()).toEqual([]);
    expect(await forget()).toBe(0);
  });

  it('are there again after a resync and in a new generation, until the next time', async () => {
    const resync = await call('post', '/api/returns/sync/resync').send({ ids: [2] });
    expect(resync.status).toBe(202);
    await waitFor('the tombstone', held, { until: (all) => all.includes('2 gone'), timeoutMs: LIMIT_MS });
    await waitFor('what was forgotten to be remembered', () => sql('SELECT FROM return_forgotten'), {
      until: (rows) => rows.length === 1,
      timeoutMs: LIMIT_MS,
    });
    expect(await forget()).toBe(1);
    await rebuild();
    expect(await held()).toEqual(['1', '2 gone', '3 gone', '4']);
    expect(await forget()).toBe(2);
    expect(await held()).toEqual(['1', '4']);
    expect(await app.get(Verification).differingBuckets()).toEqual([]);
  });

  it('do not keep a return from coming back under its id', async () => {
    await put(2, 3);
    await sync();
    expect(await held()).toEqual(['1', '2', '3', '4']);
    await age(8);
    expect(await forget()).toBe(0);
    expect(await app.get(Verification).differingBuckets()).toEqual([]);
  });
});
