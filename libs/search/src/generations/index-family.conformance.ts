import { createDataSource, migrate, removeOutdated } from '@lockstep/database';
import { createTestDatabase, type Engines, type TestDatabase } from '@lockstep/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SearchEngine } from '../engine/search-engine.js';
import { IndexNotFoundError, SearchUnavailableError } from '../engine/search-errors.js';
import { searchMigrations, searchRetention } from '../index.js';
import { defineIndexSchema, type IndexSchema } from '../schema/index-schema.js';
import { bucketOf, toIndexSource } from '../schema/index-source.js';
import type { IndexRow } from './fill-index.js';
import {
  AliasConflictError,
  ForeignIndexError,
  GenerationGoneError,
  GenerationNotFoundError,
  NoPreviousGenerationError,
  StaleFenceError,
} from './generation-errors.js';
import { IllegalTransitionError } from './generation-state.js';
import { IndexFamily, type IndexFamilyOptions, type RunFence } from './index-family.js';
import type { Authority } from './verify-generation.js';

const SCHEMA = defineIndexSchema({
  name: 'doctors',
  version: 1,
  fields: { name: { type: 'keyword', search: true, sort: true }, current: { type: 'boolean' } },
});

/** What a later program has instead: a field more, and another that is searched. */
const NEWER_SCHEMA = defineIndexSchema({
  name: 'doctors',
  version: 2,
  fields: { ...SCHEMA.fields, added: { type: 'long' }, grade: { type: 'keyword', search: true } },
});

/** The database that an index is made from: rows by id, the newest version each. */
class Source {
  readonly rows = new Map<string, IndexRow>();

  set(id: string, version: number, name: string | null): IndexRow {
    const document = name === null ? null : { name, current: !name.startsWith('former') };
    const row = { id, version, source: toIndexSource(SCHEMA, { id, version, document }) };
    this.rows.set(id, row);
    return row;
  }

  fill(count: number, version = 1): this {
    for (let at = 0; at < count; at += 1) this.set(`d${String(at).padStart(4, '0')}`, version, `name ${at}`);
    return this;
  }

  pages(): IndexRow[][] {
    return [[...this.rows.values()]];
  }

  authority(): Authority {
    const all = () => [...this.rows.values()];
    const isDead = (row: IndexRow) => row.source.startsWith('{"lockstep"');
    return {
      bucketSums: async () =>
        [...new Set(all().map(({ id }) => bucketOf(id)))].map((bucket) => {
          const rows = all().filter(({ id }) => bucketOf(id) === bucket);
          const dead = rows.filter(isDead).length;
          const versionSum = rows.reduce((sum, { version }) => sum + (version % 1_000_000), 0);
          return { bucket, live: rows.length - dead, tombstones: dead, versionSum };
        }),
      rowsOfBucket: async (bucket) => all().filter(({ id }) => bucketOf(id) === bucket),
      sample: async (size) => all().slice(0, size),
    };
  }
}

/** The engine with some of its methods replaced. */
function withMethods(engine: SearchEngine, methods: Partial<SearchEngine>): SearchEngine {
  return new Proxy(engine, {
    get: (target, name) => {
      const own = methods[name as keyof SearchEngine];
      if (own) return own;
      const method = target[name as keyof SearchEngine] as (...args: unknown[]) => unknown;
      return method.bind(target);
    },
  });
}

/** A search engine for a suite, and what somebody might do to it by hand. */
export interface EngineOfFamilies {
  readonly engine: SearchEngine;
  removeAlias(index: string, alias: string): Promise<void>;
  /** Gives the index a field that its schema does not know. */
  addField(index: string): Promise<void>;
  remove(): Promise<void>;
}

/** What an index family promises on any engine. Call it within `describeWithEngines`. */
export function describeIndexFamily(engines: Engines, makeEngine: () => Promise<EngineOfFamilies>): void {
  let database: TestDatabase;
  let dataSource: DataSource;
  let under: EngineOfFamilies;
  let engine: SearchEngine;
  let families = 0;
  let options: IndexFamilyOptions;
  let family: IndexFamily;
  let source: Source;

  beforeAll(async () => {
    database = await createTestDatabase(engines);
    dataSource = createDataSource({
      url: database.url,
      schema: 'doctors',
      service: 'test',
      entities: [],
      migrations: searchMigrations,
    });
    await dataSource.initialize();
    await migrate(dataSource);
    under = await makeEngine();
    engine = under.engine;
  });
  afterAll(async () => {
    await engine?.close();
    await dataSource?.destroy();
    await database?.remove();
    await under?.remove();
  });
  beforeEach(async () => {
    families += 1;
    const name = `family${families}`;
    options = {
      name,
      schema: SCHEMA,
      aliases: [
        { name: `all${families}` },
        { name: `current${families}`, filter: { field: 'current', anyOf: [true] } },
      ],
      dataSource,
      engine,
    };
    family = new IndexFamily(options);
    source = new Source();
    await family.ensure();
  });

  const alias = (at = 0) => options.aliases[at]!.name;
  const indexName = (number: number) => `${options.name}-${String(number).padStart(6, '0')}`;
  const shown = async (at = 0) => {
    await engine.refresh(alias(at));
    const { items } = await engine.search(SCHEMA, alias(at), { pageSize: 1_000 });
    return items.map(({ id, version }) => `${id}@${version}`);
  };
  const owned = async () => {
    const indices = await engine.listIndices();
    return indices.filter(({ meta }) => meta.family === options.name).map(({ name }) => name);
  };
  const build = async (run: RunFence, by = family) => {
    const generation = await by.begin(run);
    await by.openTap(generation);
    await by.fill(generation, source.pages());
    await by.seal(generation);
    return generation;
  };
  const rebuild = async (fence: number, by = family) => {
    const run = { runId: `run-${fence}`, fence };
    const generation = await build(run, by);
    expect(await by.verify(generation, source.authority())).toMatchObject({ outcome: 'ready', problems: [] });
    return by.swap(run);
  };

  it('has swapped although the answer was lost and the request was sent again', async () => {
    const answersLost = withMethods(engine, {
      swapAliases: async (...swap) => {
        await engine.swapAliases(...swap);
        return engine.swapAliases(...swap);
      },
    });
    const unlucky = new IndexFamily({ ...options, engine: answersLost });
    source.fill(1);
    expect(await rebuild(1, unlucky)).toMatchObject({ number: 2, state: 'active' });
    expect(await unlucky.rollback()).toMatchObject({ number: 1, state: 'active' });
    expect(await unlucky.rollforward()).toMatchObject({ number: 2, state: 'active' });
    expect(await shown()).toEqual(['d0000@1']);
  });

  it('forgets generations that ended long ago, and none that is still there', async () => {
    for (const fence of [1, 2, 3]) await rebuild(fence);
    const numbers = async () => {
      const rows: { number: number }[] = await dataSource.query(
        'SELECT number FROM index_generation WHERE family = $1 ORDER BY number',
        [options.name],
      );
      return rows.map(({ number }) => number);
    };
    await dataSource.query(
      `UPDATE index_generation SET created_at = now() - interval '1 year', ended_at = CASE number
         WHEN 1 THEN now() - interval '91 days' WHEN 2 THEN now() - interval '89 days' END WHERE family = $1`,
      [options.name],
    );
    for (const rule of searchRetention) await removeOutdated(dataSource, rule, { days: 90, runs: 1 });
    expect(await numbers()).toEqual([2, 3, 4]);
    await rebuild(4);
    expect(await numbers()).toEqual([2, 3, 4, 5]);
  });

  describe('ensure', () => {
    it('gives readers an empty index instead of an error', async () => {
      expect(await shown(0)).toEqual([]);
      expect(await shown(1)).toEqual([]);
      expect(await family.status()).toMatchObject({
        active: { number: 1, state: 'active', runId: null },
        previous: null,
        building: null,
        writeTargets: [indexName(1)],
        rebuildReason: null,
      });
    });

    it('makes one generation however many replicas start at once, and however often', async () => {
      await Promise.all([1, 2, 3, 4].map(() => new IndexFamily(options).ensure()));
      expect(await owned()).toEqual([indexName(1)]);
    });

    it('brings a lost alias back with its filter', async () => {
      source.set('a', 1, 'a');
      source.set('b', 1, 'former b');
      await rebuild(1);
      await under.removeAlias(indexName(2), alias(1));
      await family.ensure();
      expect(await shown(1)).toEqual(['a@1']);
    });

    it('states a changed filter at once when the fields are the same', async () => {
      source.set('a', 1, 'a');
      source.set('b', 1, 'former b');
      await rebuild(1);
      const aliases = [{ name: alias(0) }, { name: alias(1), filter: { field: 'current', anyOf: [false] } }];
      await new IndexFamily({ ...options, aliases }).ensure();
      expect(await shown(1)).toEqual(['b@1']);
    });

    it('keeps serving an index of an older schema and asks for a rebuild', async () => {
      source.set('a', 1, 'a');
      await rebuild(1);
      const newer = new IndexFamily({ ...options, schema: NEWER_SCHEMA });
      await newer.ensure();
      expect(await shown()).toEqual(['a@1']);
      expect((await newer.status()).rebuildReason).toBe('otherSchema');
      expect((await family.status()).rebuildReason).toBeNull();
    });

    it('falls back to the previous generation when the engine lost the active one', async () => {
      source.set('a', 1, 'a');
      await rebuild(1);
      await rebuild(2);
      await engine.deleteIndex(indexName(3));
      await family.ensure();
      expect(await shown()).toEqual(['a@1']);
      expect(await family.status()).toMatchObject({ active: { number: 2 }, previous: null, rebuildReason: null });
      await rebuild(3);
      expect(await shown()).toEqual(['a@1']);
    });

    it('begins empty again when the engine lost everything', async () => {
      source.set('a', 1, 'a');
      await rebuild(1);
      for (const name of await owned()) await engine.deleteIndex(name);
      await family.ensure();
      expect(await shown()).toEqual([]);
      expect((await family.status()).rebuildReason).toBe('afterLoss');
      await rebuild(2);
      expect(await shown()).toEqual(['a@1']);
      expect((await family.status()).rebuildReason).toBeNull();
    });

    it('notices a loss while nobody writes, and nothing is done while the aliases show something', async () => {
      source.set('a', 1, 'a');
      await rebuild(1);
      await rebuild(2);
      await family.ensureShown();
      expect(await family.status()).toMatchObject({ active: { number: 3 } });
      await engine.deleteIndex(indexName(3));
      await family.ensureShown();
      expect(await shown()).toEqual(['a@1']);
      expect(await family.status()).toMatchObject({ active: { number: 2 } });
    });

    it('never touches an index of another installation', async () => {
      await dataSource.query('UPDATE index_family SET installation = gen_random_uuid() WHERE name = $1', [
        options.name,
      ]);
      await expect(family.ensure()).rejects.toThrow(ForeignIndexError);
      expect(await family.sweepOrphans()).toEqual([]);
      expect(await owned()).toEqual([indexName(1)]);
    });
  });

  describe('a rebuild', () => {
    it('shows the new generation in one step, keeps the former, and removes the one before', async () => {
      source.fill(20);
      await rebuild(1);
      expect(await shown()).toHaveLength(20);
      expect(await owned()).toEqual([indexName(1), indexName(2)]);
      source.set('extra', 1, 'extra');
      await rebuild(2);
      expect(await shown()).toHaveLength(21);
      expect(await owned()).toEqual([indexName(2), indexName(3)]);
      expect(await family.status()).toMatchObject({
        active: { number: 3, state: 'active', runId: 'run-2', fence: 2 },
        previous: { number: 2, state: 'previous' },
        writeTargets: [indexName(2), indexName(3)],
      });
    });

    it('goes on where it was, when every step is repeated after a crash', async () => {
      source.fill(5);
      const run = { runId: 'run-1', fence: 1 };
      for (let attempt = 0; attempt < 2; attempt += 1) await build(run, new IndexFamily(options));
      for (let attempt = 0; attempt < 2; attempt += 1) {
        await new IndexFamily(options).verify(await family.generationOf('run-1'), source.authority());
      }
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect(await new IndexFamily(options).swap(run)).toMatchObject({ number: 2, state: 'active' });
      }
      expect(await shown()).toHaveLength(5);
    });

    it('finishes a generation whose index was not made before the crash', async () => {
      const failing = withMethods(engine, { createIndex: () => Promise.reject(new SearchUnavailableError('away')) });
      const run = { runId: 'run-1', fence: 1 };
      await expect(new IndexFamily({ ...options, engine: failing }).begin(run)).rejects.toThrow(SearchUnavailableError);
      expect(await family.building()).toMatchObject({ state: 'creating', runId: 'run-1' });
      expect(await family.begin(run)).toMatchObject({ state: 'loading', number: 2 });
    });

    it('is not filled before its tap is open', async () => {
      const generation = await family.begin({ runId: 'run-1', fence: 1 });
      await expect(family.fill(generation, source.pages())).rejects.toThrow(/open its tap/);
    });

    it('keeps a newer live change, whichever comes first', async () => {
      const old = source.pages.bind(source.fill(3));
      const before = old();
      const generation = await family.begin({ runId: 'run-1', fence: 1 });
      await family.openTap(generation);
      await family.writeLive([source.set('d0001', 2, 'changed'), source.set('d0002', 2, null)]);
      expect(await family.fill(generation, before)).toMatchObject({ written: 1, stale: 2 });
      await family.seal(generation);
      expect(await family.verify(generation, source.authority())).toMatchObject({
        outcome: 'ready',
        healed: 0,
        live: 2,
      });
      await family.swap({ runId: 'run-1', fence: 1 });
      expect(await shown()).toEqual(['d0000@1', 'd0001@2']);
    });

    it('lets no old message bring a deleted document back', async () => {
      const alive = source.set('a', 1, 'a');
      source.set('a', 2, null);
      await rebuild(1);
      expect(await family.writeLive([alive])).toMatchObject({ written: 0, stale: 1 });
      expect(await shown()).toEqual([]);
    });

    it('tells which documents an index cannot store and writes their neighbours', async () => {
      source.fill(3);
      const bad = { id: 'bad', version: 1, source: '{"unknown":1}' };
      const generation = await family.begin({ runId: 'run-1', fence: 1 });
      await family.openTap(generation);
      const filled = await family.fill(generation, [[bad, ...source.rows.values()]]);
      expect(filled).toMatchObject({ read: 4, written: 3, rejectedCount: 1 });
      expect(filled.rejected).toEqual([{ id: 'bad', reason: expect.stringContaining('unknown') }]);
      const live = await family.writeLive([bad, source.set('d0000', 2, 'next')]);
      expect(live).toMatchObject({ written: 1 });
      expect(live.rejected.map(({ id, index }) => `${id} ${index}`)).toEqual([
        `bad ${indexName(2)}`,
        `bad ${indexName(1)}`,
      ]);
    });
  });

  describe('a program with another schema than the index being served', () => {
    const newerRow = (id: string, version: number, document: object | null): IndexRow => ({
      id,
      version,
      source: toIndexSource(NEWER_SCHEMA, { id, version, document: document && { ...document } }),
    });
    const add = (row: IndexRow) => source.rows.set(row.id, row) && row;
    const idsFound = async (schema: IndexSchema, text: string) => {
      await engine.refresh(alias());
      return (await engine.search(schema, alias(), { text })).items.map(({ id }) => id);
    };
    let newer: IndexFamily;
    beforeEach(async () => {
      source.fill(30);
      await rebuild(1);
      newer = new IndexFamily({ ...options, schema: NEWER_SCHEMA });
      await newer.ensure();
    });

    it('shows each change at once, without what the index cannot hold', async () => {
      const changed = add(newerRow('d0001', 2, { name: 'changed', current: true, added: 1, grade: ['a'] }));
      const made = add(newerRow('new', 1, { name: 'made', current: false, added: 2, grade: ['b'] }));
      const deleted = add(newerRow('d0002', 2, null));
      expect(await newer.writeLive([changed, made, deleted])).toMatchObject({ written: 3, stale: 0, rejected: [] });
      expect(await shown()).toHaveLength(30);
      expect(await idsFound(SCHEMA, 'chan')).toEqual(['d0001']);
      expect(await engine.getMany(indexName(2), ['new', 'd0002'])).toMatchObject([
        { document: { name: 'made', current: false } },
        { deleted: true },
      ]);
    });

    it('leaves out a value whose type has changed', async () => {
      const schema = defineIndexSchema({ ...SCHEMA, fields: { ...SCHEMA.fields, current: { type: 'keyword' } } });
      const row = {
        id: 'x',
        version: 1,
        source: toIndexSource(schema, { id: 'x', version: 1, document: { name: 'x', current: 'now' } }),
      };
      expect(await new IndexFamily({ ...options, schema }).writeLive([row])).toMatchObject({
        written: 1,
        rejected: [],
      });
      expect(await engine.getMany(indexName(2), ['x'])).toMatchObject([{ document: { name: 'x' } }]);
    });

    it('compares what the index can hold, and repairs that', async () => {
      await newer.writeLive([add(newerRow('d0001', 2, { name: 'changed', added: 1 }))]);
      add(newerRow('d0003', 2, { name: 'missed', added: 3 }));
      expect(await newer.check(source.authority())).toMatchObject({ outcome: 'ready', problems: [], healed: 1 });
      expect(await idsFound(SCHEMA, 'missed')).toEqual(['d0003']);
    });

    it('gives the whole document to the generation that it builds itself', async () => {
      const generation = await newer.begin({ runId: 'run-2', fence: 2 });
      await newer.openTap(generation);
      await newer.writeLive([newerRow('d0001', 2, { name: 'changed', added: 1, grade: ['senior'] })]);
      expect(await engine.getMany(indexName(3), ['d0001'])).toMatchObject([
        { document: { name: 'changed', added: 1 } },
      ]);
      // An older replica that is still at work writes to both too.
      expect(await family.writeLive([source.set('d0004', 2, 'by the older')])).toMatchObject({ rejected: [] });
      await newer.fill(generation, source.pages());
      await newer.seal(generation);
      await newer.verify(generation, source.authority());
      await newer.swap({ runId: 'run-2', fence: 2 });
      expect(await idsFound(NEWER_SCHEMA, 'senior')).toEqual(['d0001']);
      expect((await newer.status()).rebuildReason).toBeNull();
    });
  });

  describe('two runs', () => {
    it('do not build at once: the newer abandons the older, whose every step is refused from then on', async () => {
      source.fill(2);
      const old = { runId: 'run-1', fence: 1 };
      const generation = await build(old);
      await family.verify(generation, source.authority());
      const newer = await family.begin({ runId: 'run-2', fence: 2 });
      expect(await owned()).toEqual([indexName(1), newer.indexName]);
      await expect(family.swap(old)).rejects.toThrow(GenerationNotFoundError);
      await expect(family.begin(old)).rejects.toThrow(StaleFenceError);
      await expect(family.openTap(generation)).rejects.toThrow(StaleFenceError);
      await expect(family.fill(generation, source.pages())).rejects.toThrow(StaleFenceError);
      await expect(family.seal(generation)).rejects.toThrow(StaleFenceError);
      await expect(family.verify(generation, source.authority())).rejects.toThrow(StaleFenceError);
      await expect(family.approve(generation, 'somebody')).rejects.toThrow(StaleFenceError);
      expect(await shown()).toEqual([]);
      expect((await family.status()).writeTargets).toEqual([indexName(1)]);
    });

    it('that ask with the same fence: the first has it', async () => {
      await family.begin({ runId: 'run-1', fence: 1 });
      await expect(family.begin({ runId: 'other', fence: 1 })).rejects.toThrow(StaleFenceError);
    });

    it('that begin at the same moment: one generation is left, of the newest that got in', async () => {
      const runs = [1, 2, 3, 4, 5].map((fence) => family.begin({ runId: `run-${fence}`, fence }));
      const outcomes = await Promise.allSettled(runs);
      const lost = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason.name as string] : [],
      );
      expect(lost.filter((name) => name !== 'StaleFenceError')).toEqual([]);
      expect(await family.building()).toMatchObject({ runId: 'run-5', state: 'loading' });
      await family.sweepOrphans();
      expect(await owned()).toHaveLength(2);
    });

    it('the older is told so when its index is removed while it is being made', async () => {
      const overtaken = withMethods(engine, {
        createIndex: async () => {
          await family.begin({ runId: 'run-2', fence: 2 });
          throw new IndexNotFoundError('removed meanwhile');
        },
      });
      const older = new IndexFamily({ ...options, engine: overtaken });
      await expect(older.begin({ runId: 'run-1', fence: 1 })).rejects.toThrow(StaleFenceError);
    });

    it('a writer that outlived its generation is told so and makes no index', async () => {
      const generation = await family.begin({ runId: 'run-1', fence: 1 });
      await family.openTap(generation);
      async function* pages() {
        await family.begin({ runId: 'run-2', fence: 2 });
        yield [source.set('a', 1, 'a')];
      }
      await expect(family.fill(generation, pages())).rejects.toThrow(GenerationGoneError);
      expect(await owned()).toEqual([indexName(1), indexName(3)]);
    });
  });

  describe('verify', () => {
    it('writes again what is missing, older, or different', async () => {
      source.fill(300);
      const generation = await build({ runId: 'run-1', fence: 1 });
      const older = source.rows.get('d0005')!;
      source.set('d0005', 7, 'newer');
      source.set('added', 1, 'added');
      source.set('d0006', 8, null);
      source.rows.set('d0001', {
        ...source.rows.get('d0001')!,
        source: source.rows.get('d0001')!.source.replace('name 1', 'NAME 1'),
      });
      expect(older.version).toBe(1);
      const report = await family.verify(generation, source.authority());
      expect(report).toMatchObject({
        outcome: 'ready',
        problems: [],
        live: 300,
        tombstones: 1,
        healed: 4,
        sampled: 200,
      });
      expect(await engine.getMany(generation.indexName, ['d0001'])).toMatchObject([{ document: { name: 'NAME 1' } }]);
      expect((await family.generationOf('run-1')).verification).toEqual(report);
    });

    it('does not mind an index that live writes have taken ahead', async () => {
      source.fill(50);
      const generation = await build({ runId: 'run-1', fence: 1 });
      const authority = source.authority();
      const sums = await authority.bucketSums();
      await family.writeLive([source.set('d0001', 2, 'ahead'), source.set('new', 1, 'new')]);
      const report = await family.verify(generation, { ...authority, bucketSums: async () => sums });
      expect(report).toMatchObject({ outcome: 'ready', healed: 0, live: 51 });
    });

    it('fails when the index has what the database has not', async () => {
      source.fill(5);
      const generation = await build({ runId: 'run-1', fence: 1 });
      source.rows.delete('d0003');
      const report = await family.verify(generation, source.authority());
      expect(report.outcome).toBe('failed');
      expect(report.problems).toEqual(['1 documents are in the index and not in the database: d0003.']);
      await expect(family.swap({ runId: 'run-1', fence: 1 })).rejects.toThrow(IllegalTransitionError);
    });

    it('fails when a document cannot be healed', async () => {
      source.fill(5);
      const generation = await build({ runId: 'run-1', fence: 1 });
      source.rows.set('bad', {
        id: 'bad',
        version: 1,
        source: '{"unknown":1,"lockstep":{"id":"bad","version":1,"deleted":false}}',
      });
      const report = await family.verify(generation, source.authority());
      expect(report.problems).toEqual([expect.stringMatching(/^1 documents cannot be stored .*: bad\.$/)]);
    });

    it('fails when a healed document does not stay healed, after a bounded number of rounds', async () => {
      source.fill(5);
      const forgetful = withMethods(engine, {
        bulk: (writes) => Promise.resolve(writes.map(() => ({ status: 'ok' as const }))),
      });
      const generation = await build({ runId: 'run-1', fence: 1 }, new IndexFamily({ ...options, engine: forgetful }));
      const report = await new IndexFamily({ ...options, engine: forgetful }).verify(generation, source.authority());
      expect(report.outcome).toBe('failed');
      expect(report.problems[0]).toMatch(/still differ after they were written again/);
    });

    it('fails when the mapping was changed by hand', async () => {
      const generation = await build({ runId: 'run-1', fence: 1 });
      await under.addField(generation.indexName);
      const report = await family.verify(generation, source.authority());
      expect(report).toMatchObject({ outcome: 'failed', problems: ['The mapping of the index was changed.'] });
    });

    it('repairs nothing with a database that has lost much of what readers see', async () => {
      source.fill(100);
      await rebuild(1);
      for (let at = 0; at < 6; at += 1) source.set(`d000${at}`, 2, null);
      source.set('d0090', 2, 'changed');
      const problems = [expect.stringMatching(/^100 documents are served and the database has 94 \(-6.0 %\)/)];
      expect(await family.check(source.authority())).toMatchObject({ outcome: 'failed', problems, healed: 0 });
      expect(await shown()).toContain('d0000@1');
      source.fill(5, 3);
      expect(await family.check(source.authority())).toMatchObject({ outcome: 'ready', live: 99 });
    });

    it('holds a generation that lost too much until somebody approves it', async () => {
      source.fill(100);
      await rebuild(1);
      for (let at = 0; at < 6; at += 1) source.rows.delete(`d000${at}`);
      const run = { runId: 'run-2', fence: 2 };
      const generation = await build(run);
      const report = await family.verify(generation, source.authority());
      expect(report).toMatchObject({ outcome: 'held', live: 94, formerLive: 100 });
      await expect(family.swap(run)).rejects.toThrow(IllegalTransitionError);
      await family.approve(generation, 'an operator');
      expect(await family.verify(generation, source.authority())).toMatchObject({ outcome: 'ready' });
      expect(await family.swap(run)).toMatchObject({ state: 'active', approvedBy: 'an operator' });
    });

    it('holds a generation whose alias would become empty', async () => {
      source.set('a', 1, 'a');
      source.set('b', 1, 'b');
      await rebuild(1);
      source.set('a', 2, 'former a');
      source.set('b', 2, 'former b');
      const generation = await build({ runId: 'run-2', fence: 2 });
      const report = await family.verify(generation, source.authority());
      expect(report).toMatchObject({ outcome: 'held', problems: [expect.stringContaining(alias(1))] });
      expect(report.aliases).toEqual({
        [alias(0)]: { live: 2, formerLive: 2 },
        [alias(1)]: { live: 0, formerLive: 2 },
      });
    });
  });

  describe('check', () => {
    it('repairs what readers see, and the previous generation with it', async () => {
      source.fill(30);
      await rebuild(1);
      await rebuild(2);
      source.set('d0003', 2, 'never delivered');
      source.set('d0004', 2, null);
      expect(await family.check(source.authority())).toMatchObject({
        outcome: 'ready',
        healed: 2,
        live: 29,
        tombstones: 1,
      });
      expect(await shown()).toContain('d0003@2');
      await family.rollback();
      expect(await shown()).toContain('d0003@2');
      expect(await family.check(source.authority())).toMatchObject({ outcome: 'ready', healed: 0 });
    });

    it('says what it cannot repair', async () => {
      source.fill(30);
      await rebuild(1);
      source.rows.delete('d0001');
      expect(await family.check(source.authority())).toMatchObject({
        outcome: 'failed',
        problems: ['1 documents are in the index and not in the database: d0001.'],
      });
      expect(await family.status()).toMatchObject({ active: { state: 'active' } });
    });
  });

  describe('a crash around the swap', () => {
    const ready = async (run: RunFence) => {
      source.fill(3);
      await family.verify(await build(run), source.authority());
    };

    it('after the aliases moved: the new generation is recorded as what readers see', async () => {
      const run = { runId: 'run-1', fence: 1 };
      await ready(run);
      const dying = withMethods(engine, {
        swapAliases: async (...args) => {
          const outcome = await engine.swapAliases(...args);
          if (args[1][0]!.to === indexName(2)) throw new SearchUnavailableError('no answer');
          return outcome;
        },
      });
      await expect(new IndexFamily({ ...options, engine: dying }).swap(run)).rejects.toThrow(SearchUnavailableError);
      expect(await shown()).toHaveLength(3);
      expect(await family.status()).toMatchObject({ active: { number: 1 }, building: { state: 'swapping' } });
      await family.recover();
      expect(await family.status()).toMatchObject({ active: { number: 2 }, previous: { number: 1 }, building: null });
      expect(await family.swap(run)).toMatchObject({ state: 'active' });
    });

    it('before the aliases moved: the swap can be asked for again', async () => {
      const run = { runId: 'run-1', fence: 1 };
      await ready(run);
      const dying = withMethods(engine, {
        swapAliases: (...args) =>
          args[1][0]!.to === indexName(2)
            ? Promise.reject(new SearchUnavailableError('not sent'))
            : engine.swapAliases(...args),
      });
      await expect(new IndexFamily({ ...options, engine: dying }).swap(run)).rejects.toThrow(SearchUnavailableError);
      await family.recover();
      expect(await family.status()).toMatchObject({ active: { number: 1 }, building: { state: 'ready' } });
      await family.swap(run);
      expect(await shown()).toHaveLength(3);
    });

    it('before the aliases moved, and the next run begins: nothing of the former is left', async () => {
      const run = { runId: 'run-1', fence: 1 };
      await ready(run);
      await dataSource.query(`UPDATE index_generation SET state = 'swapping' WHERE family = $1 AND number = 2`, [
        options.name,
      ]);
      await rebuild(2);
      expect(await owned()).toEqual([indexName(1), indexName(3)]);
      expect(await shown()).toHaveLength(3);
    });

    it('during a rollback: what readers see is recorded', async () => {
      await rebuild(1);
      await engine.swapAliases(
        SCHEMA,
        options.aliases.map(({ name }) => ({ alias: name, from: [indexName(2)], to: indexName(1) })),
      );
      await family.recover();
      expect(await family.status()).toMatchObject({ active: { number: 1 }, previous: { number: 2 } });
    });

    it('refuses to move aliases that somebody else has moved between the two looks', async () => {
      const run = { runId: 'run-1', fence: 1 };
      await ready(run);
      await engine.createIndex('stranger', SCHEMA, { ...META, family: 'stranger' });
      const raced = withMethods(engine, {
        swapAliases: async (schema, swaps) => {
          const steal = swaps.map(({ alias: name, from }) => ({ alias: name, from, to: 'stranger' }));
          if (swaps[0]!.to === indexName(2)) await engine.swapAliases(schema, steal);
          return engine.swapAliases(schema, swaps);
        },
      });
      await expect(new IndexFamily({ ...options, engine: raced }).swap(run)).rejects.toThrow(AliasConflictError);
      await family.recover();
      await engine.deleteIndex('stranger');
      expect(await family.status()).toMatchObject({ active: { number: 1 }, building: { state: 'ready' } });
      await family.swap(run);
      expect(await shown()).toHaveLength(3);
    });
  });

  describe('rollback', () => {
    it('shows the previous generation, kept up to date, and goes forward again', async () => {
      source.fill(2);
      await rebuild(1);
      await rebuild(2);
      await family.writeLive([source.set('d0000', 5, 'live'), source.set('d0009', 1, 'late')]);
      expect(await family.rollback()).toMatchObject({ number: 2, state: 'active' });
      expect(await shown()).toEqual(['d0000@5', 'd0001@1', 'd0009@1']);
      await family.writeLive([source.set('d0001', 6, 'live')]);
      await expect(family.rollback()).rejects.toThrow(NoPreviousGenerationError);
      expect(await family.rollforward()).toMatchObject({ number: 3 });
      expect(await shown()).toEqual(['d0000@5', 'd0001@6', 'd0009@1']);
      await expect(family.rollforward()).rejects.toThrow(NoPreviousGenerationError);
    });

    it('is refused when there is nothing to go back to', async () => {
      await expect(family.rollback()).rejects.toThrow(NoPreviousGenerationError);
    });

    it('leaves a rebuild that is under way alone', async () => {
      source.fill(2);
      await rebuild(1);
      const run = { runId: 'run-2', fence: 2 };
      const generation = await build(run);
      await family.rollback();
      expect(await shown()).toEqual([]);
      await family.verify(generation, source.authority());
      await family.swap(run);
      expect(await shown()).toHaveLength(2);
      expect(await family.status()).toMatchObject({ active: { number: 3 }, previous: { number: 1 } });
    });
  });

  describe('abandon and sweep', () => {
    it('removes a build, closes its tap and lets the next begin', async () => {
      const generation = await build({ runId: 'run-1', fence: 1 });
      await family.abandon(generation);
      await family.abandon(generation);
      expect(await owned()).toEqual([indexName(1)]);
      expect(await family.building()).toBeNull();
      expect((await family.status()).writeTargets).toEqual([indexName(1)]);
      await rebuild(2);
    });

    it('never removes what is shown, or was', async () => {
      await rebuild(1);
      const { active, previous } = await family.status();
      await expect(family.abandon(active!)).rejects.toThrow(IllegalTransitionError);
      await expect(family.abandon(previous!)).rejects.toThrow(IllegalTransitionError);
      expect(await owned()).toHaveLength(2);
    });

    it('sweeps what a crash left behind and nothing else', async () => {
      await rebuild(1);
      await family.begin({ runId: 'run-2', fence: 2 });
      const { meta } = (await engine.listIndices()).find(({ name }) => name === indexName(2))!;
      await engine.createIndex(indexName(50), SCHEMA, { ...meta, generation: 50 });
      await engine.createIndex(indexName(51), SCHEMA, { ...meta, generation: 51, installation: 'elsewhere' });
      await engine.createIndex('other-000001', SCHEMA, { ...meta, family: 'other', generation: 1 });
      expect(await family.sweepOrphans()).toEqual([indexName(50)]);
      expect(await family.sweepOrphans()).toEqual([]);
      expect(await owned()).toEqual([1, 2, 3, 51].map(indexName));
      await engine.deleteIndex('other-000001');
    });
  });

  describe('live writes', () => {
    it('go to every generation that is written to, one after the other, the one being read last', async () => {
      await rebuild(1);
      const generation = await family.begin({ runId: 'run-2', fence: 2 });
      await family.openTap(generation);
      const order: string[] = [];
      const noting = withMethods(engine, {
        bulk: async (writes) => {
          order.push(`begin ${writes[0]!.index}`);
          const outcomes = await engine.bulk(writes);
          order.push(`end ${writes[0]!.index}`);
          return outcomes;
        },
      });
      const rows = [source.set('a', 1, 'a')];
      expect(await new IndexFamily({ ...options, engine: noting }).writeLive(rows)).toMatchObject({ written: 1 });
      expect(order).toEqual([1, 3, 2].map(indexName).flatMap((name) => [`begin ${name}`, `end ${name}`]));
    });

    it('are forgotten in every generation that is written to', async () => {
      await rebuild(1);
      await rebuild(2);
      const { writeTargets } = await family.status();
      expect(writeTargets.length).toBeGreaterThan(1);
      await family.writeLive([source.set('gone', 1, null), source.set('newer', 2, 'newer')]);
      await family.forget([
        { id: 'gone', version: 1 },
        { id: 'newer', version: 1 },
      ]);
      for (const index of writeTargets) {
        const found = await engine.getMany(index, ['gone', 'newer']);
        expect(found.map(({ id }) => id)).toEqual(['newer']);
      }
    });

    it('throw and leave the readers as they were when one generation cannot be written', async () => {
      await rebuild(1);
      const failing = withMethods(engine, {
        bulk: (writes) =>
          writes[0]!.index === indexName(1)
            ? Promise.resolve(writes.map(() => ({ status: 'retryable' as const, reason: 'busy' })))
            : engine.bulk(writes),
      });
      const rows = [source.set('a', 1, 'a')];
      const writer = new IndexFamily({ ...options, engine: failing });
      await expect(writer.writeLive(rows)).rejects.toThrow(SearchUnavailableError);
      expect(await shown()).toEqual([]);
      await family.writeLive(rows);
      expect(await shown()).toEqual(['a@1']);
    });

    it('are waited for by whoever changes where they go', async () => {
      const generation = await family.begin({ runId: 'run-1', fence: 1 });
      const order: string[] = [];
      let inHand = () => {};
      const isInHand = new Promise<void>((resolve) => {
        inHand = resolve;
      });
      const waitingForLock = async () => {
        const [row] = await dataSource.query(
          `SELECT count(*)::int AS waiting FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        );
        return row.waiting as number;
      };
      const slow = withMethods(engine, {
        bulk: async (writes) => {
          inHand();
          await expect.poll(waitingForLock, { timeout: 10_000, interval: 20 }).toBe(1);
          order.push('written');
          return engine.bulk(writes);
        },
      });
      const writing = new IndexFamily({ ...options, engine: slow }).writeLive([source.set('a', 1, 'a')]);
      await isInHand;
      await family.openTap(generation).then(() => order.push('opened'));
      await writing;
      expect(order).toEqual(['written', 'opened']);
    });

    it('make an index anew that the engine lost, and ask to be repeated', async () => {
      await engine.deleteIndex(indexName(1));
      const rows = [source.set('a', 1, 'a')];
      await expect(family.writeLive(rows)).rejects.toThrow(SearchUnavailableError);
      expect(await family.writeLive(rows)).toMatchObject({ written: 1 });
      expect(await shown()).toEqual(['a@1']);
    });

    it('write nothing when there is nothing to write', async () => {
      expect(await family.writeLive([])).toEqual({ written: 0, stale: 0, outcomes: [], rejected: [] });
    });
  });

  const META = { family: 'x', generation: 1, fence: 1, runId: null, installation: 'x', schemaHash: SCHEMA.hash };
}
