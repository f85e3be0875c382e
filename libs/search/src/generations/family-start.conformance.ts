import { beforeEach, describe, expect, it } from 'vitest';
import { defineIndexSchema, type IndexSchema } from '../schema/index-schema.js';
import { toIndexSource } from '../schema/index-source.js';
import { type FamilyBench, NEWER_SCHEMA, SCHEMA } from './family-bench.conformance.js';
import { type IndexRow } from './fill-index.js';
import { ForeignIndexError } from './generation-errors.js';
import { IndexFamily } from './index-family.js';

/** How a family comes up, whatever it finds: nothing, losses, strangers, an index of other fields. */
export function describeStart(bench: FamilyBench): void {
  const { alias, indexName, owned, rebuild, shown } = bench;

  describe('ensure', () => {
    it('gives readers an empty index instead of an error', async () => {
      expect(await shown(0)).toEqual([]);
      expect(await shown(1)).toEqual([]);
      expect(await bench.family.status()).toMatchObject({
        active: { number: 1, state: 'active', runId: null },
        previous: null,
        building: null,
        writeTargets: [indexName(1)],
        rebuildReason: null,
      });
    });

    it('makes one generation however many replicas start at once, and however often', async () => {
      await Promise.all([1, 2, 3, 4].map(() => new IndexFamily(bench.options).ensure()));
      expect(await owned()).toEqual([indexName(1)]);
    });

    it('brings a lost alias back with its filter', async () => {
      bench.source.set('a', 1, 'a');
      bench.source.set('b', 1, 'former b');
      await rebuild(1);
      await bench.under.removeAlias(indexName(2), alias(1));
      await bench.family.ensure();
      expect(await shown(1)).toEqual(['a@1']);
    });

    it('states a changed filter at once when the fields are the same', async () => {
      bench.source.set('a', 1, 'a');
      bench.source.set('b', 1, 'former b');
      await rebuild(1);
      const aliases = [{ name: alias(0) }, { name: alias(1), filter: { field: 'current', anyOf: [false] } }];
      await new IndexFamily({ ...bench.options, aliases }).ensure();
      expect(await shown(1)).toEqual(['b@1']);
    });

    it('keeps serving an index of an older schema and asks for a rebuild', async () => {
      bench.source.set('a', 1, 'a');
      await rebuild(1);
      const newer = new IndexFamily({ ...bench.options, schema: NEWER_SCHEMA });
      await newer.ensure();
      expect(await shown()).toEqual(['a@1']);
      expect((await newer.status()).rebuildReason).toBe('otherSchema');
      expect((await bench.family.status()).rebuildReason).toBeNull();
    });

    it('falls back to the previous generation when the engine lost the active one', async () => {
      bench.source.set('a', 1, 'a');
      await rebuild(1);
      await rebuild(2);
      await bench.engine.deleteIndex(indexName(3));
      await bench.family.ensure();
      expect(await shown()).toEqual(['a@1']);
      expect(await bench.family.status()).toMatchObject({ active: { number: 2 }, previous: null, rebuildReason: null });
      await rebuild(3);
      expect(await shown()).toEqual(['a@1']);
    });

    it('begins empty again when the engine lost everything', async () => {
      bench.source.set('a', 1, 'a');
      await rebuild(1);
      for (const name of await owned()) await bench.engine.deleteIndex(name);
      await bench.family.ensure();
      expect(await shown()).toEqual([]);
      expect((await bench.family.status()).rebuildReason).toBe('afterLoss');
      await rebuild(2);
      expect(await shown()).toEqual(['a@1']);
      expect((await bench.family.status()).rebuildReason).toBeNull();
    });

    it('notices a loss while nobody writes, and nothing is done while the aliases show something', async () => {
      bench.source.set('a', 1, 'a');
      await rebuild(1);
      await rebuild(2);
      await bench.family.ensureShown();
      expect(await bench.family.status()).toMatchObject({ active: { number: 3 } });
      await bench.engine.deleteIndex(indexName(3));
      await bench.family.ensureShown();
      expect(await shown()).toEqual(['a@1']);
      expect(await bench.family.status()).toMatchObject({ active: { number: 2 } });
    });

    it('never touches an index of another installation', async () => {
      await bench.dataSource.query('UPDATE index_family SET installation = gen_random_uuid() WHERE name = $1', [
        bench.options.name,
      ]);
      await expect(bench.family.ensure()).rejects.toThrow(ForeignIndexError);
      expect(await bench.family.sweepOrphans()).toEqual([]);
      expect(await owned()).toEqual([indexName(1)]);
    });
  });

  describe('a program with another schema than the index being served', () => {
    const newerRow = (id: string, version: number, document: object | null): IndexRow => ({
      id,
      version,
      source: toIndexSource(NEWER_SCHEMA, { id, version, document: document && { ...document } }),
    });
    const add = (row: IndexRow) => bench.source.rows.set(row.id, row) && row;
    const idsFound = async (schema: IndexSchema, text: string) => {
      await bench.engine.refresh(alias());
      return (await bench.engine.search(schema, alias(), { text })).items.map(({ id }) => id);
    };
    let newer: IndexFamily;
    beforeEach(async () => {
      bench.source.fill(30);
      await rebuild(1);
      newer = new IndexFamily({ ...bench.options, schema: NEWER_SCHEMA });
      await newer.ensure();
    });

    it('shows each change at once, without what the index cannot hold', async () => {
      const changed = add(newerRow('d0001', 2, { name: 'changed', current: true, added: 1, grade: ['a'] }));
      const made = add(newerRow('new', 1, { name: 'made', current: false, added: 2, grade: ['b'] }));
      const deleted = add(newerRow('d0002', 2, null));
      expect(await newer.writeLive([changed, made, deleted])).toMatchObject({ written: 3, stale: 0, rejected: [] });
      expect(await shown()).toHaveLength(30);
      expect(await idsFound(SCHEMA, 'chan')).toEqual(['d0001']);
      expect(await bench.engine.getMany(indexName(2), ['new', 'd0002'])).toMatchObject([
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
      expect(await new IndexFamily({ ...bench.options, schema }).writeLive([row])).toMatchObject({
        written: 1,
        rejected: [],
      });
      expect(await bench.engine.getMany(indexName(2), ['x'])).toMatchObject([{ document: { name: 'x' } }]);
    });

    it('compares what the index can hold, and repairs that', async () => {
      await newer.writeLive([add(newerRow('d0001', 2, { name: 'changed', added: 1 }))]);
      add(newerRow('d0003', 2, { name: 'missed', added: 3 }));
      expect(await newer.check(bench.source.authority())).toMatchObject({ outcome: 'ready', problems: [], healed: 1 });
      expect(await idsFound(SCHEMA, 'missed')).toEqual(['d0003']);
    });

    it('gives the whole document to the generation that it builds itself', async () => {
      const generation = await newer.begin({ runId: 'run-2', fence: 2 });
      await newer.openTap(generation);
      await newer.writeLive([newerRow('d0001', 2, { name: 'changed', added: 1, grade: ['senior'] })]);
      expect(await bench.engine.getMany(indexName(3), ['d0001'])).toMatchObject([
        { document: { name: 'changed', added: 1 } },
      ]);
      // An older replica that is still at work writes to both too.
      expect(await bench.family.writeLive([bench.source.set('d0004', 2, 'by the older')])).toMatchObject({
        rejected: [],
      });
      await newer.fill(generation, bench.source.pages());
      await newer.seal(generation);
      await newer.verify(generation, bench.source.authority());
      await newer.swap({ runId: 'run-2', fence: 2 });
      expect(await idsFound(NEWER_SCHEMA, 'senior')).toEqual(['d0001']);
      expect((await newer.status()).rebuildReason).toBeNull();
    });
  });
}
