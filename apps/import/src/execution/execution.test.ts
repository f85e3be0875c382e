import {
  createTestVhost,
  describeWithEngines,
  type MockOwner,
  type MockOwnerOptions,
  type RunningService,
  startMockOwner,
  startService,
  type TestVhost,
  waitFor,
} from '@lockstep/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ExecutionBench, type Graph, type GraphObject } from './execution.fixture.js';
import { Dice, randomGraph } from './random-run.fixture.js';
import { expectedOutcome, tally } from './reference-model.fixture.js';

const ADMIN_KEY = 'test-admin-token';
const NO_FATE = { failingObjects: new Set<number>(), failingLinks: new Set<number>() };

/** Every place where the service can die between two writes; `:3` is the third time that the place is passed. */
const PLACES = [
  'import.dispatch.claimed',
  'import.dispatch.published',
  'import.dispatch.published:3',
  'import.dispatch.sent',
  'import.result.recorded',
  'import.result.applied',
  'import.result.applied:4',
  'import.result.committed',
  'import.result.committed:3',
  'import.release.continued',
];

describeWithEngines('imports with owners on a broker', (engines) => {
  let bench: ExecutionBench;
  let vhost: TestVhost;
  let owner: MockOwner | undefined;
  let service: RunningService | undefined;

  beforeAll(async () => {
    bench = await ExecutionBench.open(engines, { objectsPerMessage: 5, linksPerMessage: 5, linksPerTransaction: 7 });
    vhost = await createTestVhost(engines);
  });
  afterEach(async () => {
    await service?.kill('SIGKILL');
    await owner?.close();
    service = undefined;
    owner = undefined;
  });
  afterAll(async () => {
    await bench?.close();
    await vhost?.remove();
  });

  async function startImport(env: Record<string, string> = {}): Promise<RunningService> {
    service = await startService({
      app: 'import',
      env: {
        NODE_ENV: 'test',
        HOST: '127.0.0.1',
        DATABASE_URL: bench.databaseUrl,
        RABBITMQ_URL: vhost.url,
        LOCKSTEP_ADMIN_TOKEN: ADMIN_KEY,
        IMPORT_OBJECTS_PER_MESSAGE: '5',
        IMPORT_LINKS_PER_MESSAGE: '5',
        IMPORT_LINKS_PER_TRANSACTION: '7',
        IMPORT_CLAIM_SECONDS: '1',
        IMPORT_ANSWER_SECONDS: '2',
        IMPORT_FIRST_BACKOFF_MS: '100',
        // Owners on a busy machine are asked often before they answer in time.
        IMPORT_MAX_ATTEMPTS: '50',
        ...env,
      },
    });
    return service;
  }

  async function startOwner(options: Partial<MockOwnerOptions> = {}): Promise<MockOwner> {
    owner = await startMockOwner({ rabbitmqUrl: vhost.url, services: ['alpha', 'beta'], ...options });
    return owner;
  }

  const endOf = (batchId: string, state = 'complete', timeoutMs = 90_000) =>
    waitFor(`${batchId} to be ${state}`, async () => (await bench.read(batchId)).state, {
      until: (seen) => seen === state,
      timeoutMs,
    });

  async function command(batchId: string, name: string): Promise<{ status: number; body: Record<string, unknown> }> {
    const answer = await fetch(`${service!.url}/api/imports/${batchId}/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  /** Several random graphs as one. */
  function largeGraph(seed: number, parts: number): Graph {
    const dice = new Dice(seed);
    const objects: Graph['objects'][number][] = [];
    const links: Graph['links'][number][] = [];
    for (let part = 0; part < parts; part += 1) {
      const graph = randomGraph(dice, { hasInvalid: false });
      const [base, linkBase] = [objects.length, links.length];
      for (const object of graph.objects) objects.push({ ...object, no: base + object.no });
      for (const { no, child, parent, kind } of graph.links) {
        links.push({ no: linkBase + no, child: base + child, parent: base + parent, kind });
      }
    }
    return { objects, links };
  }

  const independent = (count: number): Graph => ({
    objects: Array.from({ length: count }, (_, index): GraphObject => ({ no: index + 1, type: 0, action: 'create' })),
    links: [],
  });

  it.each(['streaming', 'barrier'] as const)(
    'ends as the closed form says with answers that are late, doubled, in parts and out of order: %s',
    async (release) => {
      const graph = largeGraph(7, 60);
      const fate = {
        failingObjects: new Set(graph.objects.filter(({ no }) => no % 11 === 0).map(({ no }) => no)),
        failingLinks: new Set(graph.links.filter(({ no }) => no % 7 === 0).map(({ no }) => no)),
      };
      const dice = new Dice(3);
      const mock = await startOwner({
        rule: ({ kind, id, time }) => {
          if (time === 1 && dice.chance(0.05)) return { kind: 'error', fault: { retryable: true } };
          const failing = kind === 'object' ? fate.failingObjects : fate.failingLinks;
          return failing.has(Number(/\d+$/.exec(id)?.[0])) ? { kind: 'error' } : { kind: 'complete' };
        },
        delayMs: () => dice.below(40),
        scatter: (result) => {
          const parts = result.items.map((item) => ({ ...result, items: [item] }));
          return dice.chance(0.3) ? dice.shuffled([...parts, result]) : [result];
        },
      });
      await startImport();
      const batchId = await bench.plan(graph, { release });
      await bench.start(batchId);
      await endOf(batchId);

      const expected = expectedOutcome(graph, fate, false);
      const stored = await bench.read(batchId);
      expect(stored.objects).toEqual(expected.objects);
      expect(stored.links).toEqual(expected.links);
      expect(stored.objectCounts).toEqual(tally(expected.objects.values()));
      expect(stored.linkCounts).toEqual(tally(expected.links.values()));
      const made = mock.double.made.map(({ id }) => id);
      expect(new Set(made).size).toBe(made.length);
      const letters: unknown[] = await bench.dataSource.query('SELECT reason FROM dead_letter');
      expect(letters).toEqual([]);
    },
  );

  it('parks answers for what it never asked, and changes nothing', async () => {
    const mock = await startOwner({ delayMs: () => 100 });
    await startImport();
    const batchId = await bench.plan(independent(2));
    await bench.start(batchId);
    const item = { status: 'complete' as const, identifierIds: { id: 'x' }, errorsFound: [] };
    const strange = { importBatchId: batchId, dispatchId: '999999999', kind: 'object' as const, items: [] };
    await mock.send(strange);
    await mock.send({ ...strange, importBatchId: '00000000-0000-4000-8000-000000000000' });
    await endOf(batchId);
    const [{ id: dispatchId }]: { id: string }[] = await bench.dataSource.query(
      'SELECT id::text FROM dispatch WHERE batch_id = $1',
      [batchId],
    );
    await mock.send({ ...strange, dispatchId: dispatchId!, items: [{ id: `${batchId}:77`, ...item }] });
    const reasons = await waitFor(
      'three letters',
      async () => {
        const rows: { reason: string }[] = await bench.dataSource.query('SELECT reason FROM dead_letter ORDER BY 1');
        return rows.map(({ reason }) => reason.split(':')[0]);
      },
      { until: (seen) => seen.length === 3 },
    );
    expect(reasons).toEqual(['UNKNOWN_BATCH', 'UNKNOWN_DISPATCH', 'UNKNOWN_ITEM']);
    expect((await bench.read(batchId)).objectCounts).toEqual({ complete: 2 });
    await bench.dataSource.query('DELETE FROM dead_letter');
  });

  it('lets a small import pass a large one', async () => {
    const mock = await startOwner({ delayMs: () => 25 });
    await startImport();
    const large = await bench.plan(independent(2_000));
    await bench.start(large);
    const small = await bench.plan(independent(3));
    await bench.start(small);
    for (const batchId of [small, large]) await endOf(batchId);
    // As the owner was asked, whenever we came to look.
    const lastOf = (batchId: string) => mock.double.made.findLastIndex(({ id }) => id.startsWith(batchId));
    expect(lastOf(small)).toBeLessThan(lastOf(large) - 100);
  });

  it('pauses, goes on, cancels what was not asked, and retries only what is not complete', async () => {
    let isBroken = true;
    const mock = await startOwner({
      rule: ({ id }) => (isBroken && id.endsWith('1') ? { kind: 'error' } : { kind: 'complete' }),
      delayMs: () => 20,
    });
    await startImport({ IMPORT_MAX_IN_FLIGHT: '1' });
    const graph = largeGraph(5, 40);
    const batchId = await bench.plan(graph);
    await bench.start(batchId);
    expect(await command(batchId, 'resume')).toMatchObject({
      status: 409,
      body: { code: 'IMPORT_COMMAND_NOT_POSSIBLE', importBatchStatus: 'processingObjects' },
    });
    expect(await command(batchId, 'pause')).toMatchObject({ status: 202, body: { importBatchStatus: 'paused' } });
    await waitFor('nothing to be in flight', async () => {
      const rows: unknown[] = await bench.dataSource.query(
        `SELECT 1 FROM dispatch WHERE batch_id = $1 AND state IN ('claimed', 'sent')`,
        [batchId],
      );
      return rows.length === 0;
    });
    const asked = mock.double.asked.length;
    expect(await command(batchId, 'resume')).toMatchObject({ status: 202 });
    await waitFor('more to be asked', () => mock.double.asked.length > asked);
    expect((await command(batchId, 'cancel')).status).toBe(202);
    await endOf(batchId, 'cancelled');
    const cancelled = await bench.read(batchId);
    expect(cancelled.objectCounts['cancelled']).toBeGreaterThan(0);
    expect(cancelled.objectCounts).toEqual(tally(cancelled.objects.values()));
    expect(cancelled.linkCounts).toEqual(tally(cancelled.links.values()));

    isBroken = false;
    const complete = new Set(mock.double.made.map(({ id }) => id));
    const before = new Map([...complete].map((id) => [id, mock.double.timesAsked(id)]));
    expect(await command(batchId, 'retry')).toMatchObject({
      status: 202,
      body: { importBatchStatus: 'processingObjects' },
    });
    await endOf(batchId);
    const expected = expectedOutcome(graph, NO_FATE, false);
    const stored = await bench.read(batchId);
    expect(stored).toMatchObject({ run: 2, objects: expected.objects, objectCounts: tally(expected.objects.values()) });
    expect(stored.linkCounts).toEqual(tally(stored.links.values()));
    for (const [id, times] of before) expect(mock.double.timesAsked(id), id).toBe(times);
    expect((await command('00000000-0000-4000-8000-000000000000', 'retry')).status).toBe(404);
  });

  it('gives up an owner that never answers after the last attempt, and blocks what depends on it', async () => {
    const mock = await startOwner({
      rule: ({ id }) => (id.endsWith(':1') ? { kind: 'silent' } : { kind: 'complete' }),
    });
    await startImport({
      // Long enough for the owner to answer the others.
      IMPORT_CLAIM_SECONDS: '30',
      IMPORT_ANSWER_SECONDS: '5',
      IMPORT_MAX_ATTEMPTS: '2',
      IMPORT_FIRST_BACKOFF_MS: '10',
    });
    const graph: Graph = {
      objects: independent(3).objects,
      links: [{ no: 1, child: 2, parent: 1, kind: 'dependent' }],
    };
    const batchId = await bench.plan(graph);
    await bench.start(batchId);
    await endOf(batchId);
    expect(Object.fromEntries((await bench.read(batchId)).objects)).toEqual({
      1: 'error',
      2: 'blocked',
      3: 'complete',
    });
    expect(mock.double.timesAsked(`${batchId}:1`)).toBe(2);
    const errors: { code: string }[] = await bench.dataSource.query(
      'SELECT code, obj_no, file_no, row_no FROM import_error WHERE batch_id = $1',
      [batchId],
    );
    expect(errors).toEqual([{ code: 'RETRIES_EXHAUSTED', obj_no: 1, file_no: 1, row_no: 2 }]);
  });

  it.each(PLACES)(
    'killed at %s: goes on after a restart, makes everything once and announces one end',
    async (place) => {
      const mock = await startOwner({ delayMs: () => 5 });
      const dying = await startImport({ LOCKSTEP_FAILPOINT: place });
      const pid = dying.pid() as number;
      const graph = largeGraph(11, 25);
      const batchId = await bench.plan(graph);
      await bench.start(batchId);
      await waitFor(`${place} to kill the service`, () => !isAlive(pid));
      await startImport();
      await endOf(batchId);

      const expected = expectedOutcome(graph, NO_FATE, false);
      const stored = await bench.read(batchId);
      expect(stored.objects).toEqual(expected.objects);
      expect(stored.links).toEqual(expected.links);
      expect(stored.linkCounts).toEqual(tally(expected.links.values()));
      const made = mock.double.made.map(({ id }) => id);
      expect(new Set(made).size).toBe(made.length);
      const ends: { count: number }[] = await bench.dataSource.query(
        `SELECT count(*)::int FROM import_event WHERE batch_id = $1 AND type = 'end'`,
        [batchId],
      );
      expect(ends).toEqual([{ count: 1 }]);
    },
  );
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
