import { removeOutdated } from '@lockstep/database';
import { SearchUnavailableError } from '@lockstep/search';
import { describeWithEngines } from '@lockstep/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Sent, SyncBench } from './sync-bench.fixture.js';
import { syncRetention } from './sync-parts.js';

/** A period that does not end while the tests run. */
const EVERY_SECONDS = 1_000_000_000;

describeWithEngines('a run of the sync', (engines) => {
  let bench: SyncBench;

  beforeAll(async () => {
    bench = await SyncBench.open(engines, { pageSize: 4, everySeconds: EVERY_SECONDS });
    await bench.addReturns(1, 10);
    await bench.sync();
  });
  afterAll(async () => {
    await bench?.close();
  });
  beforeEach(async () => {
    await bench.take();
    const job = await bench.job();
    if (job.status > 0) await bench.control.unlock(job.runId as string, job.leaseToken, 'the next test');
    await bench.sync();
  });

  const change = (...ids: number[]) =>
    bench.sql('UPDATE order_return SET courier_name = md5(random()::text) WHERE id = ANY ($1::bigint[])', [ids]);
  const isCurrent = async (id: number) => {
    const [row] = await bench.sql<{ version: number }>('SELECT version FROM order_return WHERE id = $1', [id]);
    return bench.index.documents.get(id)?.version === row?.version;
  };
  const planned = async (): Promise<{ runId: string; pages: Sent[] }> => {
    const runId = await bench.claim();
    for (const sent of await bench.take()) await bench.handle(sent);
    return { runId, pages: await bench.take() };
  };

  it('has one winner among twenty who ask at once, and one message', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => bench.claims.claim('manual', 'all')));
    const [winner, ...others] = answers.sort((a, b) => Number(b.result === 'claimed') - Number(a.result === 'claimed'));
    expect(winner?.result).toBe('claimed');
    expect(others).toEqual(Array.from({ length: 19 }, () => ({ result: 'already_running', runId: winner?.runId })));
    expect((await bench.take()).map(({ kind }) => kind)).toEqual(['plan']);
  });

  it('is begun once a period, however many schedulers tick', async () => {
    await bench.sql('UPDATE order_return_algolia_sync SET last_tick = NULL');
    const tick = async () => (await bench.claims.claim('cron', null)).result;
    expect([await tick(), await tick()]).toEqual(['claimed', 'already_running']);
    await bench.drain();
    expect([await tick(), await tick()]).toEqual(['notDue', 'notDue']);
    await bench.sql('UPDATE order_return_algolia_sync SET last_tick = last_tick - 1');
    const both = await Promise.all([tick(), tick()]);
    expect(both.filter((result) => result === 'claimed')).toHaveLength(1);
  });

  it('is not begun while the job is switched off', async () => {
    await bench.sql('UPDATE order_return_algolia_sync SET enabled = false');
    expect(await bench.claims.claim('manual', 'x')).toEqual({ result: 'disabled', runId: null });
    await bench.sql('UPDATE order_return_algolia_sync SET enabled = true');
  });

  it('changes nothing when its messages come twice or in another order', async () => {
    await change(1, 2, 3, 4, 5, 6);
    const { runId, pages } = await planned();
    for (const sent of [...pages].reverse()) expect(await bench.handle(sent)).toBe('done');
    const writes = bench.index.writes;
    const run = await bench.run(runId);
    expect(run).toMatchObject({ state: 'COMPLETED', selected: 6, indexed: 6 });
    for (const sent of pages) expect(await bench.handle(sent)).toBe('fenced');
    expect(bench.index.writes).toBe(writes);
    expect(await bench.run(runId)).toEqual({ ...run, readAt: expect.any(Date) });
  });

  it('is planned once, whatever is committed before its message comes again', async () => {
    await change(1);
    const runId = await bench.claim();
    const [plan] = await bench.take();
    expect(await bench.handle(plan as Sent)).toBe('planned');
    await change(2);
    expect(await bench.handle(plan as Sent)).toBe('planned');
    expect((await bench.run(runId)).selected).toBe(1);
    await bench.drain();
    expect([await isCurrent(1), await isCurrent(2)]).toEqual([true, false]);
  });

  it('is taken over with the same window when its worker dies, and the dead one finds itself fenced', async () => {
    await change(1, 2, 3, 4, 5, 6);
    const { runId, pages } = await planned();
    expect(await bench.handle(pages[0] as Sent)).toBe('done');
    const window = (await bench.run(runId)).snapshotEnd;
    await change(7);
    let release = (): void => undefined;
    bench.index.beforeWrite = () => new Promise((resolve) => (release = resolve));
    const zombie = bench.handle(pages[1] as Sent);
    await expect.poll(async () => (await bench.sql('SELECT FROM return_sync_page WHERE state = 1')).length).toBe(1);
    await bench.expireLease();
    expect(await bench.recovery.recover()).toBe(1);
    expect(await bench.recovery.recover()).toBe(0);
    const [again, ...others] = await bench.take();
    expect(others).toEqual([]);
    expect(again).toMatchObject({ kind: 'page', payload: { runId, pageNo: 2 } });
    release();
    expect(await zombie).toBe('fenced');
    bench.index.beforeWrite = async () => undefined;
    expect((await bench.job()).status).toBe(2);
    expect(await bench.handle(pages[1] as Sent)).toBe('fenced');
    expect(await bench.handle(again as Sent)).toBe('done');
    const run = await bench.run(runId);
    expect(run).toMatchObject({ state: 'COMPLETED', selected: 6, snapshotEnd: window });
    expect(run.history.map(({ text }) => text).join('\n')).toMatch(
      /was last heard of at .*gone on with by .*1 of 2 pages left/,
    );
    expect((await bench.job()).snapshotEnd).toBe(window);
    await bench.sync();
    expect(await isCurrent(7)).toBe(true);
  });

  it('that was claimed and never planned is planned by another', async () => {
    await change(1);
    const runId = await bench.claim();
    const lost = await bench.take();
    await bench.expireLease();
    await bench.recovery.recover();
    await bench.drain();
    expect(await bench.run(runId)).toMatchObject({ state: 'COMPLETED', selected: 1 });
    expect(await bench.handle(lost[0] as Sent)).toBe('fenced');
  });

  it('is given up when five attempts bring nothing, and the next one begins where it began', async () => {
    await change(1, 2);
    const { runId } = await planned();
    const before = (await bench.job()).snapshotEnd;
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      await bench.expireLease();
      expect(await bench.recovery.recover()).toBe(1);
      await bench.take();
    }
    expect(await bench.run(runId)).toMatchObject({ state: 'FAILED', error: expect.stringContaining('given up') });
    expect(await bench.job()).toMatchObject({ status: 0, snapshotEnd: before });
    await bench.sync();
    expect([await isCurrent(1), await isCurrent(2)]).toEqual([true, true]);
  });

  it('tries again what the index could not take just then, and that alone', async () => {
    await change(1, 2, 3);
    const fault = { returnId: 2, outcome: 'failed', reason: 'too busy', retryable: true } as const;
    bench.index.faults.set(2, { times: 1, fault });
    const { runId, pages } = await planned();
    const writes = bench.index.writes;
    expect(await bench.handle(pages[0] as Sent)).toBe('again');
    expect(bench.index.writes).toBe(writes + 2);
    expect((await bench.job()).status).toBe(2);
    expect(await bench.handle(pages[0] as Sent)).toBe('done');
    expect(bench.index.writes).toBe(writes + 3);
    expect(await bench.run(runId)).toMatchObject({ state: 'COMPLETED', selected: 3, indexed: 3, failed: 0 });
  });

  it.each([
    ['cannot be stored', { returnId: 2, outcome: 'failed', reason: 'no such field', retryable: false } as const],
    ['cannot even be made into a document', new Error('no such field')],
  ])('parks a return that %s, lists it, and brings the others', async (_, fault) => {
    await change(1, 2, 3);
    bench.index.faults.set(2, { times: 100, fault });
    const runId = await bench.sync();
    expect(await bench.run(runId)).toMatchObject({ state: 'COMPLETED_WITH_ERRORS', indexed: 2, failed: 1 });
    const dead = await bench.runs.listDead(10, 0);
    expect(dead).toMatchObject({ total: 1, items: [{ returnId: 2, runId, attempts: 1 }] });
    expect(dead.items[0]?.reason).toContain('no such field');
    bench.index.faults.clear();
    await change(2);
    await bench.sync();
    expect([await isCurrent(2), (await bench.runs.listDead(10, 0)).total]).toEqual([true, 0]);
  });

  it('parks what is still refused after the last attempt, so that one return never holds up the rest', async () => {
    await change(1, 2);
    const fault = { returnId: 2, outcome: 'failed', reason: 'always busy', retryable: true } as const;
    bench.index.faults.set(2, { times: 100, fault });
    const { runId, pages } = await planned();
    const results: string[] = [];
    for (let attempt = 1; attempt <= 4; attempt += 1) results.push(await bench.handle(pages[0] as Sent));
    bench.index.faults.clear();
    expect(results).toEqual(['again', 'again', 'again', 'done']);
    expect(await bench.run(runId)).toMatchObject({ state: 'COMPLETED_WITH_ERRORS', failed: 1 });
  });

  it('does not blame returns for a fault that they all meet', async () => {
    await change(1, 2);
    const { runId, pages } = await planned();
    bench.index.beforeWrite = async () => {
      throw new Error('a fault of the program');
    };
    await expect(bench.handle(pages[0] as Sent)).rejects.toThrow('a fault of the program');
    bench.index.beforeWrite = async () => undefined;
    expect(await bench.handle(pages[0] as Sent)).toBe('done');
    expect(await bench.run(runId)).toMatchObject({ state: 'COMPLETED', indexed: 2 });
  });

  it('waits for an index that is away without using up attempts', async () => {
    await change(1, 2);
    const { runId, pages } = await planned();
    bench.index.beforeWrite = async () => {
      throw new SearchUnavailableError('gone for now');
    };
    for (let look = 0; look < 6; look += 1)
      await expect(bench.handle(pages[0] as Sent)).rejects.toThrow('gone for now');
    bench.index.beforeWrite = async () => undefined;
    expect(await bench.sql('SELECT state, attempt FROM return_sync_page WHERE run_id = $1', [runId])).toEqual([
      { state: 0, attempt: 0 },
    ]);
    expect(await bench.handle(pages[0] as Sent)).toBe('done');
    expect(await bench.run(runId)).toMatchObject({ state: 'COMPLETED', indexed: 2, failed: 0 });
  });

  it('brings everything, and is verified, when the database is another one or has lost transactions', async () => {
    const restored = [
      `UPDATE order_return_algolia_sync SET timeline = '0000000F' WHERE job_type = 'RETURN_JOB'`,
      `UPDATE order_return_algolia_sync SET system_identifier = '1' WHERE job_type = 'RETURN_JOB'`,
      `UPDATE order_return_algolia_sync SET snapshot_end = '900000000:900000000:' WHERE job_type = 'RETURN_JOB'`,
    ];
    for (const statement of restored) {
      await bench.sql(statement);
      const runId = await bench.sync();
      expect(await bench.run(runId)).toMatchObject({ state: 'COMPLETED', trigger: 'reconcile', selected: 10 });
      const { items } = await bench.runs.list({ jobType: 'RETURN_VERIFY' }, 1, 0);
      expect(items[0]).toMatchObject({ state: 'COMPLETED', request: { after: runId } });
      const next = await bench.sync();
      expect(await bench.run(next)).toMatchObject({ trigger: 'manual', selected: 0 });
    }
  });

  it('that verifies makes the index forget what the database never had, and finds what it misses', async () => {
    bench.index.documents.set(999, { id: 999, version: 5, deleted: false, content: '' });
    bench.index.documents.delete(3);
    const runId = await bench.claims.start({ jobType: 'RETURN_VERIFY', request: {} }, 'verify', 'tester');
    await bench.drain();
    expect(await bench.run(runId)).toMatchObject({ state: 'COMPLETED', selected: 2, indexed: 1, tombstoned: 1 });
    expect(bench.index.documents.get(999)).toMatchObject({ version: 6, deleted: true });
    expect(await isCurrent(3)).toBe(true);
  });

  it('that verifies leaves alone what the next window brings anyway', async () => {
    await change(4);
    const runId = await bench.claims.start({ jobType: 'RETURN_VERIFY', request: {} }, 'verify', 'tester');
    await bench.drain();
    expect(await bench.run(runId)).toMatchObject({ state: 'COMPLETED', selected: 0, pages: 1 });
    expect(await isCurrent(4)).toBe(false);
  });

  it('of mode updated_at ends before the oldest writer began, so that its stamps are not passed by', async () => {
    const { windowMode, overlapSeconds } = bench.config;
    Object.assign(bench.config, { windowMode: 'updated_at', overlapSeconds: 0 });
    const client = new pg.Client({ connectionString: bench.databaseUrl, options: '-c search_path=returns' });
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query(`UPDATE order_return SET courier_name = 'late', updated_at = now() WHERE id = 5`);
      for (let window = 0; window < 3; window += 1) await bench.sync();
      await client.query('COMMIT');
      await bench.sync();
      expect(await isCurrent(5)).toBe(true);
    } finally {
      await client.end();
      Object.assign(bench.config, { windowMode, overlapSeconds });
    }
  });

  it('is forgotten once it is old, and so is what it brought; what waits stays', async () => {
    const runId = await bench.sync();
    await change(1);
    await bench.sql(`UPDATE return_change SET at = at - interval '8 days'`);
    await bench.sql(`UPDATE return_sync_run SET ended_at = ended_at - interval '91 days'`);
    for (const rule of syncRetention(bench.config))
      await removeOutdated(bench.dataSource, rule, { days: 90, runs: 500 });
    expect(await bench.sql('SELECT return_id FROM return_change')).toEqual([{ return_id: 1 }]);
    expect(await bench.sql('SELECT id FROM return_sync_run')).toEqual([{ id: runId }]);
    expect(await bench.sql('SELECT job_type FROM order_return_algolia_sync')).toEqual([{ job_type: 'RETURN_JOB' }]);
    await bench.sync();
    expect(await isCurrent(1)).toBe(true);
  });

  it('of its own job sends few pages at a time, stops when it is paused, and goes on', async () => {
    const ids = Array.from({ length: 10 }, (_, at) => at + 1);
    const job = { jobType: 'RETURN_RESYNC', request: { ids: [...ids, ...ids.map((id) => id + 100)] } } as const;
    const runId = await bench.claims.start(job, 'resync', 'tester');
    const [plan] = await bench.take();
    await bench.handle(plan as Sent);
    const pages = await bench.take();
    expect(pages).toHaveLength(2);
    expect(await bench.handle(pages[0] as Sent)).toBe('done');
    const next = await bench.take();
    expect(next).toHaveLength(1);
    expect(await bench.control.pause(runId, 'tester')).toBe('done');
    for (const sent of [pages[1] as Sent, ...next]) expect(await bench.handle(sent)).toBe('paused');
    await bench.expireLease();
    expect(await bench.recovery.recover()).toBe(0);
    expect(await bench.control.resume(runId, 'tester')).toBe('done');
    await bench.drain();
    expect(await bench.run(runId)).toMatchObject({ state: 'COMPLETED', selected: 20, indexed: 10, noop: 10, pages: 5 });
  });
});
