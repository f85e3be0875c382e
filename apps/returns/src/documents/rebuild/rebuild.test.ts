import type { SearchEngine } from '@lockstep/search';
import { SEARCH_ENGINE } from '@lockstep/service';
import { createTestPlaces, describeOnEveryEngine, type TestPlaces, waitFor } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { caller, startReturns } from '../../returns.fixture.js';
import { RETURN_INDEX, type ReturnIndex } from '../return-index.js';
import { RETURN_ALIAS } from '../return-schema.js';
import { describeReturnTarget } from '../return-target.conformance.js';
import { SearchIndexTarget } from '../search-index.target.js';

const RETURNS = 400;

describeOnEveryEngine('the index of returns', (engines) => {
  let places: TestPlaces;
  let app: NestExpressApplication;
  let dataSource: DataSource;
  const call = caller(() => app);
  const load = (path: string, lines: readonly object[]) =>
    call('post', path)
      .set('Content-Type', 'application/x-ndjson')
      .send(lines.map((line) => JSON.stringify(line)).join('\n'));

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    app = await startReturns(places);
    dataSource = app.get(DataSource);
    const order = { id: 1, customerOrderNumber: 'O-1', items: [{ orderItemId: 1, quantity: 9, productName: 'Shoe' }] };
    await load('/api/orders/bulk', [order]);
    await load(
      '/api/returns/bulk',
      Array.from({ length: RETURNS }, (_, at) => aReturn(at + 1)),
    );
    await call('delete', '/api/returns/1');
    await remove(2);
  });

  afterAll(async () => {
    await app?.close();
    await places?.remove();
  });

  const aReturn = (id: number, more: object = {}) => ({
    id,
    orderId: 1,
    customerReturnNumber: `R-${id}`,
    returnType: 'CUSTOMER',
    items: [{ returnItemId: 1, orderItemId: 1, quantity: 1 }],
    ...more,
  });
  /** As nobody should: the row itself is taken away. */
  const remove = (id: number) =>
    dataSource
      .query(`WITH items AS (DELETE FROM return_item WHERE return_id = ${id}) SELECT 1; `)
      .then(() => dataSource.query(`DELETE FROM order_return WHERE id = ${id}`));
  const engine = () => app.get<SearchEngine>(SEARCH_ENGINE);
  const index = () => app.get<ReturnIndex>(RETURN_INDEX);
  const write = async (ids: readonly number[]) => (await index().writeReturns(ids)).outcomes;
  const state = async () => (await call('get', '/api/returns/index')).body;
  const rebuild = async () => {
    const begun = await call('post', '/api/returns/index/rebuild');
    expect([begun.status, begun.headers['location']]).toEqual([202, `/api/returns/index/rebuilds/${begun.body.runId}`]);
    return begun.body.runId as string;
  };
  const ended = (runId: string) =>
    waitFor('the end of the rebuild', async () => (await call('get', `/api/returns/index/rebuilds/${runId}`)).body, {
      until: ({ state: now }) => !['queued', 'running'].includes(now),
    });
  /** Version and life of each return, by the index that readers see and by the database. */
  const compare = async () => {
    const { active } = await state();
    await engine().refresh(active);
    const shown: Record<string, string> = {};
    for await (const page of engine().scan(active, { tombstones: true })) {
      for (const { id, version, deleted } of page) shown[id] = `${version} ${deleted}`;
    }
    const rows: { id: number; held: string }[] = await dataSource.query(
      `SELECT id, version || ' ' || deleted AS held FROM order_return
       UNION ALL SELECT return_id, version || ' true' FROM return_grave`,
    );
    expect(shown).toEqual(Object.fromEntries(rows.map(({ id, held }) => [id, held])));
  };

  it('is filled in a new generation, tombstones included, and then shown', async () => {
    const { active } = await state();
    const run = await ended(await rebuild());
    expect(run).toMatchObject({ state: 'succeeded', expected: RETURNS - 1, rejected: 0, error: null });
    expect(await state()).toMatchObject({ active: run.generation, previous: active, rebuildReason: null });
    expect(await engine().aliasTargets(RETURN_ALIAS)).toEqual([run.generation]);
    // What a row that was taken away leaves behind is told by whoever finds the change.
    await write([2]);
    await compare();
  });

  it('takes every change that comes while it is being filled', async () => {
    const runId = await rebuild();
    const again = await call('post', '/api/returns/index/rebuild');
    expect([again.status, again.body]).toMatchObject([409, { code: 'REBUILD_ALREADY_RUNNING', runId }]);
    for (let at = 0; at < 20; at += 1) {
      const ids = [10 + at, 50 + at, 1_000 + at];
      await load(
        '/api/returns/bulk',
        ids.map((id) => aReturn(id, { courierName: `changed ${at}` })),
      );
      if (at % 5 === 0) await call('delete', `/api/returns/${100 + at}`);
      await write([...ids, 100 + at]);
    }
    expect(await ended(runId)).toMatchObject({ state: 'succeeded' });
    await compare();
  });

  it('goes back to the former generation, which had every change since, and forward again', async () => {
    const { active, previous } = await state();
    await call('put', '/api/returns/20').send({ ...aReturn(20, { courierName: 'after the swap' }), id: undefined });
    await write([20]);
    expect((await call('post', '/api/returns/index/rollback')).body).toMatchObject({ generation: previous });
    await compare();
    expect((await call('post', '/api/returns/index/rollback')).status).toBe(409);
    expect((await call('post', '/api/returns/index/rollforward')).body).toMatchObject({ generation: active });
    await compare();
  });

  it('is told of a return whose row was taken away, and of one that comes back under its id', async () => {
    await remove(30);
    expect(await write([30])).toEqual([{ returnId: 30, outcome: 'tombstoned' }]);
    await compare();
    await load('/api/returns/bulk', [aReturn(30)]);
    expect(await write([30])).toEqual([{ returnId: 30, outcome: 'indexed' }]);
    await compare();
  });

  it('parks what cannot be stored, writes its neighbours, and is rebuilt without it', async () => {
    await dataSource.query(`UPDATE order_return SET courier_name = repeat('é', 40000) WHERE id = 40`);
    expect(await write([40, 41])).toEqual([
      { returnId: 40, outcome: 'failed', reason: expect.stringMatching(/./), retryable: false },
      { returnId: 41, outcome: 'indexed' },
    ]);
    const run = await ended(await rebuild());
    expect(run).toMatchObject({ state: 'incomplete', rejected: 1, error: 'Cannot be stored: 40' });
    await dataSource.query(`UPDATE order_return SET courier_name = 'short' WHERE id = 40`);
    expect(await write([40])).toMatchObject([{ outcome: 'indexed' }]);
    await compare();
  });

  it('waits for a person where many returns would go, and stays as it is when they say no', async () => {
    const { active } = await state();
    await dataSource.query('ALTER TABLE order_return DISABLE TRIGGER USER');
    await dataSource.query('UPDATE order_return SET deleted = true, version = version + 1 WHERE id > 60');
    await dataSource.query('ALTER TABLE order_return ENABLE TRIGGER USER');
    const run = await ended(await rebuild());
    expect(run).toMatchObject({ state: 'held', error: expect.stringContaining('%') });
    expect((await call('post', `/api/returns/index/rebuilds/${run.runId}/cancel`)).body.state).toBe('cancelled');
    await waitFor('the generation to be gone', async () => (await state()).building === null);
    expect((await state()).active).toBe(active);
    const second = await ended(await rebuild());
    expect((await call('post', `/api/returns/index/rebuilds/${second.runId}/approve`)).status).toBe(202);
    expect(await ended(second.runId)).toMatchObject({ state: 'succeeded' });
    await compare();
  });

  it('is shown, made anew and exchanged by nobody who may see a part of it only', async () => {
    const keyOf = async (token: object) => (await call('post', '/api/tokens').send({ name: 'k', ...token })).body.key;
    const limited = await keyOf({ role: 'admin', accountSlugs: ['acme'] });
    const [viewer, operator] = [await keyOf({ role: 'viewer' }), await keyOf({ role: 'operator' })];
    const run = '/rebuilds/00000000-0000-4000-8000-000000000000';
    const routes = [
      ['get', '', 'viewer'],
      ['get', run, 'viewer'],
      ['post', '/rebuild', 'operator'],
      ['post', `${run}/cancel`, 'operator'],
      ['post', `${run}/approve`, 'admin'],
      ['post', '/rollback', 'admin'],
      ['post', '/rollforward', 'admin'],
    ] as const;
    for (const [method, path, role] of routes) {
      const answerOf = async (key: string) => (await call(method, `/api/returns/index${path}`, key)).body.code;
      expect(await answerOf(limited), path).toBe('TENANT_LIMITED');
      if (role !== 'viewer') expect(await answerOf(viewer), path).toBe('FORBIDDEN');
      if (role === 'admin') expect(await answerOf(operator), path).toBe('FORBIDDEN');
    }
  });

  describeReturnTarget('The search index', async () => ({
    target: app.get(SearchIndexTarget),
    read: async (id) => {
      const [held] = await engine().getMany(RETURN_ALIAS, [String(id)]);
      const { courierName, returnTrackingId } = held?.document ?? {};
      return held && { version: held.version, isGone: held.deleted, courierName, returnTrackingId };
    },
    makeUnstorable: (row) => ({ ...row, document: { ...row.document!, colour: 'red' } }),
  }));
});
