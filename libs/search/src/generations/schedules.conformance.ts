/**
 * Plays one random schedule of what can happen to an index family: changes at the source, live messages late, twice and out
 * of order, rebuilds that are overtaken and go on as zombies, crashes in the middle of writes and swaps, rollbacks.
 */
import type { DataSource } from 'typeorm';
import type { SearchEngine } from '../engine/search-engine.js';
import { SearchUnavailableError } from '../engine/search-errors.js';
import { MemorySearchEngine } from '../memory/memory-search-engine.js';
import { defineIndexSchema } from '../schema/index-schema.js';
import { toIndexSource } from '../schema/index-source.js';
import type { Generation } from './family.store.js';
import type { IndexRow } from './fill-index.js';
import { IndexFamily } from './index-family.js';

const SCHEMA = defineIndexSchema({ name: 'things', version: 1, fields: { name: { type: 'keyword' } } });
const ALIAS = 'things';
const IDS = ['a', 'b', 'c', 'd'];
/** What a late or interrupted caller is told; anything else is a fault. */
const EXPECTED = new Set([
  'SearchUnavailableError',
  'StaleFenceError',
  'GenerationNotFoundError',
  'GenerationGoneError',
  'IllegalTransitionError',
  'NoPreviousGenerationError',
]);

/** How an extractor may be wrong, to prove that the schedules would notice. */
export type Mistake = 'none' | 'no tombstones' | 'reads before the tap is open';

/** A rebuild as its orchestrator sees it; one that was overtaken goes on with its next step all the same. */
interface Run {
  readonly runId: string;
  readonly fence: number;
  step: number;
  generation?: Generation;
  /** Rows that were read and not yet written. */
  read: IndexRow[];
}

/** Answers what went wrong, or an empty list. `random` gives numbers from 0 to below 1. */
export async function playSchedule(
  dataSource: DataSource,
  name: string,
  options: { random: () => number; length: number; mistake: Mistake; engine?: SearchEngine },
): Promise<string[]> {
  const schedule = new Schedule(dataSource, name, options);
  await schedule.family.ensure();
  for (let at = 0; at < options.length && schedule.violations.length === 0; at += 1) await schedule.act();
  await schedule.settle();
  return schedule.violations.map((violation) => `${violation} after ${schedule.log.join(', ')}`);
}

class Schedule {
  readonly violations: string[] = [];
  readonly log: string[] = [];
  readonly family: IndexFamily;
  readonly #engine: SearchEngine;
  readonly #random: () => number;
  readonly #mistake: Mistake;
  readonly #truth = new Map<string, IndexRow>();
  readonly #undelivered: IndexRow[] = [];
  readonly #delivered: IndexRow[] = [];
  readonly #runs: Run[] = [];
  readonly #seen = new Map<string, number>();
  /** What the engine does to the calls to come: fails before, fails after, or works. */
  #crash: 'before' | 'after' | 'none' = 'none';

  constructor(
    dataSource: DataSource,
    name: string,
    {
      random,
      mistake,
      engine = new MemorySearchEngine(),
    }: { random: () => number; mistake: Mistake; engine?: SearchEngine },
  ) {
    this.#random = random;
    this.#mistake = mistake;
    this.#engine = engine;
    this.family = new IndexFamily({
      name,
      schema: SCHEMA,
      aliases: [{ name: ALIAS }],
      dataSource,
      engine: this.#crashing(engine),
    });
  }

  async act(): Promise<void> {
    const actions: [weight: number, name: string, action: () => Promise<unknown>][] = [
      [8, 'change', async () => this.#change()],
      [6, 'deliver', () => this.#deliver()],
      [2, 'deliver again', () => this.#deliverAgain()],
      [
        2,
        'deliver two at once',
        () =>
          this.#together(
            () => this.#deliver(),
            () => this.#deliver(),
          ),
      ],
      [10, 'step', () => this.#step(this.#runs.at(-1))],
      [
        3,
        'step while delivering',
        () =>
          this.#together(
            () => this.#step(this.#runs.at(-1)),
            () => this.#deliver(),
          ),
      ],
      [2, 'zombie step', () => this.#step(this.#runs[Math.floor(this.#random() * this.#runs.length)])],
      [1, 'new run', async () => this.#startRun()],
      [1, 'abandon', () => this.#abandon()],
      [1, 'rollback', () => this.#whenDelivered(() => this.family.rollback())],
      [1, 'rollforward', () => this.#whenDelivered(() => this.family.rollforward())],
      [1, 'recover', () => this.family.recover()],
      [1, 'restart', () => this.family.ensure()],
      [1, 'sweep', () => this.family.sweepOrphans()],
    ];
    const [, name, action] = this.#choose(actions);
    const dice = this.#random();
    this.#crash = dice < 0.1 ? 'before' : dice < 0.2 ? 'after' : 'none';
    this.log.push(this.#crash === 'none' ? name : `${name} (crash ${this.#crash})`);
    await this.#tolerate(action);
    this.#crash = 'none';
    await this.#look();
  }

  /** Everything is delivered; then every generation that is written to must equal the source. */
  async settle(): Promise<void> {
    if (this.violations.length > 0) return;
    await this.family.recover();
    while (this.#undelivered.length > 0) await this.#deliver();
    await this.family.sweepOrphans();
    await this.#look();
    const { active, previous, building } = await this.family.status();
    for (const generation of [active, previous]) {
      if (generation) await this.#compare(generation);
    }
    const kept = [active, previous, building].filter((generation) => generation !== null).length;
    const indexes = (await this.#engine.listIndices()).filter(({ meta }) => meta.family === active?.family).length;
    if (indexes > kept) this.violations.push(`${indexes} indexes are left for ${kept} generations`);
  }

  async #compare({ indexName, state }: Generation): Promise<void> {
    const found = new Map(
      (await this.#engine.getMany(indexName, IDS)).map((document) => [document.id, document.version]),
    );
    for (const [id, { version }] of this.#truth) {
      if (found.get(id) === version) continue;
      this.violations.push(`${state} ${indexName} has ${id} at ${found.get(id) ?? 'nothing'} instead of ${version}`);
    }
  }

  /** A reader never meets an error and never sees an older version than before. */
  async #look(): Promise<void> {
    const documents = await this.#engine.getMany(ALIAS, IDS).catch(() => undefined);
    if (!documents) return void this.violations.push('readers meet an error');
    const found = new Map(documents.map(({ id, version }) => [id, version]));
    for (const [id, version] of this.#seen) {
      if ((found.get(id) ?? 0) < version)
        this.violations.push(`${id} steps back from ${version} to ${found.get(id) ?? 'nothing'}`);
    }
    for (const [id, version] of found) this.#seen.set(id, version);
  }

  #change(): void {
    const id = IDS[Math.floor(this.#random() * IDS.length)]!;
    const version = (this.#truth.get(id)?.version ?? 0) + 1;
    const document = this.#random() < 0.4 ? null : { name: `${id} ${version}` };
    const row = { id, version, source: toIndexSource(SCHEMA, { id, version, document }) };
    this.#truth.set(id, row);
    this.#undelivered.push(row);
  }

  async #deliver(): Promise<void> {
    const at = Math.floor(this.#random() * this.#undelivered.length);
    const [row] = this.#undelivered.splice(at, 1);
    if (!row) return;
    try {
      await this.family.writeLive([row]);
      this.#delivered.push(row);
    } catch (error) {
      this.#undelivered.push(row);
      throw error;
    }
  }

  async #deliverAgain(): Promise<void> {
    const row = this.#delivered[Math.floor(this.#random() * this.#delivered.length)];
    if (row) await this.family.writeLive([row]);
  }

  #startRun(): void {
    const fence = this.#runs.length + 1;
    this.#runs.push({ runId: `run-${fence}`, fence, step: 0, read: [] });
  }

  async #step(run: Run | undefined): Promise<void> {
    if (!run || run.step >= 8) return this.#startRun();
    const steps: (() => unknown)[] = [
      async () => {
        run.generation = await this.family.begin(run);
        if (this.#mistake === 'reads before the tap is open') this.#read(run, IDS);
      },
      () => this.family.openTap(run.generation!),
      () => this.#read(run, IDS.slice(0, 2)),
      () => this.family.fill(run.generation!, [run.read.splice(0)]),
      () => this.#read(run, IDS.slice(2)),
      () => this.family.fill(run.generation!, [run.read.splice(0)]),
      () => this.#sealAndVerify(run.generation!),
      () => this.family.swap(run),
    ];
    const { read } = run;
    run.read = [...read];
    try {
      await steps[run.step]!();
      run.step += 1;
    } catch (error) {
      // As an orchestrator would: the same step again, with the same rows.
      run.read = read;
      throw error;
    }
  }

  #read(run: Run, ids: readonly string[]): void {
    if (this.#mistake === 'reads before the tap is open' && run.step > 0) return;
    for (const id of ids) {
      const row = this.#truth.get(id);
      const isTombstone = row?.source.startsWith('{"lockstep"');
      if (row && !(isTombstone && this.#mistake === 'no tombstones')) run.read.push(row);
    }
  }

  /** Without a comparison: what is tested here is that none is needed. */
  async #sealAndVerify(generation: Generation): Promise<void> {
    await this.family.seal(generation);
    const { outcome } = await this.family.verify(generation, {
      bucketSums: () => this.#engine.bucketSums(generation.indexName),
      rowsOfBucket: async () => [],
      sample: async () => [],
    });
    if (outcome === 'held') await this.family.approve(generation, 'the schedule');
  }

  async #abandon(): Promise<void> {
    const building = await this.family.building();
    if (building) await this.family.abandon(building);
  }

  /** Going back is only promised to be seamless when no live message is under way. */
  async #whenDelivered(action: () => Promise<unknown>): Promise<void> {
    if (this.#undelivered.length === 0) await action();
  }

  #choose<T extends readonly [weight: number, ...rest: unknown[]]>(options: readonly T[]): T {
    const lots = options.flatMap((option) => Array.from({ length: option[0] }, () => option));
    return lots[Math.floor(this.#random() * lots.length)]!;
  }

  /** Both end before anything else begins, also when one fails. */
  async #together(...actions: readonly (() => Promise<unknown>)[]): Promise<void> {
    await Promise.all(actions.map((action) => this.#tolerate(action)));
  }

  async #tolerate(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof Error && EXPECTED.has(error.name))) throw error;
    }
  }

  /** Fails one write, alias move or deletion, before or after it happened, when told to. */
  #crashing(engine: SearchEngine): SearchEngine {
    const crashable = new Set(['bulk', 'swapAliases', 'deleteIndex', 'createIndex']);
    const fail = (moment: 'before' | 'after') => {
      if (this.#crash !== moment || this.#random() < 0.4) return;
      this.#crash = 'none';
      throw new SearchUnavailableError(`crash ${moment}`);
    };
    return new Proxy(engine, {
      get: (target, name) => {
        const method = target[name as keyof SearchEngine].bind(target) as (...args: unknown[]) => Promise<unknown>;
        if (!crashable.has(String(name))) return method;
        return async (...args: unknown[]) => {
          fail('before');
          const result = await method(...args);
          fail('after');
          return result;
        };
      },
    });
  }
}
