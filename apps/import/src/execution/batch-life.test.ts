import type { ImportResultV1 } from '@lockstep/contracts';
import { inTransaction } from '@lockstep/database';
import { describeWithEngines } from '@lockstep/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Dispatch } from './dispatch.store.js';
import {
  type BatchSettings,
  ExecutionBench,
  type Graph,
  type GraphLink,
  type GraphObject,
} from './execution.fixture.js';
import { tally } from './reference-model.fixture.js';

const DAY_MS = 86_400_000;

describeWithEngines('the life of a batch', (engines) => {
  let bench: ExecutionBench;

  beforeAll(async () => {
    bench = await ExecutionBench.open(engines, { fillWaitMs: DAY_MS, objectsPerMessage: 3 });
  });
  afterAll(async () => {
    await bench?.close();
  });

  const objects = (count: number, action: GraphObject['action'] = 'create'): GraphObject[] =>
    Array.from({ length: count }, (_, index) => ({ no: index + 1, type: 0, action }));
  const links = (
    ...ends: readonly (readonly [child: number, parent: number, kind: GraphLink['kind']])[]
  ): GraphLink[] => ends.map(([child, parent, kind], index) => ({ no: index + 1, child, parent, kind }));

  async function begin(graph: Graph, settings: BatchSettings = {}): Promise<string> {
    const batchId = await bench.plan(graph, settings);
    await bench.start(batchId);
    return batchId;
  }

  const claim = async (batchId: string): Promise<Dispatch[]> => {
    const claimed = await bench.dispatches.claim({ limit: 50, maxInFlight: 50, claimMs: DAY_MS });
    return claimed.filter((dispatch) => dispatch.batchId === batchId);
  };

  const answer = (dispatch: Dispatch, change: Partial<ImportResultV1['items'][number]> = {}): ImportResultV1 => ({
    importBatchId: dispatch.batchId,
    dispatchId: dispatch.id,
    kind: dispatch.kind,
    items: dispatch.items.map((no) => ({
      id: `${dispatch.batchId}:${dispatch.kind === 'link' ? 'L' : ''}${no}`,
      status: 'complete',
      identifierIds: { id: `x${no}` },
      errorsFound: [],
      ...change,
    })),
  });
  const refusal = {
    status: 'error' as const,
    identifierIds: null,
    errorsFound: [{ code: 'NO', message: 'no', field: null, retryable: false }],
  };
  const statuses = async (batchId: string) => Object.fromEntries((await bench.read(batchId)).objects);
  const errorsOf = (batchId: string): Promise<{ severity: string; code: string }[]> =>
    bench.dataSource.query('SELECT severity, code FROM import_error WHERE batch_id = $1 ORDER BY id', [batchId]);

  it('ends at once when there is nothing to do, and says so once', async () => {
    const batchId = await begin({ objects: [], links: [] });
    expect((await bench.read(batchId)).state).toBe('complete');
    expect(await bench.announced(batchId)).toMatchObject([
      { importBatchStatus: 'complete', processingError: false, counts: { objects: {}, links: {} } },
    ]);
  });

  it('ends at once when everything exists and no link has a message of its own', async () => {
    const graph = { objects: objects(3, 'reference'), links: links([2, 1, 'separate']) };
    const batchId = await begin(graph);
    const [request] = await claim(batchId);
    expect(request).toMatchObject({ kind: 'link', service: 'alpha', items: [1] });
    await bench.apply(batchId, [answer(request!, { identifierIds: null })]);
    expect(await bench.read(batchId)).toMatchObject({
      state: 'complete',
      objectCounts: { complete: 3 },
      linkCounts: { complete: 1 },
    });
  });

  it('changes nothing when an answer comes again, and warns once when another comes', async () => {
    const batchId = await begin({ objects: objects(2), links: links([2, 1, 'dependent']) });
    const [request] = await claim(batchId);
    const first = answer(request!);
    expect(await bench.apply(batchId, [first])).toEqual([null]);
    const before = await bench.read(batchId);
    expect(await bench.apply(batchId, [first, first])).toEqual([null, null]);
    expect(await bench.read(batchId)).toEqual(before);
    const other = answer(request!, { identifierIds: { id: 'other' } });
    await bench.apply(batchId, [other]);
    await bench.apply(batchId, [other, answer(request!, refusal)]);
    expect(await bench.read(batchId)).toEqual(before);
    expect(await errorsOf(batchId)).toEqual([{ severity: 'warning', code: 'CONFLICTING_RESULT' }]);
  });

  it('knows an answer that is none of its own', async () => {
    const batchId = await begin({ objects: objects(1), links: [] });
    const [request] = await claim(batchId);
    const own = answer(request!);
    const reasons = await bench.apply(batchId, [
      { ...own, dispatchId: '987654321' },
      { ...own, dispatchId: 'x; DROP TABLE dispatch' },
      { ...own, kind: 'link' },
      { ...own, items: [{ ...own.items[0]!, id: `${batchId}:2` }] },
    ]);
    expect(reasons.map((reason) => reason?.split(':')[0])).toEqual([
      'UNKNOWN_DISPATCH',
      'UNKNOWN_DISPATCH',
      'UNKNOWN_DISPATCH',
      'UNKNOWN_ITEM',
    ]);
    expect(await statuses(batchId)).toEqual({ 1: 'processing' });
  });

  it('takes an answer that does not fit for an error, and no other item pays for it', async () => {
    const batchId = await begin({ objects: objects(2), links: [] });
    const [request] = await claim(batchId);
    const { items, ...head } = answer(request!);
    const broken = { ...items[0]!, status: 'done' } as unknown as (typeof items)[number];
    expect(await bench.apply(batchId, [{ ...head, items: [broken, items[1]!] }])).toEqual([null]);
    expect(await statuses(batchId)).toEqual({ 1: 'error', 2: 'complete' });
    expect(await errorsOf(batchId)).toEqual([{ severity: 'error', code: 'INVALID_RESULT' }]);
  });

  it('lets a request wait for company while others are being answered, and no longer', async () => {
    // 1 and 2 are asked for alone each; the children of both fit into one request.
    const graph = {
      objects: objects(4).map((object) => ({ ...object, type: object.no === 2 ? 1 : 0 })),
      links: links([3, 1, 'dependent'], [4, 2, 'dependent']),
    };
    const batchId = await begin(graph);
    const [first, second] = await claim(batchId);
    await bench.apply(batchId, [answer(first!)]);
    expect(await claim(batchId)).toEqual([]);
    await bench.apply(batchId, [answer(second!)]);
    expect((await claim(batchId)).map(({ items }) => items)).toEqual([[3, 4]]);
  });

  it('ends in error at the first that cannot be created when asked to, and still records what was in flight', async () => {
    const graph = { objects: objects(8), links: links([8, 1, 'dependent']) };
    const batchId = await begin(graph, { options: { onCreateError: 'stop' } });
    const [first, second] = await bench.dispatches.claim({ limit: 2, maxInFlight: 2, claimMs: DAY_MS });
    await bench.apply(batchId, [answer(first!, refusal)]);
    expect((await bench.read(batchId)).state).toBe('cancelling');
    await bench.apply(batchId, [answer(second!)]);
    const stored = await bench.read(batchId);
    expect(stored).toMatchObject({ state: 'error', processingError: true });
    expect(stored.objectCounts).toEqual({ error: 3, complete: 3, cancelled: 2 });
    expect(stored.linkCounts).toEqual({ cancelled: 1 });
    expect(await bench.announced(batchId)).toMatchObject([{ importBatchStatus: 'error' }]);
  });

  it('announces a batch that planning refused, and one that was cancelled before it began', async () => {
    const refused = await bench.plan({ objects: [{ no: 1, type: 0, action: 'create', isInvalid: true }], links: [] });
    await inTransaction(bench.dataSource, (manager) => bench.execution.refuse(manager, refused));
    expect(await bench.announced(refused)).toMatchObject([
      { importBatchStatus: 'error', counts: { objects: { error: 1 } } },
    ]);
    const unwanted = await bench.plan({ objects: objects(2), links: links([2, 1, 'separate']) });
    const cancel = () =>
      inTransaction(bench.dataSource, (manager) => bench.execution.command(manager, unwanted, 'cancel'));
    expect(await cancel()).toEqual({ from: 'validated', to: 'cancelled' });
    expect(await cancel()).toEqual({ from: 'cancelled', to: null });
    expect(await bench.read(unwanted)).toMatchObject({ objectCounts: { cancelled: 2 }, linkCounts: { cancelled: 1 } });
    expect(await bench.announced(unwanted)).toMatchObject([{ importBatchStatus: 'cancelled' }]);
  });

  it('remembers references for the next import of the same user, where that is wanted', async () => {
    const batchId = await begin({ objects: objects(1), links: [] }, { options: { useUserReference: true } });
    const [request] = await claim(batchId);
    await bench.apply(batchId, [answer(request!)]);
    const rows: unknown[] = await bench.dataSource.query(
      'SELECT user_id, object_type, reference, identifier_ids FROM user_reference',
    );
    expect(rows).toEqual([
      { user_id: 'user-1', object_type: 'thing', reference: 'ref-1', identifier_ids: { id: 'x1' } },
    ]);
  });

  it('makes two requests of one whose fields are too large for a message', async () => {
    const batchId = await bench.plan({ objects: objects(3), links: [] });
    await bench.dataSource.query(
      `UPDATE pending_object SET fields = json_build_object('text', (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 40000) n))
       WHERE batch_id = $1`,
      [batchId],
    );
    await bench.start(batchId);
    const [request] = await claim(batchId);
    const built = await bench.requests.build(request!);
    if (!('fits' in built)) throw new Error('it fits');
    await bench.dispatches.split(bench.dataSource.manager, request!, built.fits);
    const parts = await claim(batchId);
    expect(parts.flatMap(({ items }) => items)).toEqual([1, 2, 3]);
    expect(parts.length).toBe(2);
  });

  it.each([
    ['blocks', 'create', { error: 1, blocked: 100_000 }],
    ['completes', 'reference', { error: 1, complete: 100_000 }],
  ] as const)('%s a chain of 100,000 behind a failure without recursion', async (_, action, expected) => {
    const chain = objects(100_001, action).map((object) =>
      object.no === 1 ? { ...object, action: 'create' as const } : object,
    );
    const ends = chain.slice(1).map(({ no }) => [no, no - 1, 'separate'] as const);
    const batchId = await begin({ objects: chain, links: links(...ends) });
    const [request] = await claim(batchId);
    await bench.apply(batchId, [answer(request!, refusal)]);
    await bench.continueReleases(batchId);
    const { objects: all, objectCounts } = await bench.read(batchId);
    expect(objectCounts).toEqual(expected);
    expect(tally(all.values())).toEqual(expected);
  });

  it('releases the children of one parent in parts that lock the batch only for a moment', async () => {
    const count = 50_000;
    const ends = Array.from({ length: count }, (_, index) => [index + 2, 1, 'dependent'] as const);
    const batchId = await begin({ objects: objects(count + 1), links: links(...ends) }, { release: 'barrier' });
    const [request] = await claim(batchId);
    await bench.apply(batchId, [answer(request!)]);
    expect((await bench.read(batchId)).objectCounts).toEqual({ complete: 1, creating: 20_000, processing: 30_000 });
    await bench.continueReleases(batchId);
    expect((await bench.read(batchId)).objectCounts).toEqual({ complete: 1, creating: 50_000 });
    const [asked]: { count: number }[] = await bench.dataSource.query(
      `SELECT count(DISTINCT item)::int FROM dispatch, unnest(items) AS item WHERE batch_id = $1`,
      [batchId],
    );
    expect(asked!.count).toBe(count + 1);
  });

  it('tells those who watch at most once a second, and of the end in any case', async () => {
    const batchId = await begin({ objects: objects(30), links: [] });
    for (const request of await claim(batchId)) await bench.apply(batchId, [answer(request)]);
    const events: { type: string; percent: number }[] = await bench.dataSource.query(
      `SELECT type, (data ->> 'percent')::int AS percent FROM import_event WHERE batch_id = $1 ORDER BY id`,
      [batchId],
    );
    expect(events.length).toBeLessThan(10);
    expect(events.at(-1)).toEqual({ type: 'end', percent: 100 });
  });
});
