import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, describeWithEngines, type TestDatabase, waitFor } from '@lockstep/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Feed } from '../planning/planning.fixture.js';
import { BatchStage, itemFiles } from './batches.fixture.js';
import { decideAfterPlanning } from './decide-after-planning.js';

it.each([
  [true, { dryRun: false, confirm: false }, 'refuse'],
  [true, { dryRun: true, confirm: true }, 'refuse'],
  [false, { dryRun: true, confirm: true }, 'end'],
  [false, { dryRun: false, confirm: true }, 'wait'],
  [false, { dryRun: false, confirm: false }, 'start'],
] as const)('refused %s with %o: %s', (isRefused, options, expected) => {
  expect(decideAfterPlanning(isRefused, options)).toBe(expected);
});

describeWithEngines('the way of a batch until it starts', (engines) => {
  let database: TestDatabase;
  let stage: BatchStage;
  let directory: string;
  const never = new AbortController().signal;
  const good = () => new Feed().object('brand', 'B-1', { name: 'Acme' }).items;
  const bad = () => new Feed().object('product', 'P', { title: 'T' }).link('productHasBrand', 'P', 'B-404').items;

  beforeAll(async () => {
    database = await createTestDatabase(engines);
    directory = await mkdtemp(join(tmpdir(), 'lockstep-test-'));
    stage = await BatchStage.open(database.url, directory);
  });

  afterAll(async () => {
    await stage?.close();
    await database?.remove();
    await rm(directory, { recursive: true, force: true });
  });

  it('starts a good batch', async () => {
    const id = await stage.submit(good());
    await stage.preparation().prepare(id, never);
    const batch = await stage.load(id);
    expect(batch).toMatchObject({ state: 'processingObjects', records: 1, errors: 0, objects: { processing: 1 } });
    expect(batch.plan).toMatchObject({ create: 1, release: 'streaming' });
  });

  it('refuses a bad one with all that is wrong, and starts nothing', async () => {
    const id = await stage.submit(bad());
    await stage.preparation().prepare(id, never);
    const batch = await stage.load(id);
    expect(batch).toMatchObject({ state: 'error', errors: 1, failure: 'INVALID: 1 errors', objects: { error: 1 } });
    expect(stage.handOver.started).not.toContain(id);
  });

  it('ends a dry run with its plan', async () => {
    const id = await stage.submit(good(), { dryRun: true });
    const preparation = stage.preparation();
    await preparation.prepare(id, never);
    expect(await stage.load(id)).toMatchObject({
      state: 'validated',
      finishedAt: expect.any(Date),
      plan: { create: 1 },
    });
    expect((await stage.events.after(id, 0, 10)).at(-1)?.type).toBe('end');
    expect(await preparation.confirm(id)).toBe(false);
  });

  it('waits to be confirmed, once', async () => {
    const id = await stage.submit(good(), { confirm: true });
    const preparation = stage.preparation();
    await preparation.prepare(id, never);
    expect(await stage.load(id)).toMatchObject({ state: 'validated', finishedAt: null });
    expect(await preparation.confirm(id)).toBe(true);
    expect(await preparation.confirm(id)).toBe(false);
    expect(stage.handOver.started.filter((each) => each === id)).toHaveLength(1);
  });

  it('stops reading at more errors than are allowed, and keeps those it has seen', async () => {
    const feed = new Feed();
    const invalid = () => ({ errors: [feed.nextRow().fault('INVALID_VALUE')] });
    for (let row = 0; row < 10; row++) feed.object('brand', `B-${row}`, { name: 'x' }, invalid());
    const id = await stage.submit(feed.items, { maxErrors: 3, skipInvalid: true });
    await stage.preparation().prepare(id, never);
    expect(await stage.load(id)).toMatchObject({ state: 'error', failure: 'TOO_MANY_ERRORS: more than 3' });
    const rows: unknown[] = await stage.dataSource.query('SELECT 1 FROM import_error WHERE batch_id = $1', [id]);
    expect(rows).toHaveLength(10);
  });

  it('begins again where a reading was interrupted, with nothing of the former', async () => {
    const feed = new Feed().error('UNKNOWN_COLUMN_IGNORED', 'warning').object('brand', 'B-1', { name: 'Acme' });
    const id = await stage.submit(feed.items);
    const broken = {
      read: async function* () {
        yield feed.items;
        throw new Error('the disk is away');
      },
    };
    await expect(stage.preparation(broken).prepare(id, never)).rejects.toThrow('the disk is away');
    expect(await stage.load(id)).toMatchObject({ state: 'parsing', attempts: 1 });
    await stage.preparation().prepare(id, never);
    const rows: unknown[] = await stage.dataSource.query('SELECT 1 FROM import_error WHERE batch_id = $1', [id]);
    expect(rows).toHaveLength(1);
    expect(await stage.load(id)).toMatchObject({ state: 'processingObjects', objects: { processing: 1 } });
  });

  it('leaves a batch that is cancelled while it is read, and its tables with it', async () => {
    const id = await stage.submit(good());
    const cancelling = {
      read: async function* (...file: Parameters<typeof itemFiles.read>) {
        await stage.cancel(id);
        yield* itemFiles.read(...file);
      },
    };
    await stage.preparation(cancelling).prepare(id, never);
    expect((await stage.load(id)).state).toBe('cancelled');
    expect(await stage.stagedTables()).toEqual([]);
  });

  it('gives up a batch that ends every attempt', async () => {
    const id = await stage.submit(good());
    await stage.dataSource.query(`UPDATE import_batch SET attempts = 10 WHERE id = $1`, [id]);
    await stage.preparation().prepare(id, never);
    expect(await stage.load(id)).toMatchObject({
      state: 'error',
      failure: expect.stringContaining('PREPARATION_FAILED'),
    });
  });

  describe('in the pipeline', () => {
    it('is taken up at once, also when another replica died over it, by one of several', async () => {
      const [fresh, left] = [await stage.submit(good()), await stage.submit(good())];
      await stage.batches.beginParsing(left);
      await stage.staging.begin(left);
      const pipelines = [stage.pipeline(), stage.pipeline()];
      for (const pipeline of pipelines) pipeline.onApplicationBootstrap();
      try {
        const later = await stage.submit(good());
        for (const id of [fresh, left, later]) {
          await waitFor('the batch to start', async () => (await stage.load(id)).state === 'processingObjects');
          expect(stage.handOver.started.filter((each) => each === id)).toHaveLength(1);
        }
      } finally {
        for (const pipeline of pipelines) await pipeline.beforeApplicationShutdown();
      }
      expect(await stage.stagedTables()).toEqual([]);
    });

    it('is put back when the service stops, and does not count that as its fault', async () => {
      const id = await stage.submit(good());
      let isReading = false;
      const endless = {
        read: async function* () {
          isReading = true;
          for (;;) {
            await new Promise((resolve) => setTimeout(resolve, 5));
            yield [];
          }
        },
      };
      const pipeline = stage.pipeline(stage.preparation(endless));
      pipeline.onApplicationBootstrap();
      await waitFor('the reading', () => isReading);
      await pipeline.beforeApplicationShutdown();
      expect(await stage.load(id)).toMatchObject({ state: 'parsing', attempts: 0 });
      await stage.preparation().prepare(id, never);
      expect((await stage.load(id)).state).toBe('processingObjects');
    });
  });
});
