import { createServer, type Server } from 'node:net';
import { createTestDatabase, describeWithEngines, openTcpProxy, type TestDatabase } from '@lockstep/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describeSearchEngine } from '../engine/search-engine.conformance.js';
import type { IndexMeta, WriteOutcome } from '../engine/search-engine.js';
import { IndexNotFoundError, isSearchUnavailable } from '../engine/search-errors.js';
import { defineIndexSchema, type FieldDefinitions } from '../schema/index-schema.js';
import { toIndexSource } from '../schema/index-source.js';
import { PostgresSearchEngine } from './postgres-search-engine.js';

const SCHEMA = defineIndexSchema({
  name: 'notes',
  version: 1,
  fields: {
    title: { type: 'keyword', search: true, match: true, sort: true },
    pages: { type: 'long', sort: true },
    parts: { type: 'nested', fields: { name: { type: 'keyword' } } },
  },
});
const META: IndexMeta = {
  family: 'notes',
  generation: 1,
  fence: 1,
  runId: 'run-1',
  installation: 'here',
  schemaHash: SCHEMA.hash,
};
const INDEX = 'notes-000001';

describeWithEngines('PostgreSQL', (engines) => {
  describeSearchEngine('as a search engine', async () => {
    const database = await createTestDatabase(engines);
    return { engine: new PostgresSearchEngine({ url: database.url, prefix: 'a-' }), remove: () => database.remove() };
  });

  describe('PostgresSearchEngine', () => {
    let database: TestDatabase;
    let admin: pg.Client;
    const opened: PostgresSearchEngine[] = [];

    beforeAll(async () => {
      database = await createTestDatabase(engines);
      admin = new pg.Client({ connectionString: database.url });
      await admin.connect();
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((engine) => engine.close()));
    });
    afterAll(async () => {
      await admin?.end();
      await database?.remove();
    });

    let schemas = 0;
    const open = (options: { schema?: string; prefix?: string } = {}) => {
      const engine = new PostgresSearchEngine({ url: database.url, schema: `search_${schemas}`, ...options });
      opened.push(engine);
      return engine;
    };
    /** An engine in a schema of its own, with one index. */
    const openWithIndex = async (fields: FieldDefinitions = SCHEMA.fields) => {
      schemas += 1;
      const engine = open();
      await engine.createIndex(INDEX, { ...SCHEMA, fields }, META);
      return engine;
    };
    const toWrite = (id: string, version: number, document: object | null, index = INDEX) => ({
      index,
      id,
      version,
      source: toIndexSource(SCHEMA, { id, version, document: document as Record<string, unknown> | null }),
    });
    const tables = async () => {
      const { rows } = await admin.query(
        `SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^(documents|sources)_' AND relnamespace = $1::regnamespace ORDER BY 1`,
        [`search_${schemas}`],
      );
      return rows.map(({ relname }) => relname);
    };
    const idsFound = async (engine: PostgresSearchEngine, filter: Parameters<PostgresSearchEngine['count']>[2]) =>
      (await engine.search(SCHEMA, INDEX, { filters: filter ?? [] })).items.map(({ id }) => id);

    it('makes its tables once, however many begin at the same time', async () => {
      schemas += 1;
      const engineers = Array.from({ length: 6 }, () => open());
      await Promise.all(engineers.map((engine) => engine.createIndex(INDEX, SCHEMA, META)));
      expect((await engineers[0]!.listIndices()).map(({ name }) => name)).toEqual([INDEX]);
      expect(await tables()).toHaveLength(2);
    });

    it('takes a schema whose name needs quotes', async () => {
      const engine = open({ schema: `it's "odd" \\ here` });
      await engine.createIndex(INDEX, SCHEMA, META);
      await engine.bulk([toWrite('a', 1, { title: 'A' })]);
      await engine.finishFill(INDEX);
      expect(await engine.count(SCHEMA, INDEX)).toBe(1);
      await engine.deleteIndex(INDEX);
      expect(await engine.listIndices()).toEqual([]);
    });

    it('keeps users with other prefixes apart', async () => {
      const engine = await openWithIndex();
      const other = open({ prefix: 'other-' });
      expect(await other.listIndices()).toEqual([]);
      await other.createIndex(INDEX, SCHEMA, { ...META, installation: 'there' });
      await other.bulk([toWrite('a', 1, { title: 'A' })]);
      await other.swapAliases(SCHEMA, [{ alias: 'notes', from: [], to: INDEX }]);
      expect(await engine.getMany(INDEX, ['a'])).toEqual([]);
      expect(await engine.aliasTargets('notes')).toEqual([]);
      await other.deleteIndex(INDEX);
      expect(await engine.listIndices()).toHaveLength(1);
    });

    it('gives up a scan whose server vanished without a word', async () => {
      const writer = await openWithIndex();
      await writer.bulk(['a', 'b'].map((id) => toWrite(id, 1, { title: id })));
      await writer.finishFill(INDEX);
      const proxy = await openTcpProxy(database.url);
      const engine = new PostgresSearchEngine({ url: proxy.url, schema: `search_${schemas}`, pageTimeoutMs: 3_000 });
      opened.push(engine);
      const pages = engine.scan(INDEX, { pageSize: 1 });
      expect((await pages.next()).value).toHaveLength(1);
      proxy.freeze();
      await expect(pages.next()).rejects.toSatisfy(isSearchUnavailable);
      proxy.cut();
    });

    it('begins anew where its schema was dropped under it', async () => {
      const engine = await openWithIndex();
      await admin.query(`DROP SCHEMA search_${schemas} CASCADE`);
      await engine.listIndices().catch(() => undefined);
      expect(await engine.listIndices()).toEqual([]);
      await engine.createIndex(INDEX, SCHEMA, META);
      expect(await engine.bulk([toWrite('a', 1, {})])).toEqual([{ status: 'ok' }]);
    });

    it('does not show an index whose table was taken away by hand, and makes it again', async () => {
      const engine = await openWithIndex();
      await admin.query(`DROP TABLE search_${schemas}.documents_1`);
      expect(await engine.listIndices()).toEqual([]);
      expect(await engine.bulk([toWrite('a', 1, {})])).toEqual([{ status: 'missing' }]);
      await expect(engine.count(SCHEMA, INDEX)).rejects.toThrow(IndexNotFoundError);
      await engine.createIndex(INDEX, SCHEMA, META);
      expect(await engine.bulk([toWrite('a', 1, {})])).toEqual([{ status: 'ok' }]);
    });

    it('keeps what PostgreSQL has no character for, and finds it', async () => {
      const engine = await openWithIndex();
      const odd = 'nul \0 and half \ud800 a pair';
      const document = { title: odd, parts: [{ name: odd }] };
      expect(await engine.bulk([toWrite('a', 1, document), toWrite('b', 1, { title: 'even' })])).toEqual([
        { status: 'ok' },
        { status: 'ok' },
      ]);
      await engine.finishFill(INDEX);
      expect(await engine.getMany(INDEX, ['a', '\0'])).toMatchObject([{ id: 'a', document }]);
      expect(await idsFound(engine, [{ field: 'title', anyOf: [odd] }])).toEqual(['a']);
      expect(await idsFound(engine, [{ field: 'title', prefix: 'nul \0 and half \ud800' }])).toEqual(['a']);
      const inPart = { nested: 'parts', filters: [{ field: 'name', anyOf: [odd] }] };
      expect(await idsFound(engine, [inPart])).toEqual(['a']);
      const forged = Buffer.from(JSON.stringify(['title:asc', '\0', '\ud800'])).toString('base64url');
      const sort = [{ field: 'title', direction: 'asc' }] as const;
      expect((await engine.search(SCHEMA, INDEX, { sort, cursor: forged })).total).toBe(2);
      const ids = await engine.bulk([toWrite('\0', 1, {}), toWrite('\udc00', 1, {})]);
      expect(ids.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    });

    it('finds the one document that only the server refuses, and writes its neighbours', async () => {
      const engine = await openWithIndex();
      const long = Array.from({ length: 60_000 }, (_, at) => `unlike-any-other-word-${at}`);
      const writes = Array.from({ length: 50 }, (_, at) => toWrite(`n${at}`, 1, { title: at === 31 ? long : 'short' }));
      const outcomes = await engine.bulk(writes);
      expect(outcomes.map(({ status }) => status)).toEqual(
        writes.map((_, at) => (at === 31 ? 'rejected' : 'ok')) satisfies WriteOutcome['status'][],
      );
    });

    it('lets the newest version win over writers that write the same documents at once', async () => {
      const engine = await openWithIndex();
      const ids = Array.from({ length: 200 }, (_, at) => `d${at}`);
      const versions = [3, 8, 1, 7, 5, 2, 6, 4];
      await Promise.all(
        versions.map((version) =>
          engine.bulk(
            (version % 2 ? ids : ids.toReversed()).map((id) => toWrite(id, version, { title: `v${version}` })),
          ),
        ),
      );
      const found = await engine.getMany(INDEX, ids);
      expect(new Set(found.map(({ version, document }) => `${version} ${document?.['title']}`))).toEqual(
        new Set(['8 v8']),
      );
      await engine.refresh(INDEX);
      expect(await engine.count(SCHEMA, INDEX, [{ field: 'title', anyOf: ['v8'] }])).toBe(200);
    });

    it('removes an index at once while somebody scans it, and its tables when they are done', async () => {
      const engine = await openWithIndex();
      await engine.bulk(['a', 'b', 'c'].map((id) => toWrite(id, 1, {})));
      await engine.finishFill(INDEX);
      const scanned: string[] = [];
      for await (const page of engine.scan(INDEX, { pageSize: 1 })) {
        if (scanned.length === 0) {
          await engine.deleteIndex(INDEX);
          expect(await engine.listIndices()).toEqual([]);
          expect(await engine.bulk([toWrite('d', 1, {})])).toEqual([{ status: 'missing' }]);
        }
        scanned.push(...page.map(({ id }) => id));
      }
      expect(scanned).toHaveLength(3);
      await engine.deleteIndex(INDEX);
      expect(await tables()).toEqual([]);
    });

    it('never fails a reader of an alias whose former index is removed at once', async () => {
      schemas += 1;
      const engine = open();
      const name = (number: number) => `notes-${String(number).padStart(6, '0')}`;
      const show = async (number: number) => {
        await engine.createIndex(name(number), SCHEMA, { ...META, generation: number });
        await engine.bulk([toWrite('a', 1, { title: 'A' }, name(number))]);
        await engine.finishFill(name(number));
        const from = number === 1 ? [] : [name(number - 1)];
        expect(await engine.swapAliases(SCHEMA, [{ alias: 'notes', from, to: name(number) }])).toBe('swapped');
        if (number > 1) await engine.deleteIndex(name(number - 1));
      };
      await show(1);
      let isMoving = true;
      const moves = (async () => {
        for (let number = 2; number <= 15; number += 1) await show(number);
      })().finally(() => {
        isMoving = false;
      });
      const reader = open();
      const seen: unknown[] = [];
      while (isMoving) {
        seen.push((await reader.search(SCHEMA, 'notes', { text: 'a' })).total);
        seen.push((await reader.getMany('notes', ['a'])).length);
      }
      await moves;
      expect(seen.length).toBeGreaterThan(0);
      expect(new Set(seen)).toEqual(new Set([1]));
    });

    it('answers a query about a field that an older generation does not have', async () => {
      const engine = await openWithIndex({ title: SCHEMA.fields['title']! });
      await engine.bulk([{ ...toWrite('a', 1, { title: 'A' }) }]);
      await engine.finishFill(INDEX);
      const sort = [{ field: 'pages', direction: 'desc' }] as const;
      const result = await engine.search(SCHEMA, INDEX, { sort, facets: ['pages'] });
      expect(result).toMatchObject({ total: 1, facets: { pages: [] } });
      expect(await idsFound(engine, [{ field: 'pages', exists: true }])).toEqual([]);
      expect(await idsFound(engine, [{ field: 'pages', noneOf: [1] }])).toEqual(['a']);
      expect(await idsFound(engine, [{ field: 'pages', range: { from: 1 } }])).toEqual([]);
      expect(await idsFound(engine, [{ nested: 'parts', filters: [] }])).toEqual([]);
    });

    it('tells that a column was changed by hand', async () => {
      const engine = await openWithIndex();
      const [before] = await engine.listIndices();
      await admin.query(`ALTER TABLE search_${schemas}.documents_1 DROP COLUMN words`);
      const [after] = await engine.listIndices();
      expect(after!.structure).not.toBe(before!.structure);
    });

    it('is away when its connections are ended, and back with the next', async () => {
      const engine = await openWithIndex();
      const scan = engine.scan(INDEX, {})[Symbol.asyncIterator]();
      const waiting = Array.from({ length: 3 }, () => engine.count(SCHEMA, INDEX));
      await Promise.all(waiting);
      await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'search@%' AND datname = current_database()`,
      );
      await scan.return?.(undefined);
      await expect
        .poll(() => engine.count(SCHEMA, INDEX).catch((error: unknown) => isSearchUnavailable(error)))
        .toBe(0);
    });

    it('is not ready where it may only read', async () => {
      const url = new URL(database.url);
      url.searchParams.set('options', '-c default_transaction_read_only=on');
      await openWithIndex();
      const engine = new PostgresSearchEngine({ url: url.href, schema: `search_${schemas}` });
      opened.push(engine);
      expect(await engine.probe()).toMatchObject({ ready: false, reason: expect.stringContaining('read-only') });
    });
  });
});

describe('PostgresSearchEngine without its server', () => {
  let silent: Server | undefined;
  afterEach(() => new Promise<void>((resolve) => (silent ? silent.close(() => resolve()) : resolve())));

  it('tells an engine that is away from a query that is wrong', async () => {
    const engine = new PostgresSearchEngine({ url: 'postgres://nobody@127.0.0.1:9/none' });
    await expect(engine.bulk([{ index: INDEX, id: 'a', version: 1, source: '{}' }])).rejects.toSatisfy(
      isSearchUnavailable,
    );
    await expect(engine.listIndices()).rejects.toSatisfy(isSearchUnavailable);
    await expect(engine.scan(INDEX)[Symbol.asyncIterator]().next()).rejects.toSatisfy(isSearchUnavailable);
    await expect(engine.search(SCHEMA, INDEX, { page: 0 })).rejects.toMatchObject({ code: 'PAGE_INVALID' });
    expect(await engine.probe()).toEqual({ ready: false, reason: 'PostgreSQL does not answer.' });
    await engine.close();
  });

  it('does not wait long for a server that says nothing before it is called not ready', async () => {
    const sockets: { destroy(): void }[] = [];
    silent = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => silent!.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const engine = new PostgresSearchEngine({ url: `postgres://nobody@127.0.0.1:${port}/none` });
    expect(await engine.probe()).toEqual({ ready: false, reason: 'PostgreSQL does not answer.' });
    for (const socket of sockets) socket.destroy();
    await engine.close();
  });
});
