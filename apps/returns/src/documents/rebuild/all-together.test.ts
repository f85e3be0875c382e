import { messages } from '@lockstep/contracts';
import { buildRabbitDefinitions } from '@lockstep/messaging';
import { fromIndexSource, type SearchEngine } from '@lockstep/search';
import { SEARCH_ENGINE } from '@lockstep/service';
import { createTestPlaces, describeOnEveryEngine, type TestPlaces, waitFor } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { caller, startReturns } from '../../returns.fixture.js';
import { AggregatesStore } from '../aggregates.store.js';
import type { HashPersonal } from '../hash-personal.js';
import { HASH_PERSONAL, makeRows } from '../indexed-returns.js';
import { toIndexRow } from '../search-index.target.js';

const RETURNS = 300;
const WRITERS = 3;
const WRITES = 15;

describeOnEveryEngine('everything that writes the index of returns at the same time', (engines) => {
  let places: TestPlaces;
  let app: NestExpressApplication;
  const call = caller(() => app);

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    await places.importDefinitions(buildRabbitDefinitions(messages));
    app = await startReturns({
      ...withUrls(places),
      settings: { RETURNS_EVERY_SECONDS: '1', RETURNS_PAGE_SIZE: '50' },
    });
    await call('put', '/api/orders/1').send({ customerOrderNumber: 'O-1', items: [{ orderItemId: 1, quantity: 9 }] });
    await load(Array.from({ length: RETURNS }, (_, at) => aReturn(at + 1)));
  });

  afterAll(async () => {
    await app?.close();
    await places?.remove();
  });

  const withUrls = ({ databaseUrl, rabbitmqUrl, elasticsearchUrl, indexPrefix }: TestPlaces) => ({
    databaseUrl,
    rabbitmqUrl,
    elasticsearchUrl,
    indexPrefix,
  });
  const aReturn = (id: number, more: object = {}) => ({
    id,
    orderId: 1,
    customerReturnNumber: `R-${id}`,
    returnType: 'CUSTOMER',
    items: [{ returnItemId: 1, orderItemId: 1, quantity: 1 }],
    ...more,
  });
  const load = (lines: readonly object[]) =>
    call('post', '/api/returns/bulk')
      .set('Content-Type', 'application/x-ndjson')
      .send(lines.map((line) => JSON.stringify(line)).join('\n'))
      .expect(200);

  /** Changes of every kind: of returns, their events, their deletion, their coming back, and of the order of all of them. */
  const writer = async (which: number) => {
    for (let at = 0; at < WRITES; at += 1) {
      const id = ((which * 97 + at * 13) % RETURNS) + 1;
      await load([
        aReturn(id, { courierName: `writer ${which} at ${at}` }),
        aReturn(RETURNS + which * WRITES + at + 1),
      ]);
      await call('post', `/api/returns/${id}/events`).send({
        source: 'courier',
        status: at % 2 ? 'picked_up' : 'lost',
      });
      if (at % 5 === 0) await call('delete', `/api/returns/${((id + 7) % RETURNS) + 1}`);
      if (at % 10 === 9) {
        const portal = `portal ${which} ${at}`;
        await call('put', '/api/orders/1').send({
          customerOrderNumber: 'O-1',
          portal,
          items: [{ orderItemId: 1, quantity: 9 }],
        });
      }
    }
  };
  const rebuild = async () => {
    const { runId } = (await call('post', '/api/returns/index/rebuild').expect(202)).body;
    const find = async () => (await call('get', `/api/returns/index/rebuilds/${runId}`)).body;
    const run = await waitFor('the rebuild', find, {
      until: ({ state }) => !['queued', 'running'].includes(state),
    });
    expect(run).toMatchObject({ state: 'succeeded', error: null });
  };
  const others = async () => {
    const startDate = new Date(Date.now() - 86_400_000).toISOString();
    await call('post', '/api/returns/sync/historic').send({ startDate, isHistoricSync: '1' });
    await call('post', '/api/returns/sync/resync').send({ ids: [1, 2, 3, 50, 299, 999_999] });
    await call('post', '/api/returns/sync/verify');
  };

  it('ends with an index that is the database, in the new generation and in the former one', {
    timeout: 240_000,
  }, async () => {
    await Promise.all([...Array.from({ length: WRITERS }, (_, which) => writer(which)), rebuild(), others()]);
    await waitFor('all windows and runs', isQuiet);
    const { active, previous } = (await call('get', '/api/returns/index')).body;
    const wanted = await stored();
    expect(wanted.size).toBe(RETURNS + WRITERS * WRITES);
    for (const index of [active, previous]) expect(await shown(index)).toEqual(wanted);
  });

  const isQuiet = async () => {
    const { status, pendingChanges } = (await call('get', '/api/returns/sync/job')).body;
    const { items } = (await call('get', '/api/returns/sync/runs?pageSize=50')).body;
    const isWorking = ({ state }: { state: string }) => ['QUEUED', 'PLANNING', 'PROCESSING'].includes(state);
    return status === 0 && pendingChanges === 0 && !items.some(isWorking);
  };
  /** Every return as its document should be, by id. */
  const stored = async () => {
    const aggregates = await app.get(AggregatesStore).readPage(undefined, 10_000);
    const rows = makeRows(aggregates, app.get<HashPersonal>(HASH_PERSONAL)).rows.map(toIndexRow);
    return new Map(rows.map(({ id, source }) => [id, fromIndexSource(source)]));
  };
  const shown = async (index: string) => {
    const engine = app.get<SearchEngine>(SEARCH_ENGINE);
    await engine.refresh(index);
    const found = new Map();
    for await (const page of engine.scan(index, { tombstones: true }))
      for (const each of page) found.set(each.id, each);
    return found;
  };
});
