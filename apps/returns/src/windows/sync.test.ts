import { messages } from '@lockstep/contracts';
import { buildRabbitDefinitions } from '@lockstep/messaging';
import { createTestPlaces, describeOnEveryEngine, type TestPlaces, waitFor } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { caller, startReturns } from '../returns.fixture.js';
import { INDEX_READER, type IndexedReturn, type IndexReader } from '../verify/index-reader.js';

const RETURN = { customerReturnNumber: 'R', returnType: 'CUSTOMER', items: [{ returnItemId: 1, quantity: 1 }] };

describeOnEveryEngine('the sync of returns', (engines) => {
  let places: TestPlaces;
  let app: NestExpressApplication;
  const call = caller(() => app);
  const sql = <T>(text: string, parameters: unknown[] = []): Promise<T[]> =>
    app.get(DataSource).query(text, parameters);
  const put = async (id: number, change: object = {}) => {
    const answer = await call('put', `/api/returns/${id}`).send({ ...RETURN, ...change });
    expect([200, 201], JSON.stringify(answer.body)).toContain(answer.status);
    return answer.body.version as number;
  };
  const indexed = async (id: number): Promise<IndexedReturn | undefined> =>
    (await app.get<IndexReader>(INDEX_READER).find([id]))[0];
  const ended = (runId: string) =>
    waitFor(`run ${runId} to end`, async () => (await call('get', `/api/returns/sync/runs/${runId}`)).body, {
      until: (run) => Boolean(run.endedAt),
    });
  const run = async (path: string, body: object = {}) => {
    const answer = await call('post', path).send(body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(202);
    expect(answer.headers['location']).toBe(`/api/returns/sync/runs/${answer.body.runId}`);
    return ended(answer.body.runId);
  };
  const sync = () => run('/api/returns/sync');

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    await places.importDefinitions(buildRabbitDefinitions(messages));
    const { databaseUrl, rabbitmqUrl, elasticsearchUrl, indexPrefix } = places;
    const settings = { RETURNS_PAGE_SIZE: '2' };
    app = await startReturns({ databaseUrl, rabbitmqUrl, elasticsearchUrl, indexPrefix, settings });
    for (const id of [1, 2, 3, 4, 5]) await put(id);
    const first = await sync();
    expect(first, JSON.stringify(first)).toMatchObject({
      state: 'COMPLETED',
      trigger: 'manual',
      counts: { selected: 5, indexed: 5 },
      pages: 3,
      pagesDone: 3,
    });
  });

  afterAll(async () => {
    await app?.close();
    await places?.remove();
  });

  it('begins with everything there is, and then brings what has changed, once', async () => {
    const version = await put(1, { courierName: 'Fast' });
    await call('delete', '/api/returns/2');
    const second = await sync();
    expect(second.counts).toEqual({ selected: 2, indexed: 1, noop: 0, tombstoned: 1, failed: 0 });
    expect(await indexed(1)).toMatchObject({ version, deleted: false });
    expect(await indexed(2)).toMatchObject({ deleted: true });
    expect((await sync()).counts.selected).toBe(0);
    const job = (await call('get', '/api/returns/sync/job')).body;
    expect(job).toMatchObject({ status: 0, jobType: 'RETURN_JOB', pendingChanges: 0, lastError: null });
    expect(Date.parse(job.dateRangeEnd) - Date.parse(job.dateRangeStart)).toBeGreaterThanOrEqual(30 * 60_000);
  });

  it('brings a change of a part, of the order, and a row that was taken away by hand', async () => {
    await call('put', '/api/orders/1').send({ customerOrderNumber: 'O-1', items: [{ orderItemId: 1, quantity: 1 }] });
    await put(11, { orderId: 1 });
    await put(12);
    await sync();
    await sql(`INSERT INTO return_tag (return_id, tag) VALUES (11, 'watch')`);
    expect((await sync()).counts).toMatchObject({ selected: 1, indexed: 1 });
    await call('put', '/api/orders/1').send({ customerOrderNumber: 'O-1b', items: [{ orderItemId: 1, quantity: 1 }] });
    expect((await sync()).counts).toMatchObject({ selected: 1, indexed: 1 });
    await sql('DELETE FROM return_item WHERE return_id = 12');
    await sql('DELETE FROM order_return WHERE id = 12');
    expect((await sync()).counts).toMatchObject({ selected: 1, tombstoned: 1 });
    const gone = await indexed(12);
    expect(gone).toMatchObject({ deleted: true });
    const version = await put(12);
    expect(version).toBeGreaterThan(gone?.version ?? 0);
    await sync();
    expect(await indexed(12)).toEqual({ id: 12, version, deleted: false });
  });

  it('answers who asks while a run is at work with that run, under every path', async () => {
    await sql(`UPDATE order_return_algolia_sync SET status = 1, lease_expires_at = now() + interval '1 hour'
               WHERE job_type = 'RETURN_JOB'`);
    const job = (await call('get', '/api/returns/sync/job')).body;
    for (const path of [
      '/api/returns/sync',
      '/_ah/api/esb/v1/returnsCron',
      '/_ah/api/esb/v1/returnUpdatedTaskQueue',
      '/_ah/api/esb/v1/returnUpdateProcessingQueue',
    ]) {
      const answer = await call('post', path);
      expect([answer.status, answer.body]).toEqual([200, { result: 'already_running', runId: job.runId }]);
    }
    const wrong = await call('post', '/api/returns/sync/unlock').send({ expectedToken: job.leaseToken + 1 });
    expect([wrong.status, wrong.body.code]).toEqual([409, 'LEASE_TOKEN_MISMATCH']);
    const unlocked = await call('post', '/api/returns/sync/unlock').send({ expectedToken: job.leaseToken });
    expect(unlocked.body).toMatchObject({ status: 0, leaseToken: job.leaseToken + 1 });
  });

  it('writes a time again, or some returns, without moving where the next window begins', async () => {
    const before = (await call('get', '/api/returns/sync/job')).body.snapshotEnd;
    const inner = { id: 254909, startDate: '2026-11-01 00:00:00', isHistoricSync: '1', returnSyncIdentifier: '010101' };
    const body = { data: JSON.stringify({ ...inner, startDate: new Date(Date.now() - 86_400_000).toISOString() }) };
    const dry = await call('post', '/api/returns/sync/historic').send({ ...body, dryRun: true });
    const [count] = await sql<{ n: number }>('SELECT count(*)::int AS n FROM order_return');
    expect([dry.status, dry.body]).toEqual([
      200,
      { result: 'dry_run', wouldIndex: count?.n, compared: count?.n, newerInIndex: 0, sameInIndex: count?.n },
    ]);
    const historic = await run('/_ah/api/esb/v2/returns/algolia/sync/init', body);
    expect(historic).toMatchObject({
      jobType: 'RETURN_HISTORIC_JOB',
      state: 'COMPLETED',
      counts: { selected: count?.n },
    });
    const resync = await run('/api/returns/sync/resync', { ids: [1, 2, 3, 999_999] });
    expect(resync.counts).toEqual({ selected: 4, indexed: 2, noop: 1, tombstoned: 1, failed: 0 });
    expect((await call('get', '/api/returns/sync/job')).body.snapshotEnd).toBe(before);
    const refused = await call('post', '/api/returns/sync/historic').send({ startDate: '2020-01-01 00:00:00' });
    expect([refused.status, refused.body.errors[0].path]).toEqual([400, 'startDate']);
  });

  it('finds by comparison what no window brings, puts it right, and says what was wrong', async () => {
    const version = await put(31);
    await put(32);
    await sync();
    // Behind everybody's back: what a restored copy, or triggers switched off, leaves behind.
    await sql(
      'BEGIN; ALTER TABLE order_return DISABLE TRIGGER log_order_return_update; UPDATE order_return SET version = version + 5 WHERE id = 31; UPDATE order_return SET version = 0 WHERE id = 32; ALTER TABLE order_return ENABLE ALWAYS TRIGGER log_order_return_update; COMMIT',
    );
    expect((await sync()).counts.selected).toBe(0);
    expect((await call('get', '/api/returns/31/explain')).body).toMatchObject({
      database: { version: version + 5 },
      index: { version },
      lastChange: { source: 'order_return', op: 'U', isPending: false },
      lastPage: { runState: 'COMPLETED' },
      deadItem: null,
      advice: 'RESYNC',
    });
    expect((await call('get', '/api/returns/32/explain')).body.advice).toBe('VERIFY');
    const verified = await run('/api/returns/sync/verify');
    expect(verified, JSON.stringify(verified)).toMatchObject({
      state: 'COMPLETED',
      counts: { selected: 2, indexed: 2 },
    });
    expect((await call('get', '/api/returns/31/explain')).body.advice).toBe('NOTHING');
    await sync();
    expect((await call('get', '/api/returns/32/explain')).body.advice).toBe('NOTHING');
    expect((await run('/api/returns/sync/verify')).counts.selected).toBe(0);
    expect((await call('get', '/api/returns/77777/explain')).status).toBe(404);
  });

  it('ends a run of its own that is cancelled, holds one that is paused, and does neither to a window', async () => {
    const paused = await call('post', '/api/returns/sync/resync').send({ ids: [1, 2, 3, 4, 5] });
    await call('post', `/api/returns/sync/runs/${paused.body.runId}/pause`);
    await call('post', `/api/returns/sync/runs/${paused.body.runId}/resume`);
    expect((await ended(paused.body.runId)).state).toBe('COMPLETED');
    const again = await call('post', `/api/returns/sync/runs/${paused.body.runId}/cancel`);
    expect([again.status, again.body.code]).toEqual([409, 'RETURN_RUN_NOT_ACTIVE']);
    const { runId } = (await call('get', '/api/returns/sync/job')).body;
    const window = await call('post', `/api/returns/sync/runs/${runId}/cancel`);
    expect([window.status, window.body.code]).toEqual([409, 'RETURN_RUN_IS_WINDOW']);
    const runs = (await call('get', '/api/returns/sync/runs?jobType=RETURN_RESYNC')).body;
    expect(runs.items[0]).toMatchObject({ runId: paused.body.runId, jobType: 'RETURN_RESYNC' });
  });

  it('is measured, and lists what could not be written', async () => {
    const metrics = (await call('get', '/metrics')).text;
    for (const name of [
      'lag_seconds',
      'pending_changes',
      'run_duration_seconds{job_type="RETURN_JOB"}',
      'pages{state="open"}',
      'items_total{outcome="indexed"}',
      'lease_takeovers_total',
      'fenced_total',
      'oldest_writer_seconds',
      'dead_items',
      'drift_total',
    ]) {
      expect(metrics).toMatch(new RegExp(`^return_sync_${name.replaceAll(/[{}]/g, '\\$&')} \\d`, 'm'));
    }
    const dead = await call('get', '/api/returns/sync/dead-items');
    expect([dead.status, dead.body.total]).toEqual([200, 0]);
  });

  it('shows nothing of other tenants to who is limited to one', async () => {
    const limited = { name: 'acme', role: 'operator', accountSlugs: ['acme'] };
    const { key } = (await call('post', '/api/tokens').send(limited)).body;
    for (const path of ['/api/returns/1/explain', '/api/returns/sync/dead-items']) {
      expect((await call('get', path, key)).status, path).toBe(403);
    }
    for (const path of ['historic', 'resync', 'verify', 'unlock']) {
      const body = path === 'resync' ? { ids: [1] } : path === 'unlock' ? { expectedToken: 1 } : {};
      expect((await call('post', `/api/returns/sync/${path}`, key).send(body)).status, path).toBe(403);
    }
  });
});
