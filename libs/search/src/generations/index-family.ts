import { inTransaction } from '@lockstep/database';
import type { DataSource, EntityManager } from 'typeorm';
import type { BucketSum, SearchEngine } from '../engine/search-engine.js';
import { SearchUnavailableError } from '../engine/search-errors.js';
import type { FieldDefinitions, IndexSchema } from '../schema/index-schema.js';
import type { AliasDefinition } from './alias-moves.js';
import {
  type FamilyRow,
  type FamilyStatus,
  FamilyStore,
  type Generation,
  indexNameOf,
  type RebuildReason,
  type RunGeneration,
} from './family.store.js';
import { type FillOptions, type FillResult, fillIndex, type IndexRow } from './fill-index.js';
import { asItIs, fitTo, type RowFit } from './fit-rows.js';
import { GenerationNotFoundError, NoPreviousGenerationError, StaleFenceError } from './generation-errors.js';
import { exceedsLoss, toPercent } from './judge-counts.js';
import { ShownGeneration } from './shown-generation.js';
import {
  type Authority,
  findStructuralProblems,
  type VerificationReport,
  verifyGeneration,
} from './verify-generation.js';
import { type LiveResult, writeToTargets } from './write-live.js';

/** An index family: what it is called, what it holds, and where its state and its indexes are kept. */
export interface IndexFamilyOptions {
  /** Lower-case words joined by `-`, each beginning with a letter; part of the index names. */
  readonly name: string;
  readonly schema: IndexSchema;
  /** At least one. Readers use these and nothing else. */
  readonly aliases: readonly AliasDefinition[];
  /** On the service's own schema, with `searchMigrations` run. */
  readonly dataSource: DataSource;
  readonly engine: SearchEngine;
}

/** Which run asks; a newer run has a larger fence. */
export interface RunFence {
  readonly runId: string;
  /** A safe integer from 1. */
  readonly fence: number;
}

/**
 * The life of an index: generations of it are built beside the one being read, compared with the database, and swapped in
 * for all readers in one step. At most three exist: active, previous and building.
 *
 * PostgreSQL says which generation has which part and which are written to; the aliases say what readers see, and after a
 * crash between the two they are right. Every step may be repeated; the states and the order stand in this folder's README.
 */
export class IndexFamily {
  readonly #options: IndexFamilyOptions;
  readonly #store: FamilyStore;
  readonly #shown: ShownGeneration;

  constructor(options: IndexFamilyOptions) {
    if (!/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(options.name)) {
      throw new Error(`'${options.name}' cannot be the name of an index family.`);
    }
    if (options.aliases.length === 0) throw new Error(`The index family ${options.name} needs an alias to be read by.`);
    this.#options = options;
    this.#store = new FamilyStore(options.name);
    this.#shown = new ShownGeneration(options, this.#store);
  }

  /**
   * Call when a service starts, in every replica: makes the family and a first, empty generation so that readers never meet
   * an error, and puts lost or changed aliases right. When the engine has lost the active index, falls back to the previous
   * generation, else begins empty again.
   * @throws ForeignIndexError when an alias shows an index of another installation
   */
  async ensure(): Promise<void> {
    const retired = await this.#exclusively(async (manager) => {
      await this.#store.insertOnce(manager);
      const indexes = await this.#options.engine.listIndices();
      await this.#shown.refuseForeign(await this.#store.load(manager), indexes);
      const ended = await this.#shown.follow(manager);
      await this.#shown.replaceLost(manager, indexes);
      await this.#shown.healWithFilters(manager);
      return ended;
    });
    await this.#deleteRetired(retired);
  }

  /**
   * {@link ensure} when the aliases show nothing, because the engine has lost the index since. Cheap enough for every few
   * seconds: nothing else would notice while nobody writes. @throws SearchUnavailableError
   */
  async ensureShown(): Promise<void> {
    if (!(await this.#shown.showsSomething())) await this.ensure();
  }

  /**
   * Begins, or finds again, the generation of a run. A generation of an older run that was still being built is abandoned.
   * @throws StaleFenceError when a newer run has begun
   */
  async begin({ runId, fence }: RunFence): Promise<RunGeneration> {
    await this.recover();
    const { generation, abandoned } = await this.#exclusively((manager) => this.#claim(manager, { runId, fence }));
    if (abandoned) await this.#options.engine.deleteIndex(abandoned.indexName);
    if (generation.state !== 'creating') return generation;
    const meta = this.#shown.metaOf(generation, (await this.#load()).installation);
    const making = this.#options.engine.createIndex(generation.indexName, this.#options.schema, meta);
    const structure = await making.catch(async (error: unknown) => {
      // A newer run may have abandoned the generation, and removed the index while the engine still made it.
      this.#checkBuilding(await this.#load(), generation);
      throw error;
    });
    return this.#onBuilding(generation, async (manager) => {
      await this.#store.setStructure(manager, generation.number, structure);
      await this.#store.advance(manager, generation.number, 'created');
      return { ...(await this.#store.generation(manager, generation.number)), runId };
    });
  }

  /**
   * From here every live write goes to this generation too. Before the first row for `fill` is read: a change that is
   * committed between the reading and the opening would be lost.
   * @throws StaleFenceError
   */
  async openTap(generation: Generation): Promise<void> {
    await this.#onBuilding(generation, async (manager, family) => {
      const writeTargets = [...new Set([...family.writeTargets, generation.number])];
      await this.#store.update(manager, { writeTargets });
    });
  }

  /**
   * Writes all rows of the source, tombstones included, beside the live writes. See {@link fillIndex} for what it promises.
   * @throws StaleFenceError, GenerationGoneError, SearchUnavailableError
   */
  async fill(
    generation: Generation,
    pages: AsyncIterable<readonly IndexRow[]> | Iterable<readonly IndexRow[]>,
    options: FillOptions = {},
  ): Promise<FillResult> {
    const family = await this.#load();
    this.#checkBuilding(family, generation);
    if (!family.writeTargets.includes(generation.number)) {
      throw new Error(`${generation.indexName} misses live writes: open its tap before filling it.`);
    }
    return fillIndex(this.#options.engine, generation.indexName, pages, options);
  }

  /** Makes what was filled searchable and refreshes it from now on. @throws StaleFenceError */
  async seal(generation: Generation): Promise<void> {
    this.#checkBuilding(await this.#load(), generation);
    await this.#options.engine.finishFill(generation.indexName);
    await this.#onBuilding(generation, (manager) => this.#store.advance(manager, generation.number, 'sealed'));
  }

  /**
   * Compares a sealed generation with the database and heals what differs. `ready` may be swapped; `held` waits for
   * {@link approve}; `failed` can be verified again or abandoned.
   * @throws StaleFenceError, IllegalTransitionError
   */
  async verify(generation: Generation, authority: Authority): Promise<VerificationReport> {
    const family = await this.#load();
    this.#checkBuilding(family, generation);
    const current = await this.#generation(generation.number);
    const indexes = await this.#options.engine.listIndices();
    const report = await verifyGeneration({
      engine: this.#options.engine,
      schema: this.#options.schema,
      index: current.indexName,
      structuralProblems: findStructuralProblems(
        indexes.find(({ name }) => name === current.indexName),
        { meta: this.#shown.metaOf(current, family.installation), structure: current.structure },
        this.#options.schema,
      ),
      formerIndex: await this.#comparableIndex(family),
      aliases: this.#options.aliases,
      authority,
      heal: async (rows) => (await fillIndex(this.#options.engine, current.indexName, [rows])).rejected,
      fit: asItIs,
      isApproved: current.approvedBy !== null,
    });
    await this.#onBuilding(generation, async (manager) => {
      await this.#store.setVerification(manager, generation.number, report);
      await this.#store.advance(manager, generation.number, EVENT_OF_OUTCOME[report.outcome]);
    });
    return report;
  }

  /**
   * Compares the generation that readers see with the database at any time, and writes what differs to every generation
   * that is written to. Answers `ready` or `failed`, and changes no state. Where the database has over 5 % fewer documents
   * than readers see, nothing is written: only a run can show that, once somebody has approved it.
   * @throws SearchUnavailableError
   */
  async check(authority: Authority): Promise<VerificationReport> {
    const { engine, schema, aliases } = this.#options;
    const number = (await this.#load()).active ?? 0;
    const index = this.#indexName(number);
    const otherFields = await this.#store.otherFields(this.#options.dataSource.manager, [number], schema);
    const fit = fitOf(otherFields.get(number));
    const heal = async (rows: readonly IndexRow[]) => (await this.writeLive(rows)).rejected;
    await engine.refresh(index);
    const structuralProblems = findLoss(await engine.bucketSums(index), await authority.bucketSums());
    const current = { index, structuralProblems, formerIndex: null, isApproved: true };
    return verifyGeneration({ engine, schema, aliases, authority, heal, fit, ...current });
  }

  /** Lets a held generation pass, on somebody's word. @throws StaleFenceError, IllegalTransitionError */
  async approve(generation: Generation, by: string): Promise<void> {
    await this.#onBuilding(generation, async (manager) => {
      await this.#store.advance(manager, generation.number, 'approved');
      await this.#store.setApproval(manager, generation.number, by);
    });
  }

  /**
   * Shows a run's verified generation to all readers, in one step. The one shown until now becomes the previous, the one
   * before is removed. Repeating it after it happened changes nothing.
   * @throws StaleFenceError, IllegalTransitionError, GenerationNotFoundError
   * @throws AliasConflictError when somebody else moved the aliases
   */
  async swap({ runId, fence }: RunFence): Promise<Generation> {
    await this.recover();
    const generation = await this.generationOf(runId);
    if (generation.state === 'active' || generation.state === 'previous') return generation;
    if (generation.fence !== fence) throw new StaleFenceError(`${generation.indexName} belongs to another fence.`);
    // The intent is committed before readers are moved, so that recover() knows what a crash interrupted.
    await this.#onBuilding(generation, (manager) => this.#store.advance(manager, generation.number, 'swapBegun'));
    const retired = await this.#onBuilding(generation, async (manager, family) => {
      await this.#shown.show(family, generation);
      return this.#shown.promote(manager, family, generation.number);
    });
    await this.#deleteRetired(retired);
    return this.#generation(generation.number);
  }

  /** Shows readers the previous generation again. @throws NoPreviousGenerationError, AliasConflictError */
  async rollback(): Promise<Generation> {
    return this.#exchange((active, previous) => previous < active);
  }

  /** Undoes a {@link rollback}. @throws NoPreviousGenerationError, AliasConflictError */
  async rollforward(): Promise<Generation> {
    return this.#exchange((active, previous) => previous > active);
  }

  /**
   * Finishes what a crash interrupted between PostgreSQL and the aliases, and puts lost aliases right. Harmless at any time.
   */
  async recover(): Promise<void> {
    const retired = await this.#exclusively(async (manager) => {
      const ended = await this.#shown.follow(manager);
      await this.#shown.heal(manager);
      return ended;
    });
    await this.#deleteRetired(retired);
  }

  /** Ends a generation that is not shown and removes its index; the next run begins at once. */
  async abandon(generation: Generation): Promise<void> {
    await this.recover();
    await this.#exclusively(async (manager) => {
      const family = await this.#store.load(manager);
      const current = await this.#store.generation(manager, generation.number);
      if (current.state === 'abandoned') return;
      await this.#store.advance(manager, current.number, 'abandoned');
      await this.#store.update(manager, {
        building: family.building === generation.number ? null : family.building,
        writeTargets: family.writeTargets.filter((number) => number !== generation.number),
      });
    });
    await this.#options.engine.deleteIndex(generation.indexName);
  }

  /**
   * Writes changes to every generation that is written to, the one being read last, so that readers never step back when
   * another takes its place. A generation that was made from another schema gets what fits its own fields; its rebuild is
   * asked for ({@link status}). Call it after the change is committed, and acknowledge after it: repeating it is harmless.
   * @throws SearchUnavailableError when any of it could not be written anywhere it belongs
   */
  async writeLive(rows: readonly IndexRow[]): Promise<LiveResult> {
    const result = await inTransaction(this.#options.dataSource, async (manager) => {
      await this.#store.lock(manager, 'shared');
      const { writeTargets, active } = await this.#store.load(manager);
      const numbers = [...writeTargets.filter((number) => number !== active), active ?? 0];
      const otherFields = await this.#store.otherFields(manager, numbers, this.#options.schema);
      const targets = numbers.map((number) => ({
        index: this.#indexName(number),
        fit: fitOf(otherFields.get(number)),
      }));
      return writeToTargets(this.#options.engine, targets, rows);
    });
    if (result !== 'activeMissing') return result;
    // The engine lost the index: a new one is made, and the caller, who keeps its rows, comes again.
    await this.ensure();
    throw new SearchUnavailableError(`The active index of ${this.#options.name} was lost and has been made anew.`);
  }

  /**
   * Forgets documents up to a version in every generation that is written to: tombstones of what nobody writes any more.
   * What is newer stays. An index that is gone is passed over.
   * @throws SearchUnavailableError when some could not be forgotten somewhere
   */
  async forget(keys: readonly Pick<IndexRow, 'id' | 'version'>[]): Promise<void> {
    await inTransaction(this.#options.dataSource, async (manager) => {
      await this.#store.lock(manager, 'shared');
      for (const number of (await this.#store.load(manager)).writeTargets) {
        const index = this.#indexName(number);
        const outcomes = await this.#options.engine.forget(keys.map(({ id, version }) => ({ index, id, version })));
        const failed = outcomes.find((outcome) => 'reason' in outcome);
        if (failed) throw new SearchUnavailableError(`${index}: ${failed.reason}`);
      }
    });
  }

  /** Removes indexes of this family and installation that no generation owns any more; answers their names. */
  async sweepOrphans(): Promise<string[]> {
    const orphans = await this.#exclusively(async (manager) => {
      const family = await this.#store.load(manager);
      const owned = [family.active, family.previous, family.building];
      return (await this.#options.engine.listIndices()).filter(
        ({ meta, aliases }) =>
          meta.family === this.#options.name &&
          meta.installation === family.installation &&
          !owned.includes(meta.generation) &&
          aliases.length === 0,
      );
    });
    for (const { name } of orphans) await this.#options.engine.deleteIndex(name);
    return orphans.map(({ name }) => name);
  }

  /** What there is. */
  async status(): Promise<FamilyStatus> {
    const family = await this.#load();
    const get = (number: number | null) => (number === null ? null : this.#generation(number));
    const active = await get(family.active);
    return {
      name: this.#options.name,
      active,
      previous: await get(family.previous),
      building: await get(family.building),
      fence: family.fence,
      writeTargets: family.writeTargets.map((number) => this.#indexName(number)),
      rebuildReason: this.#rebuildReasonOf(active),
    };
  }

  #rebuildReasonOf(active: Generation | null): RebuildReason | null {
    if (active?.afterLoss) return 'afterLoss';
    return active && active.schemaHash !== this.#options.schema.hash ? 'otherSchema' : null;
  }

  /** The generation being built, whatever its state, or null. */
  async building(): Promise<RunGeneration | null> {
    return ((await this.status()).building as RunGeneration | null) ?? null;
  }

  /** The run's generation, unless it has ended. @throws GenerationNotFoundError */
  async generationOf(runId: string): Promise<RunGeneration> {
    const found = await this.#store.generationOfRun(this.#options.dataSource.manager, runId);
    if (!found) throw new GenerationNotFoundError(`Run ${runId} has no generation of ${this.#options.name}.`);
    return found;
  }

  /** Gives the run the building place; `abandoned` is the generation that had to leave it. */
  async #claim(
    manager: EntityManager,
    { runId, fence }: RunFence,
  ): Promise<{ generation: RunGeneration; abandoned: Generation | null }> {
    const family = await this.#store.load(manager);
    if (fence < family.fence) {
      throw new StaleFenceError(`${this.#options.name} is at fence ${family.fence}, not ${fence}.`);
    }
    const own = await this.#store.generationOfRun(manager, runId);
    if (own) return { generation: own, abandoned: null };
    const former = family.building === null ? null : await this.#store.generation(manager, family.building);
    if (former && former.fence >= fence) throw new StaleFenceError(`${former.indexName} is being built at this fence.`);
    if (former) await this.#store.advance(manager, former.number, 'abandoned');
    const number = family.lastGeneration + 1;
    const claim = { number, runId, fence, afterLoss: false };
    const generation = await this.#store.insertGeneration(manager, claim, this.#options.schema);
    const writeTargets = family.writeTargets.filter((target) => target !== former?.number);
    await this.#store.update(manager, { building: number, lastGeneration: number, fence, writeTargets });
    return { generation: { ...generation, runId }, abandoned: former };
  }

  async #exchange(isAllowed: (active: number, previous: number) => boolean): Promise<Generation> {
    await this.recover();
    return this.#exclusively(async (manager) => {
      const family = await this.#store.load(manager);
      const { active, previous } = family;
      if (active === null || previous === null || !isAllowed(active, previous)) {
        throw new NoPreviousGenerationError(`${this.#options.name} has no generation on that side.`);
      }
      await this.#shown.show(family, await this.#store.generation(manager, previous));
      await this.#shown.exchange(manager, active, previous);
      return this.#store.generation(manager, previous);
    });
  }

  /** A first, empty generation holds a few live changes at most: its counts prove nothing. */
  async #comparableIndex({ active }: FamilyRow): Promise<string | null> {
    if (active === null) return null;
    const { runId, indexName } = await this.#generation(active);
    return runId === null ? null : indexName;
  }

  /** Runs a step of a build alone, if the build is still the current one. */
  #onBuilding<T>(generation: Generation, step: (manager: EntityManager, family: FamilyRow) => Promise<T>): Promise<T> {
    return this.#exclusively(async (manager) => {
      const family = await this.#store.load(manager);
      this.#checkBuilding(family, generation);
      return step(manager, family);
    });
  }

  #checkBuilding(family: FamilyRow, { number, fence, indexName }: Generation): void {
    if (family.building === number && family.fence === fence) return;
    throw new StaleFenceError(
      `${indexName} is no longer being built: ${this.#options.name} is at fence ${family.fence}.`,
    );
  }

  #exclusively<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return inTransaction(this.#options.dataSource, async (manager) => {
      await this.#store.lock(manager, 'exclusive');
      return work(manager);
    });
  }

  #load(): Promise<FamilyRow> {
    return this.#store.load(this.#options.dataSource.manager);
  }

  #generation(number: number): Promise<Generation> {
    return this.#store.generation(this.#options.dataSource.manager, number);
  }

  #indexName(number: number): string {
    return indexNameOf(this.#options.name, number);
  }

  async #deleteRetired(number: number | null): Promise<void> {
    if (number !== null) await this.#options.engine.deleteIndex(this.#indexName(number));
  }
}

function fitOf(otherFields: FieldDefinitions | undefined): RowFit {
  return otherFields === undefined ? asItIs : fitTo(otherFields);
}

/** Why the database cannot be what readers should see. Sums may come as text from the database. */
function findLoss(shown: readonly BucketSum[], stored: readonly BucketSum[]): string[] {
  const [formerLive, live] = [shown, stored].map((sums) => sums.reduce((sum, bucket) => sum + Number(bucket.live), 0));
  if (!exceedsLoss(formerLive!, live!)) return [];
  const change = toPercent((live! - formerLive!) / formerLive!);
  return [`${formerLive} documents are served and the database has ${live} (${change}): nothing was written.`];
}

const EVENT_OF_OUTCOME = { ready: 'verified', held: 'heldBack', failed: 'mismatched' } as const;
