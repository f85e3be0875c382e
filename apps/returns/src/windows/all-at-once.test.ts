import { setTimeout as delay } from 'node:timers/promises';
import { messages } from '@lockstep/contracts';
import { buildRabbitDefinitions } from '@lockstep/messaging';
import { createTestPlaces, describeOnEveryEngine, type TestPlaces, waitFor } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { caller, startReturns } from '../returns.fixture.js';
import { INDEX_READER, type IndexReader } from '../verify/index-reader.js';
import { seededRandom } from './change-load.fixture.js';

const RETURNS = 150;
const ROUNDS = 8;
const WRITERS = 4;

describeOnEveryEngine('windows, historic syncs, resyncs, verifications and rebuilds at the same time', (engines) => {
  let places: TestPlaces;
  let app: NestExpressApplication;
  const call = caller(() => app);
  const sql = <T>(text: string, parameters: unknown[] = []): Promise<T[]> =>
    app.get(DataSource).query(text, parameters);
  const random = seededRandom(11);
  const anyId = () => 1 + Math.floor(random() * RETURNS);

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    await places.importDefinitions(buildRabbitDefinitions(messages));
    const { databaseUrl, rabbitmqUrl, elasticsearchUrl, indexPrefix } = places;
    const settings = { RETURNS_EVERY_SECONDS: '1', RETURNS_PAGE_SIZE: '20' };
    app = await startReturns({ databaseUrl, rabbitmqUrl, elasticsearchUrl, indexPrefix, settings });
    await sql(
      `INSERT INTO order_return (id, customer_return_number, return_type, is_cod)
       SELECT id, 'R-' || id, 'CUSTOMER', false FROM generate_series(1, ${RETURNS}) id`,
    );
  });
  afterAll(async () => {
    await app?.close();
    await places?.remove();
  });

  const CHANGES = [
    (id: number) => sql(`UPDATE order_return SET courier_name = md5(random()::text) WHERE id = $1`, [id]),
    (id: number) => sql(`INSERT INTO return_tag (return_id, tag) VALUES ($1, md5(random()::text))`, [id]),
    (id: number) => sql(`UPDATE order_return SET deleted = NOT deleted WHERE id = $1`, [id]),
  ];
  const write = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      // A return that is not there takes no tag; that is of no interest here.
      await CHANGES[Math.floor(random() * CHANGES.length)]?.(anyId()).catch(() => undefined);
      await delay(5);
    }
  };
  const ask = async (path: string, body: object = {}): Promise<string> => {
    const answer = await call('post', path).send(body);
    expect([200, 202, 409], JSON.stringify(answer.body)).toContain(answer.status);
    return answer.body.runId;
  };

  it('end with the index as the source', async () => {
    const stopping = new AbortController();
    const writing = Array.from({ length: WRITERS }, () => write(stopping.signal));
    const startDate = new Date(Date.now() - 86_400_000).toISOString();
    for (let round = 0; round < ROUNDS; round += 1) {
      if (round % 3 === 0) await ask('/api/returns/sync/historic', { startDate });
      await ask('/api/returns/sync/resync', { ids: [anyId(), anyId(), anyId()] });
      if (round % 4 === 1) await ask('/api/returns/sync/verify');
      if (round % 6 === 2) await ask('/api/returns/index/rebuild');
      await delay(250);
    }
    stopping.abort();
    await Promise.all(writing);
    await waitFor(
      'all runs and rebuilds to end, and a window after them',
      async () => {
        const [row] = await sql<{ open: number }>(
          `SELECT ((SELECT count(*) FROM return_sync_run WHERE ended_at IS NULL)
             + (SELECT count(*) FROM return_change WHERE NOT pg_visible_in_snapshot(xid, (
                  SELECT snapshot_end FROM order_return_algolia_sync WHERE job_type = 'RETURN_JOB'))))::int AS open`,
        );
        const index = (await call('get', '/api/returns/index')).body;
        return row?.open === 0 && index.building === null;
      },
      { timeoutMs: 40_000, everyMs: 100 },
    );
    const stored = await sql<{ id: number; version: number; deleted: boolean }>(
      'SELECT id, version, deleted FROM order_return ORDER BY id',
    );
    const copies = await app.get<IndexReader>(INDEX_READER).find(stored.map(({ id }) => id));
    expect([...copies].sort((a, b) => a.id - b.id)).toEqual(stored);
    const states = await sql<{ state: string }>(`SELECT DISTINCT state FROM return_sync_run`);
    expect(states).toEqual([{ state: 'COMPLETED' }]);
    const verified = await ask('/api/returns/sync/verify');
    const run = await waitFor(
      'the comparison',
      async () => (await call('get', `/api/returns/sync/runs/${verified}`)).body,
      {
        until: ({ endedAt }) => Boolean(endedAt),
      },
    );
    expect(run.counts.selected).toBe(0);
  }, 90_000);
});
