import { Clock } from '@lockstep/service';
import { createTestPlaces, describeOnEveryEngine, type TestPlaces, waitFor } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { forgetItems, givenCall, givenItem } from '../items/items.fixture.js';
import { caller, startShopUpdate } from '../shop-update.fixture.js';
import type { UnfinishedSeries } from './analytics.answer.js';
import { KPI_SECONDS } from './analytics.js';
import { AnalyticsLoop } from './analytics-loop.js';
import { GRAPH_RANGES, windowStart } from './graph-range.js';

describeOnEveryEngine('the graphs', (engines) => {
  let places: TestPlaces;
  let app: NestExpressApplication;
  const call = caller(() => app);
  const sql = <Row>(text: string, values: unknown[] = []): Promise<Row[]> => app.get(DataSource).query(text, values);
  const graph = async (name: string, range = '24h') => {
    const { status, body } = await call('get', `/api/shop-update/analytics/${name}`).query({ range });
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    app = await startShopUpdate(places);
  });
  beforeEach(async () => {
    await forgetItems(app.get(DataSource));
    await sql(
      'TRUNCATE ended_items, ended_items_news, made_calls, made_calls_news, call_times, call_times_news, queue_sample',
    );
  });
  afterAll(async () => {
    await app?.close();
    await places?.remove();
  });

  /** Items of all kinds, ages and ends, spread over 100 days; a third is moved to its end afterwards. */
  const spreadItems = async (count: number) => {
    await sql(
      `INSERT INTO sync_item (product_set_id, product_id, topic, status, reason, queued_at, enqueued_at_ns, finished_at)
       SELECT 11, n, (ARRAY['content', 'price', 'stock'])[1 + n % 3],
         CASE WHEN n % 10 = 0 THEN 'blocked' WHEN n % 11 = 0 THEN 'superseded' WHEN n % 13 = 0 THEN 'cancelled' ELSE 'synced' END,
         CASE WHEN n % 10 = 0 THEN 'no_src_id' END, queued, 0,
         CASE WHEN n % 10 <> 0 AND n % 3 <> 0 THEN queued + age END
       FROM (SELECT n, now() - random() ^ 3 * interval '100 days' AS queued,
               random() ^ 6 * interval '9 days' AS age FROM generate_series(1, $1::int) AS n) AS made`,
      [count],
    );
    await sql(
      `UPDATE sync_item SET finished_at = queued_at + random() ^ 4 * interval '9 days' WHERE finished_at IS NULL AND status <> 'blocked'`,
    );
  };

  it('tell the share that was synced in a time exactly as the items themselves do, added up or not', async () => {
    await spreadItems(20_000);
    // Stands still: an hour may end between two looks.
    const clock = app.get(Clock);
    const now = clock.now();
    vi.spyOn(clock, 'now').mockReturnValue(now);
    onTestFinished(() => void vi.restoreAllMocks());
    const check = async () => {
      const { windows } = await graph('sync-kpi');
      for (const window of windows) {
        const from = windowStart(window.range, now);
        const shares = KPI_SECONDS.map(
          (seconds) =>
            `count(*) FILTER (WHERE status = 'synced' AND finished_at <= queued_at + interval '${seconds} seconds')::int`,
        );
        const [row] = await sql<{
          queued: number;
          synced: number;
          superseded: number;
          cancelled: number;
          shares: number[];
        }>(
          `SELECT count(*) FILTER (WHERE status NOT IN ('superseded', 'cancelled'))::int AS queued,
             count(*) FILTER (WHERE status = 'synced')::int AS synced, count(*) FILTER (WHERE status = 'superseded')::int AS superseded,
             count(*) FILTER (WHERE status = 'cancelled')::int AS cancelled, ARRAY[${shares.join(', ')}] AS shares
           FROM sync_item WHERE queued_at >= $1`,
          [from],
        );
        const { shares: expected, ...counts } = row!;
        expect(window).toMatchObject({ ...counts, from: from.toISOString() });
        for (const [at, { percent }] of window.points.entries())
          expect(percent).toBeCloseTo((expected[at]! / counts.queued) * 100, 9);
      }
      return windows;
    };
    const before = await check();
    await app.get(AnalyticsLoop).catchUp();
    // What the loop of the service has in hand at the moment is passed over.
    await waitFor('all to be added up', async () => (await sql('SELECT FROM ended_items_news LIMIT 1')).length === 0, {
      timeoutMs: 60_000,
    });
    expect(await check()).toEqual(before);
    const longest = before.at(-1);
    expect(longest.p50Seconds).toBeLessThanOrEqual(longest.p95Seconds ?? Number.POSITIVE_INFINITY);
  });

  it('keep what was counted when the items are forgotten', async () => {
    await givenItem(app.get(DataSource), { status: 'synced', ageSeconds: 5 });
    await sql('DELETE FROM sync_item');
    expect((await graph('sync-kpi')).windows[0]).toMatchObject({ range: '24h', queued: 1, synced: 1, p50Seconds: 5 });
  });

  it('show what was sent by topic, and what waits', async () => {
    const dataSource = app.get(DataSource);
    const ids = [await givenItem(dataSource, {}), await givenItem(dataSource, { productId: 102 })];
    await givenCall(dataSource, { itemIds: ids, ageSeconds: 7_200 });
    await givenCall(dataSource, { itemIds: [ids[0]!], topic: 'stock', method: 'Product.updateStock' });
    const body = await graph('queue-size');
    expect(body.bars).toHaveLength(25);
    const series = new Map(body.series.map((each: { topic: string }) => [each.topic, each]));
    expect(series.get('content')).toMatchObject({ label: 'Content', total: 2 });
    expect(series.get('stock')).toMatchObject({ total: 1 });
    expect((series.get('stock') as { items: number[] }).items.at(-1)).toBe(1);
    expect((series.get('content') as { items: number[] }).items.at(-3)).toBe(2);
    expect(body.waiting).toContainEqual({ state: 'toSend', items: 2, oldestAgeSeconds: expect.any(Number) });
    expect((await graph('sync-kpi')).sentRequests.reduce((a: number, b: number) => a + b)).toBe(2);
    expect((await graph('queue-size', '90d')).bars).toHaveLength(91);
  });

  it('show how long the oldest had waited, of what is still to be sent or answered', async () => {
    const dataSource = app.get(DataSource);
    await sql(`INSERT INTO queue_sample VALUES (date_trunc('minute', now() - interval '3 hours'), 7200, '{}')`);
    await givenItem(dataSource, { ageSeconds: 500 });
    await givenItem(dataSource, { productId: 102, ageSeconds: 400 });
    await givenItem(dataSource, { topic: 'price', status: 'blocked', reason: 'no_src_id', ageSeconds: 9_000 });
    await givenItem(dataSource, { topic: 'price', status: 'failed', ageSeconds: 9_000 });
    await givenItem(dataSource, { topic: 'price', status: 'synced', ageSeconds: 9_000 });
    await app.get(AnalyticsLoop).sampleQueue();
    const { oldestAgeSeconds: ages, bars } = await graph('queue-size');
    expect(ages).toHaveLength(bars.length);
    expect(ages.at(-1)).toBeGreaterThanOrEqual(500);
    expect(ages.at(-1)).toBeLessThan(600);
    expect(ages.at(-4)).toBe(7_200);
    expect(ages.at(-8)).toBeNull();
    // In this order: whoever looked before has written down what he saw.
    await forgetItems(dataSource);
    await sql('TRUNCATE queue_sample');
    await app.get(AnalyticsLoop).sampleQueue();
    expect((await graph('queue-size')).oldestAgeSeconds.at(-1)).toBe(0);
  });

  it('show how the queue stood, by topic and status, at the last look of each bar', async () => {
    const dataSource = app.get(DataSource);
    await givenItem(dataSource, {});
    await givenItem(dataSource, { productId: 102, status: 'processing' });
    await givenItem(dataSource, { productId: 102, topic: 'price', status: 'blocked', reason: 'no_src_id' });
    await givenItem(dataSource, { topic: 'price', status: 'synced' });
    // The service itself may have looked before there were any.
    await sql('TRUNCATE queue_sample');
    const hours = (count: number) => `date_trunc('hour', now()) - interval '${count} hours'`;
    await sql(`INSERT INTO queue_sample VALUES
      (${hours(3)} + interval '5 minutes', 0, '{"content": {"pending": 7}}'),
      (${hours(3)} + interval '50 minutes', 0, '{"content": {"pending": 4, "failed": 1}}')`);
    await app.get(AnalyticsLoop).sampleQueue();
    const { unfinished } = await graph('queue-size');
    const lastFour = (topic: string, status: string) =>
      unfinished
        .find((series: UnfinishedSeries) => series.topic === topic && series.status === status)
        ?.items.slice(-4);
    expect(lastFour('content', 'pending')).toEqual([4, null, null, 2]);
    expect(lastFour('content', 'failed')).toEqual([1, null, null, 0]);
    expect(lastFour('price', 'blocked')).toEqual([0, null, null, 1]);
    expect(unfinished).toHaveLength(3);
    expect(unfinished[0]).toMatchObject({ label: 'Content', statusLabel: expect.any(String) });
  });

  it('split calls by their outcome, a late answer in the place of what was given up', async () => {
    const dataSource = app.get(DataSource);
    const made = (over: Partial<Parameters<typeof givenCall>[1]>) =>
      givenCall(dataSource, { itemIds: [1, 2], outcome: 'open', ...over });
    const end = (id: number, outcome: string, reason: string | null = null) =>
      sql('UPDATE sync_call SET outcome = $2, error_reason = $3 WHERE id = $1', [id, outcome, reason]);
    await end(await made({ itemOutcomes: ['synced', 'synced'] }), 'answered');
    await end(await made({ itemOutcomes: ['synced', 'refused'] }), 'answered');
    await end(await made({}), 'failed', 'timeout');
    await end(await made({}), 'failed', 'nack');
    await end(await made({}), 'failed', 'nack');
    const late = await made({ itemOutcomes: ['synced', 'synced'] });
    await end(late, 'acknowledged');
    await end(late, 'expired', 'no_callback');
    const methods = async () => (await graph('api-calls')).methods;
    expect(await methods()).toMatchObject([
      {
        method: 'Product.updateProducts',
        calls: 6,
        failures: 5,
        reasons: [
          { reason: 'nack', calls: 2 },
          { reason: 'expired', calls: 1 },
          { reason: 'status_failure' },
          { reason: 'timeout' },
        ],
      },
    ]);
    await end(late, 'answered');
    await app.get(AnalyticsLoop).catchUp();
    expect(await methods()).toMatchObject([
      { calls: 6, failures: 4, reasons: [{ reason: 'nack' }, { reason: 'status_failure' }, { reason: 'timeout' }] },
    ]);
    await made({});
    expect(await methods()).toMatchObject([{ calls: 6 }]);
    // Of the last hour the calls themselves are counted.
    const ofHour = (await graph('api-calls', '1h')).methods;
    const sums = ({ calls, failures, reasons }: { calls: number; failures: number; reasons: unknown }) => ({
      calls,
      failures,
      reasons,
    });
    expect(ofHour.map(sums)).toEqual((await methods()).map(sums));
    const sentInHour = (await graph('queue-size', '1h')).series.map(({ total }: { total: number }) => total);
    expect(sentInHour).toEqual((await graph('queue-size')).series.map(({ total }: { total: number }) => total));
  });

  it('show any time by its two ends', async () => {
    const dataSource = app.get(DataSource);
    for (const ageSeconds of [30_000, 200_000]) await givenCall(dataSource, { itemIds: [1], ageSeconds });
    const between = async (fromSeconds: number, toSeconds: number) => {
      const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000).toISOString();
      const query = { from: ago(fromSeconds), to: ago(toSeconds) };
      const { status, body } = await call('get', '/api/shop-update/analytics/queue-size').query(query);
      expect([status, body.range]).toEqual([200, 'custom']);
      return body.series.reduce((sum: number, { total }: { total: number }) => sum + total, 0);
    };
    expect(await between(250_000, 10_000)).toBe(2);
    expect(await between(250_000, 150_000)).toBe(1);
    expect(await between(32_000, 28_000)).toBe(1);
    expect(await between(20_000, 10_000)).toBe(0);
    const wrong = await call('get', '/api/shop-update/analytics/queue-size').query({ from: '2031-01-01T00:00:00Z' });
    expect([wrong.status, wrong.body.code]).toEqual([400, 'RANGE_INVALID']);
  });

  it('draw the time of an answer, of an acknowledgment and of a callback apart', async () => {
    const dataSource = app.get(DataSource);
    for (const answerMs of [100, 200, 300]) await givenCall(dataSource, { itemIds: [1], answerMs });
    const id = await givenCall(dataSource, { itemIds: [1], flow: 'asynchronous', outcome: 'open', ageSeconds: 3_000 });
    await sql(`UPDATE sync_call SET outcome = 'acknowledged', acked_at = created_at + interval '40 ms' WHERE id = $1`, [
      id,
    ]);
    await sql(`UPDATE sync_call SET outcome = 'answered', responded_at = acked_at + interval '600 s' WHERE id = $1`, [
      id,
    ]);
    const { methods } = await graph('response-time');
    expect(methods).toMatchObject([
      {
        method: 'Product.updateProducts',
        series: [
          { kind: 'response', calls: 3, meanMs: 200, p95Ms: 300 },
          { kind: 'ack', calls: 1, meanMs: 40, p95Ms: 40 },
          { kind: 'callback', calls: 1, meanMs: 600_000, p95Ms: 600_000 },
        ],
      },
    ]);
    const inHour = (await graph('response-time', '1h')).methods[0].series;
    const figures = ({ kind, calls, meanMs, p95Ms }: Record<string, unknown>) => ({ kind, calls, meanMs, p95Ms });
    expect(inHour.map(figures)).toEqual(methods[0].series.map(figures));
    expect(methods[0].series[0].meanMsByBar.at(-1)).toBe(200);
    expect(methods[0].series[0].meanMsByBar[0]).toBeNull();
  });

  it.each(GRAPH_RANGES.map((range) => [range]))('have nothing to show for %s, and say so', async (range) => {
    const { windows } = await graph('sync-kpi', range);
    expect(windows[0]).toMatchObject({ queued: 0, p50Seconds: null });
    expect((await graph('api-calls', range)).methods).toEqual([]);
    expect((await call('get', '/api/shop-update/analytics/api-calls').query({ range: '2h' })).status).toBe(400);
  });
});
