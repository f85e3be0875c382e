import { createDataSource, migrate } from '@lockstep/database';
import { createTestDatabase, type Engines, type TestDatabase } from '@lockstep/testing';
import type { DataSource } from 'typeorm';
import { expect } from 'vitest';
import type { SearchEngine } from '../engine/search-engine.js';
import { searchMigrations } from '../index.js';
import { defineIndexSchema } from '../schema/index-schema.js';
import { bucketOf, toIndexSource } from '../schema/index-source.js';
import type { RunFence } from './claim-generation.js';
import type { Generation } from './family.store.js';
import type { IndexFamilyOptions } from './family-access.js';
import type { IndexRow } from './fill-index.js';
import { IndexFamily } from './index-family.js';
import type { Authority } from './verify-generation.js';

export const SCHEMA = defineIndexSchema({
  name: 'doctors',
  version: 1,
  fields: { name: { type: 'keyword', search: true, sort: true }, current: { type: 'boolean' } },
});

/** What a later program has instead: a field more, and another that is searched. */
export const NEWER_SCHEMA = defineIndexSchema({
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
export function withMethods(engine: SearchEngine, methods: Partial<SearchEngine>): SearchEngine {
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

/** A database and an engine, and on them a family of its own for each test. */
export class FamilyBench {
  dataSource!: DataSource;
  under!: EngineOfFamilies;
  options!: IndexFamilyOptions;
  family!: IndexFamily;
  source!: Source;
  private database?: TestDatabase;
  private families = 0;

  constructor(
    private readonly engines: Engines,
    private readonly makeEngine: () => Promise<EngineOfFamilies>,
  ) {}

  async open(): Promise<void> {
    this.database = await createTestDatabase(this.engines);
    const options = { schema: 'doctors', service: 'test', entities: [], migrations: searchMigrations };
    this.dataSource = await createDataSource({ url: this.database.url, ...options }).initialize();
    await migrate(this.dataSource);
    this.under = await this.makeEngine();
  }

  async close(): Promise<void> {
    await this.under?.engine.close();
    await this.dataSource?.destroy();
    await this.database?.remove();
    await this.under?.remove();
  }

  /** A new family, seen by readers, and a source without rows. */
  async begin(): Promise<void> {
    const no = ++this.families;
    this.options = {
      name: `family${no}`,
      schema: SCHEMA,
      aliases: [{ name: `all${no}` }, { name: `current${no}`, filter: { field: 'current', anyOf: [true] } }],
      dataSource: this.dataSource,
      engine: this.engine,
    };
    this.family = new IndexFamily(this.options);
    this.source = new Source();
    await this.family.ensure();
  }

  get engine(): SearchEngine {
    return this.under.engine;
  }

  readonly alias = (at = 0): string => this.options.aliases[at]!.name;

  readonly indexName = (number: number): string => `${this.options.name}-${String(number).padStart(6, '0')}`;

  /** What readers find by an alias. */
  readonly shown = async (at = 0): Promise<string[]> => {
    await this.engine.refresh(this.alias(at));
    const { items } = await this.engine.search(SCHEMA, this.alias(at), { pageSize: 1_000 });
    return items.map(({ id, version }) => `${id}@${version}`);
  };

  /** Indexes of the family that there are. */
  readonly owned = async (): Promise<string[]> => {
    const indices = await this.engine.listIndices();
    return indices.filter(({ meta }) => meta.family === this.options.name).map(({ name }) => name);
  };

  /** A generation of the run, filled and sealed. */
  readonly build = async (run: RunFence, by = this.family): Promise<Generation> => {
    const generation = await by.begin(run);
    await by.openTap(generation);
    await by.fill(generation, this.source.pages());
    await by.seal(generation);
    return generation;
  };

  /** Shows readers what the source has. */
  readonly rebuild = async (fence: number, by = this.family): Promise<Generation> => {
    const run = { runId: `run-${fence}`, fence };
    const generation = await this.build(run, by);
    expect(await by.verify(generation, this.source.authority())).toMatchObject({ outcome: 'ready', problems: [] });
    return by.swap(run);
  };
}
