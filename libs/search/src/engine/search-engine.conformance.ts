import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SearchQuery, SearchResult } from '../query/search-query.js';
import type { IndexSchema } from '../schema/index-schema.js';
import { bucketOf, type IndexDocument, type StoredDocument, toIndexSource } from '../schema/index-source.js';
import { EDGE_CASES } from './edge-cases.conformance.js';
import { FACET_CASES } from './facet-cases.conformance.js';
import { PEOPLE, PEOPLE_DOCUMENTS, QUERY_CASES } from './query-cases.conformance.js';
import type { IndexMeta, IndexWrite, SearchEngine, WriteOutcome } from './search-engine.js';
import { IndexConflictError, IndexNotFoundError } from './search-errors.js';

/** What a suite gets: an engine with an index prefix of its own, and how to leave nothing behind. */
export interface EngineUnderTest {
  readonly engine: SearchEngine;
  remove(): Promise<void>;
}

const META: IndexMeta = {
  family: 'people',
  generation: 1,
  fence: 7,
  runId: 'run-1',
  installation: 'here',
  schemaHash: PEOPLE.hash,
};

/** What every engine promises. Run it against each adapter, in its own `*.test.ts`. */
export function describeSearchEngine(name: string, makeEngine: () => Promise<EngineUnderTest>): void {
  describe(name, () => {
    let under: EngineUnderTest;
    let engine: SearchEngine;
    let created = 0;

    beforeAll(async () => {
      under = await makeEngine();
      engine = under.engine;
    });
    afterAll(async () => {
      await engine?.close();
      await under?.remove();
    });

    /** An index of its own for a test, searchable at once. */
    const makeIndex = async (documents: readonly IndexDocument[] = [], schema: IndexSchema = PEOPLE) => {
      created += 1;
      const index = `people-${String(created).padStart(6, '0')}`;
      await engine.createIndex(index, schema, { ...META, generation: created });
      expect(new Set(await write(index, documents, schema))).toEqual(new Set(documents.length ? ['ok'] : []));
      await engine.finishFill(index);
      return index;
    };
    const write = async (index: string, documents: readonly IndexDocument[], schema: IndexSchema = PEOPLE) => {
      const outcomes = await engine.bulk(documents.map((document) => toWrite(index, document, schema)));
      return outcomes.map((outcome) => outcome.status);
    };
    const idsFound = async (target: string, query: SearchQuery = {}) =>
      idsOf(await engine.search(PEOPLE, target, query));

    describe('queries', () => {
      let index: string;
      beforeAll(async () => {
        index = await makeIndex(PEOPLE_DOCUMENTS);
      });

      it.each([...QUERY_CASES, ...EDGE_CASES, ...FACET_CASES].map((each) => [each.promise, each] as const))(
        '%s',
        async (_promise, expected) => {
          const asked = engine.search(PEOPLE, index, expected.query);
          if (expected.error) {
            await expect(asked).rejects.toMatchObject({ code: expected.error });
            return;
          }
          const result = await asked;
          const ids = (expected.ids ?? '').split(' ').filter((id) => id !== '');
          expect(idsOf(result)).toEqual(ids);
          expect(result.total).toBe(expected.total ?? ids.length);
          expect(result.facets).toEqual(expected.facets ?? {});
        },
      );

      it('gives back each document whole, with its version', async () => {
        const { items } = await engine.search(PEOPLE, index, { filters: [{ field: 'gmc', anyOf: ['7000001'] }] });
        expect(items).toEqual([{ id: 'p01', version: 1, document: PEOPLE_DOCUMENTS[0]!.document }]);
      });

      it('counts what a search would find', async () => {
        expect(await engine.count(PEOPLE, index)).toBe(12);
        expect(await engine.count(PEOPLE, index, [{ field: 'active', anyOf: [true] }])).toBe(2);
      });

      it.each([
        [[{ field: 'lastName', direction: 'asc' }]],
        [[{ field: 'lastName', direction: 'desc' }]],
        [[{ field: 'personId', direction: 'asc' }]],
        [[{ field: 'personId', direction: 'desc' }]],
        [[{ field: 'born', direction: 'desc' }]],
        [[{ field: 'seenAt', direction: 'asc' }]],
        [[{ field: 'score', direction: 'asc' }]],
        [[{ field: 'marks', direction: 'desc' }]],
        [[{ field: 'leave', direction: 'asc' }]],
        [
          [
            { field: 'active', direction: 'asc' },
            { field: 'bodies', direction: 'desc' },
          ],
        ],
        [[]],
      ] as const)('pages by cursor as one long page would, sorted by %j', async (sort) => {
        const whole = await idsFound(index, { sort, pageSize: 1_000 });
        for (const pageSize of [1, 5, 6, 12]) {
          expect(await readAll((cursor) => engine.search(PEOPLE, index, { sort, pageSize, ...cursor }))).toEqual(whole);
        }
      });

      it('refuses the cursor of another order', async () => {
        const { cursor } = await engine.search(PEOPLE, index, { pageSize: 1 });
        const sort = [{ field: 'lastName', direction: 'asc' }] as const;
        await expect(engine.search(PEOPLE, index, { cursor: cursor!, sort })).rejects.toMatchObject({
          code: 'CURSOR_INVALID',
        });
      });
    });

    it('pages by cursor without repeating or losing what stays, while documents come and go', async () => {
      const index = await makeIndex(people(1, 20));
      const first = await engine.search(PEOPLE, index, { pageSize: 10 });
      await write(index, [
        { id: 'a-before', version: 1, document: {} },
        { id: 'p003', version: 9, document: null },
        { id: 'p013', version: 9, document: null },
        { id: 'p015-b', version: 1, document: {} },
      ]);
      await engine.refresh(index);
      const second = await engine.search(PEOPLE, index, { pageSize: 20, cursor: first.cursor! });
      expect(idsOf(second).join(' ')).toBe('p011 p012 p014 p015 p015-b p016 p017 p018 p019 p020');
      expect(second.cursor).toBeUndefined();
    });

    it('reads beyond row 10,000 by cursor', async () => {
      const index = await makeIndex(people(1, 10_050, 5));
      let cursor: string | undefined;
      let seen = 0;
      do {
        const page = await engine.search(PEOPLE, index, { pageSize: 1_000, ...(cursor && { cursor }) });
        seen += page.items.length;
        cursor = page.cursor;
      } while (cursor);
      expect(seen).toBe(10_050);
    });

    describe('writing', () => {
      it('lets the newest version win, whatever the order, and takes an equal one again', async () => {
        const index = await makeIndex();
        const at = (version: number, lastName: string) => [{ id: 'x', version, document: { lastName } }];
        expect(await write(index, at(5, 'five'))).toEqual(['ok']);
        expect(await write(index, at(4, 'four'))).toEqual(['stale']);
        expect(await write(index, at(5, 'five again'))).toEqual(['ok']);
        expect(await write(index, at(6, 'six'))).toEqual(['ok']);
        expect(await write(index, [...at(9, 'nine'), ...at(8, 'eight')])).toEqual(['ok', 'stale']);
        expect(await engine.getMany(index, ['x'])).toEqual([
          { id: 'x', version: 9, deleted: false, document: { lastName: 'nine' } },
        ]);
      });

      it('remembers a deletion for every older write', async () => {
        const index = await makeIndex([{ id: 'x', version: 1, document: { lastName: 'Here' } }]);
        expect(await write(index, [{ id: 'x', version: 3, document: null }])).toEqual(['ok']);
        expect(await write(index, [{ id: 'x', version: 2, document: { lastName: 'Back' } }])).toEqual(['stale']);
        await engine.refresh(index);
        expect(await idsFound(index)).toEqual([]);
        expect(await engine.count(PEOPLE, index)).toBe(0);
        expect(await write(index, [{ id: 'x', version: 4, document: { lastName: 'Again' } }])).toEqual(['ok']);
      });

      it('forgets what it is told to, up to a version, and takes an older write again', async () => {
        const index = await makeIndex([...people(1, 3), { id: 'gone', version: 5, document: null }]);
        const forget = async (id: string, version: number) => {
          const [outcome] = await engine.forget([{ index, id, version }]);
          return outcome?.status;
        };
        const there = async () =>
          (await engine.getMany(index, ['gone', 'p001', 'p002', 'p003'])).map(({ id }) => id).sort();
        expect(await forget('gone', 4)).toBe('stale');
        expect(await there()).toEqual(['gone', 'p001', 'p002', 'p003']);
        expect([await forget('gone', 5), await forget('p002', 9), await forget('never', 1)]).toEqual([
          'ok',
          'ok',
          'ok',
        ]);
        expect(await there()).toEqual(['p001', 'p003']);
        await engine.refresh(index);
        expect(await idsFound(index)).toEqual(['p001', 'p003']);
        const [missing] = await engine.forget([{ index: 'people-999999', id: 'p001', version: 1 }]);
        expect(missing).toEqual({ status: 'missing' });
        expect((await engine.listIndices()).map(({ name }) => name)).not.toContain('people-999999');
        expect(await engine.forget([])).toEqual([]);
      });

      it('rejects a document with its reason and writes its neighbours', async () => {
        const index = await makeIndex();
        const source = (document: object) =>
          JSON.stringify({ ...document, lockstep: { id: 'x', version: 1, deleted: false } });
        const bad: [string, Partial<IndexWrite>][] = [
          ['an unknown field', { source: source({ surname: 'x' }) }],
          ['an unknown field inside another', { source: source({ address: { street: 'x' } }) }],
          ['a date written otherwise', { source: source({ born: '31/01/2026' }) }],
          ['an instant without a zone', { source: source({ seenAt: '2026-01-01T10:00:00' }) }],
          ['too long a keyword', { source: source({ lastName: 'é'.repeat(16_384) }) }],
          ['a text for a number', { source: source({ personId: 'three' }) }],
          ['an object for a value', { source: source({ lastName: { a: 1 } }) }],
          ['broken JSON', { source: '{"lastName":' }],
          ['no object', { source: '7' }],
          ['no id', { id: '' }],
          ['too long an id', { id: 'é'.repeat(257) }],
          ['a negative version', { version: -1 }],
          ['a version that is no whole number', { version: 1.5 }],
        ];
        const writes = bad.flatMap(([what, change]) => [
          { ...toWrite(index, { id: `bad ${what}`, version: 1, document: {} }), ...change },
          toWrite(index, { id: `good ${what}`, version: 1, document: {} }),
        ]);
        const outcomes = await engine.bulk(writes);
        const statuses = outcomes.map((outcome) => outcome.status);
        expect(Object.fromEntries(bad.map(([what], at) => [what, statuses.slice(at * 2, at * 2 + 2)]))).toEqual(
          Object.fromEntries(bad.map(([what]) => [what, ['rejected', 'ok']])),
        );
        expect(outcomes.filter(isRejected).every((outcome) => outcome.reason.length > 0)).toBe(true);
      });

      it('takes a source that was laid out over several lines', async () => {
        const index = await makeIndex();
        const source = JSON.stringify(JSON.parse(toIndexSource(PEOPLE, PEOPLE_DOCUMENTS[0]!)), null, 2);
        expect(await engine.bulk([{ index, id: 'p01', version: 1, source }])).toEqual([{ status: 'ok' }]);
        expect(await engine.getMany(index, ['p01'])).toMatchObject([{ document: PEOPLE_DOCUMENTS[0]!.document }]);
      });

      it('takes a day beyond the end of its month for a day of the next', async () => {
        const index = await makeIndex([{ id: 'x', version: 1, document: { born: '2026-02-30' } }]);
        expect(await idsFound(index, { filters: [{ field: 'born', anyOf: ['2026-03-02'] }] })).toEqual(['x']);
      });

      it('takes ids with quotes, slashes, commas and accents', async () => {
        const ids = ['a/b', 'q"uote', 'com,ma', 'é', '𠮷', 'a b', '*', '..', '%2e', 'é'.repeat(256)];
        const index = await makeIndex(ids.map((id) => ({ id, version: 1, document: {} })));
        expect((await idsFound(index)).sort()).toEqual([...ids].sort());
        expect((await engine.getMany(index, ids)).map(({ id }) => id)).toEqual(ids);
      });

      it('says that an index is gone, and never makes it anew', async () => {
        const index = await makeIndex();
        await engine.deleteIndex(index);
        expect(await write(index, [{ id: 'x', version: 1, document: {} }])).toEqual(['missing']);
        expect((await engine.listIndices()).map((info) => info.name)).not.toContain(index);
        await expect(engine.search(PEOPLE, index, {})).rejects.toThrow(IndexNotFoundError);
        await expect(engine.count(PEOPLE, index)).rejects.toThrow(IndexNotFoundError);
        await expect(engine.getMany(index, ['x'])).rejects.toThrow(IndexNotFoundError);
        await expect(engine.refresh(index)).rejects.toThrow(IndexNotFoundError);
        await expect(engine.scan(index)[Symbol.asyncIterator]().next()).rejects.toThrow(IndexNotFoundError);
      });

      it('writes nothing when asked to write nothing', async () => {
        expect(await engine.bulk([])).toEqual([]);
      });

      it('hides what is filled until the fill ends, then shows live writes within seconds', async () => {
        const index = 'people-000900';
        await engine.createIndex(index, PEOPLE, { ...META, generation: 900 });
        await write(index, people(1, 3));
        expect(await idsFound(index)).toEqual([]);
        await engine.finishFill(index);
        expect(await idsFound(index)).toHaveLength(3);
        await write(index, people(4, 1));
        await expect.poll(() => idsFound(index)).toHaveLength(4);
      });
    });

    describe('indexes', () => {
      it('makes an index once and knows whose it is', async () => {
        const index = await makeIndex();
        const meta = { ...META, generation: created };
        const structure = await engine.createIndex(index, PEOPLE, meta);
        expect(await find(index)).toEqual({ name: index, meta, aliases: [], structure });
      });

      it('refuses to take another index for its own', async () => {
        const index = await makeIndex();
        await expect(engine.createIndex(index, PEOPLE, { ...META, fence: 8 })).rejects.toThrow(IndexConflictError);
      });

      it('gives equal schemas equal structures and others others', async () => {
        const [first, second, other] = [await makeIndex(), await makeIndex(), await makeIndex([], SMALL)];
        const structures = await Promise.all(
          [first, second, other].map(async (index) => (await find(index))?.structure),
        );
        expect(structures[1]).toBe(structures[0]);
        expect(structures[2]).not.toBe(structures[0]);
      });

      it('deletes an index, and does not mind when there is none', async () => {
        const index = await makeIndex();
        await engine.deleteIndex(index);
        await engine.deleteIndex(index);
        expect(await find(index)).toBeUndefined();
      });

      it.each(['People', 'people-*', 'a,b', '_all', '../x', ''])('refuses %j as a name', async (name) => {
        await expect(engine.deleteIndex(name)).rejects.toThrow(/cannot be the name/);
      });

      const find = async (name: string) => (await engine.listIndices()).find((info) => info.name === name);
    });

    describe('aliases', () => {
      it('shows through an alias what its filter keeps, and never a tombstone', async () => {
        const index = await makeIndex(PEOPLE_DOCUMENTS);
        const filter = { field: 'active', anyOf: [true] };
        const outcome = await engine.swapAliases(PEOPLE, [
          { alias: 'everybody', from: [], to: index },
          { alias: 'the_active', filter, from: [], to: index },
        ]);
        expect(outcome).toBe('swapped');
        expect(await engine.aliasTargets('everybody')).toEqual([index]);
        expect(await idsFound('everybody')).toHaveLength(12);
        expect(await idsFound('the_active')).toEqual(['p01', 'p03']);
        expect(await idsFound('the_active', { text: 'obrien' })).toEqual(['p01']);
        expect(await engine.count(PEOPLE, 'the_active')).toBe(2);
        expect(await scanIds('the_active')).toEqual(['p01', 'p03']);
        expect(await engine.listIndices()).toContainEqual(
          expect.objectContaining({ name: index, aliases: ['everybody', 'the_active'] }),
        );
      });

      it('moves all aliases or none, and only from where they are expected', async () => {
        const [a, b, c] = [await makeIndex(), await makeIndex(), await makeIndex()];
        const move = (from: string[], to: string) => [
          { alias: 'one', from, to },
          { alias: 'two', from, to },
        ];
        expect(await engine.swapAliases(PEOPLE, move([], a))).toBe('swapped');
        expect(await engine.swapAliases(PEOPLE, move([a], b))).toBe('swapped');
        expect(await engine.swapAliases(PEOPLE, move([a], c))).toBe('conflict');
        const half = [...move([b], c), { alias: 'three', from: [b], to: c }];
        expect(await engine.swapAliases(PEOPLE, half)).toBe('conflict');
        expect(await engine.aliasTargets('one')).toEqual([b]);
        expect(await engine.aliasTargets('two')).toEqual([b]);
        expect(await engine.aliasTargets('three')).toEqual([]);
      });

      it('lets one of two racers move an alias', async () => {
        const [a, b, c] = [await makeIndex(), await makeIndex(), await makeIndex()];
        await engine.swapAliases(PEOPLE, [{ alias: 'raced', from: [], to: a }]);
        const outcomes = await Promise.all(
          [b, c].map((to) => engine.swapAliases(PEOPLE, [{ alias: 'raced', from: [a], to }])),
        );
        expect(outcomes.sort()).toEqual(['conflict', 'swapped']);
        expect(await engine.aliasTargets('raced')).toHaveLength(1);
      });

      it('does not move an alias to an index that is gone', async () => {
        const [a, b] = [await makeIndex(), await makeIndex()];
        await engine.swapAliases(PEOPLE, [{ alias: 'kept', from: [], to: a }]);
        await engine.deleteIndex(b);
        expect(await engine.swapAliases(PEOPLE, [{ alias: 'kept', from: [a], to: b }])).toBe('conflict');
        expect(await engine.aliasTargets('kept')).toEqual([a]);
      });

      it('changes the filter of an alias that stays where it is', async () => {
        const index = await makeIndex(PEOPLE_DOCUMENTS);
        await engine.swapAliases(PEOPLE, [{ alias: 'refined', from: [], to: index }]);
        const filter = { field: 'personId', anyOf: [2] };
        await engine.swapAliases(PEOPLE, [{ alias: 'refined', filter, from: [], to: index }]);
        expect(await idsFound('refined')).toEqual(['p02']);
      });

      it('knows no target of an alias that nobody made', async () => {
        expect(await engine.aliasTargets('nowhere')).toEqual([]);
        await expect(engine.search(PEOPLE, 'nowhere', {})).rejects.toThrow(IndexNotFoundError);
      });

      it('answers readers from one index or the other, whole, while aliases move to and fro', async () => {
        const [a, b] = [await makeIndex(people(1, 3)), await makeIndex(people(101, 5))];
        await engine.swapAliases(PEOPLE, [{ alias: 'moving', from: [], to: a }]);
        let moving = true;
        const moves = (async () => {
          for (let turn = 0; turn < 10; turn += 1) {
            const [from, to] = turn % 2 === 0 ? [a, b] : [b, a];
            expect(await engine.swapAliases(PEOPLE, [{ alias: 'moving', from: [from], to }])).toBe('swapped');
          }
          moving = false;
        })();
        const seen = new Set<string>();
        while (moving) seen.add((await idsFound('moving')).join(' '));
        await moves;
        for (const ids of seen) expect(['p001 p002 p003', 'p101 p102 p103 p104 p105']).toContain(ids);
      });
    });

    describe('reading for comparison', () => {
      it('sums by bucket what was written, tombstones apart', async () => {
        const documents = [...people(1, 300), { id: 'p007', version: 4_000_003, document: null }];
        const index = await makeIndex(documents);
        const sums = await engine.bucketSums(index);
        const p007 = sums.find((sum) => sum.bucket === bucketOf('p007'))!;
        expect(total(sums.map((sum) => sum.live))).toBe(299);
        expect(total(sums.map((sum) => sum.tombstones))).toBe(1);
        expect(total(sums.map((sum) => sum.versionSum))).toBe(299 + 3);
        expect(p007.tombstones).toBe(1);
        expect(new Set(sums.map((sum) => sum.bucket)).size).toBe(sums.length);
      });

      it('reads documents by id before they are searchable, and leaves out those that are not there', async () => {
        const index = 'people-000901';
        await engine.createIndex(index, PEOPLE, { ...META, generation: 901 });
        await write(index, [
          { id: 'a', version: 2, document: { lastName: 'A' } },
          { id: 'b', version: 3, document: null },
        ]);
        expect(await engine.getMany(index, ['b', 'none', 'a'])).toEqual([
          { id: 'b', version: 3, deleted: true, document: null },
          { id: 'a', version: 2, deleted: false, document: { lastName: 'A' } },
        ]);
        expect(await engine.getMany(index, [])).toEqual([]);
      });

      it('scans every document once, page by page', async () => {
        const index = await makeIndex([...people(1, 25), { id: 'gone', version: 2, document: null }]);
        const pages: StoredDocument[][] = [];
        for await (const page of engine.scan(index, { pageSize: 10 })) pages.push(page);
        expect(pages.map((page) => page.length)).toEqual([10, 10, 5]);
        expect(new Set(pages.flat().map(({ id }) => id)).size).toBe(25);
        expect(pages.flat().find(({ id }) => id === 'p003')).toEqual({
          id: 'p003',
          version: 1,
          deleted: false,
          document: { gmc: 'p003', lastName: 'Person p003' },
        });
      });

      it('scans as of its beginning, whatever is written meanwhile', async () => {
        const index = await makeIndex(people(1, 10));
        const ids: string[] = [];
        for await (const page of engine.scan(index, { pageSize: 4 })) {
          if (ids.length === 0) {
            await write(index, [...people(20, 5), { id: 'p010', version: 2, document: null }]);
            await engine.refresh(index);
          }
          ids.push(...page.map(({ id }) => id));
        }
        expect(ids.sort()).toEqual(people(1, 10).map(({ id }) => id));
      });

      it('scans tombstones, one bucket, or some fields when asked to', async () => {
        const index = await makeIndex([...people(1, 40), { id: 'gone', version: 2, document: null }]);
        expect(await scanIds(index, { tombstones: true })).toHaveLength(41);
        const inBucket = people(1, 40).filter(({ id }) => bucketOf(id) === bucketOf('p001'));
        expect(await scanIds(index, { bucket: bucketOf('p001') })).toEqual(inBucket.map(({ id }) => id));
        for await (const page of engine.scan(index, { fields: ['gmc'] })) {
          expect(page[0]!.document).toEqual({ gmc: page[0]!.id });
        }
        for await (const page of engine.scan(index, { fields: [] })) expect(page[0]!.document).toEqual({});
      });

      it('may be left before its end', async () => {
        const index = await makeIndex(people(1, 10));
        for await (const page of engine.scan(index, { pageSize: 2 })) {
          expect(page).toHaveLength(2);
          break;
        }
      });
    });

    it('is ready', async () => {
      expect(await engine.probe()).toEqual({ ready: true });
    });

    const scanIds = async (target: string, options = {}) => {
      const ids: string[] = [];
      for await (const page of engine.scan(target, options)) ids.push(...page.map(({ id }) => id));
      return ids.sort();
    };
  });
}

const SMALL: IndexSchema = {
  ...PEOPLE,
  fields: { gmc: { type: 'keyword' } },
  searchFields: [],
  textFields: [],
  matchFields: [],
  sortKeyFields: [],
};

/** `p001`, `p002` ... with version 1. */
function people(from: number, count: number, digits = 3): IndexDocument[] {
  return Array.from({ length: count }, (_, at) => {
    const id = `p${String(from + at).padStart(digits, '0')}`;
    return { id, version: 1, document: { gmc: id, lastName: `Person ${id}` } };
  });
}

function toWrite(index: string, document: IndexDocument, schema: IndexSchema = PEOPLE): IndexWrite {
  return { index, id: document.id, version: document.version, source: toIndexSource(schema, document) };
}

function idsOf(result: SearchResult): string[] {
  return result.items.map(({ id }) => id);
}

async function readAll(read: (cursor: { cursor?: string }) => Promise<SearchResult>): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor ? { cursor } : {});
    ids.push(...idsOf(page));
    cursor = page.cursor;
  } while (cursor);
  return ids;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function isRejected(outcome: WriteOutcome): outcome is Extract<WriteOutcome, { reason: string }> {
  return outcome.status === 'rejected';
}
