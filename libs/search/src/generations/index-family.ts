import { SearchUnavailableError } from '../engine/search-errors.js';
import { claimGeneration, type RunFence } from './claim-generation.js';
import { checkShown, verifyBuilding } from './compare-family.js';
import type { FamilyStatus, FamilyStore, Generation, RebuildReason, RunGeneration } from './family.store.js';
import { FamilyAccess, type IndexFamilyOptions } from './family-access.js';
import { type FillOptions, type FillResult, fillIndex, type IndexRow } from './fill-index.js';
import { GenerationNotFoundError, NoPreviousGenerationError, StaleFenceError } from './generation-errors.js';
import { ShownGeneration } from './shown-generation.js';
import { sweepOrphans } from './sweep-orphans.js';
import type { Authority, VerificationReport } from './verify-generation.js';
import { type DocumentKey, forgetInFamily, type LiveResult, writeToFamily } from './write-live.js';

/**
 * The life of an index: generations of it are built beside the one being read, compared with the database, and swapped in
 * for all readers in one step. At most three exist: active, previous and building.
 *
 * PostgreSQL says which generation has which part and which are written to; the aliases say what readers see, and after a
 * crash between the two they are right. Every step may be repeated; the states and the order stand in this folder's README.
 */
export class IndexFamily {
  readonly #options: IndexFamilyOptions;
  readonly #access: FamilyAccess;
  readonly #store: FamilyStore;
  readonly #shown: ShownGeneration;
  #ensured: Promise<void> | undefined;

  constructor(options: IndexFamilyOptions) {
    if (!/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(options.name)) {
      throw new Error(`'${options.name}' cannot be the name of an index family.`);
    }
    if (options.aliases.length === 0) throw new Error(`The index family ${options.name} needs an alias to be read by.`);
    this.#options = options;
    this.#access = new FamilyAccess(options);
    this.#store = this.#access.store;
    this.#shown = new ShownGeneration(options, this.#store);
  }

  /**
   * Call when a service starts, in every replica: makes the family and a first, empty generation so that readers never meet
   * an error, and puts lost or changed aliases right. When the engine has lost the active index, falls back to the previous
   * generation, else begins empty again.
   * @throws ForeignIndexError when an alias shows an index of another installation
   */
  async ensure(): Promise<void> {
    const retired = await this.#access.exclusively(async (manager) => {
      await this.#store.insertOnce(manager);
      const indexes = await this.#options.engine.listIndices();
      await this.#shown.refuseForeign(await this.#store.load(manager), indexes);
      const ended = await this.#shown.follow(manager);
      await this.#shown.replaceLost(manager, indexes);
      await this.#shown.healWithFilters(manager);
      return ended;
    });
    await this.#access.deleteRetired(retired);
  }

  /**
   * The family after its first {@link ensure}: for services that are to start although their search engine is away. Asked
   * again after a failure it tries again. @throws ForeignIndexError, SearchUnavailableError
   */
  async ready(): Promise<this> {
    this.#ensured ??= this.ensure();
    try {
      await this.#ensured;
    } catch (error) {
      this.#ensured = undefined;
      throw error;
    }
    return this;
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
    const { generation, abandoned } = await this.#access.exclusively((manager) =>
      claimGeneration(this.#access, manager, { runId, fence }),
    );
    if (abandoned) await this.#options.engine.deleteIndex(abandoned.indexName);
    if (generation.state !== 'creating') return generation;
    const meta = this.#shown.metaOf(generation, (await this.#access.load()).installation);
    const making = this.#options.engine.createIndex(generation.indexName, this.#options.schema, meta);
    const structure = await making.catch(async (error: unknown) => {
      // A newer run may have abandoned the generation, and removed the index while the engine still made it.
      this.#access.checkBuilding(await this.#access.load(), generation);
      throw error;
    });
    return this.#access.onBuilding(generation, async (manager) => {
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
    await this.#access.onBuilding(generation, async (manager, family) => {
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
    const family = await this.#access.load();
    this.#access.checkBuilding(family, generation);
    if (!family.writeTargets.includes(generation.number)) {
      throw new Error(`${generation.indexName} misses live writes: open its tap before filling it.`);
    }
    return fillIndex(this.#options.engine, generation.indexName, pages, options);
  }

  /** Makes what was filled searchable and refreshes it from now on. @throws StaleFenceError */
  async seal(generation: Generation): Promise<void> {
    this.#access.checkBuilding(await this.#access.load(), generation);
    await this.#options.engine.finishFill(generation.indexName);
    await this.#access.onBuilding(generation, (manager) => this.#store.advance(manager, generation.number, 'sealed'));
  }

  /**
   * Compares a sealed generation with the database and heals what differs. `ready` may be swapped; `held` waits for
   * {@link approve}; `failed` can be verified again or abandoned.
   * @throws StaleFenceError, IllegalTransitionError
   */
  verify(generation: Generation, authority: Authority): Promise<VerificationReport> {
    return verifyBuilding(this.#access, this.#shown, generation, authority);
  }

  /**
   * Compares the generation that readers see with the database at any time, and writes what differs to every generation
   * that is written to. Answers `ready` or `failed`, and changes no state. Where the database has over 5 % fewer documents
   * than readers see, nothing is written: only a run can show that, once somebody has approved it.
   * @throws SearchUnavailableError
   */
  check(authority: Authority): Promise<VerificationReport> {
    return checkShown(this.#access, authority, (rows) => this.writeLive(rows));
  }

  /** Lets a held generation pass, on somebody's word. @throws StaleFenceError, IllegalTransitionError */
  async approve(generation: Generation, by: string): Promise<void> {
    await this.#access.onBuilding(generation, async (manager) => {
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
    await this.#access.onBuilding(generation, (manager) =>
      this.#store.advance(manager, generation.number, 'swapBegun'),
    );
    const retired = await this.#access.onBuilding(generation, async (manager, family) => {
      await this.#shown.show(family, generation);
      return this.#shown.promote(manager, family, generation.number);
    });
    await this.#access.deleteRetired(retired);
    return this.#access.generation(generation.number);
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
    const retired = await this.#access.exclusively(async (manager) => {
      const ended = await this.#shown.follow(manager);
      await this.#shown.heal(manager);
      return ended;
    });
    await this.#access.deleteRetired(retired);
  }

  /** Ends a generation that is not shown and removes its index; the next run begins at once. */
  async abandon(generation: Generation): Promise<void> {
    await this.recover();
    await this.#access.exclusively(async (manager) => {
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
    const result = await writeToFamily(this.#access, rows);
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
  forget(keys: readonly DocumentKey[]): Promise<void> {
    return forgetInFamily(this.#access, keys);
  }

  /** Removes indexes of this family and installation that no generation owns any more; answers their names. */
  sweepOrphans(): Promise<string[]> {
    return sweepOrphans(this.#access);
  }

  /** What there is. */
  async status(): Promise<FamilyStatus> {
    const family = await this.#access.load();
    const get = (number: number | null) => (number === null ? null : this.#access.generation(number));
    const active = await get(family.active);
    return {
      name: this.#options.name,
      active,
      previous: await get(family.previous),
      building: await get(family.building),
      fence: family.fence,
      writeTargets: family.writeTargets.map((number) => this.#access.indexName(number)),
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

  async #exchange(isAllowed: (active: number, previous: number) => boolean): Promise<Generation> {
    await this.recover();
    return this.#access.exclusively(async (manager) => {
      const family = await this.#store.load(manager);
      const { active, previous } = family;
      if (active === null || previous === null || !isAllowed(active, previous)) {
        throw new NoPreviousGenerationError(`There is no generation of ${this.#options.name} to show instead.`);
      }
      await this.#shown.show(family, await this.#store.generation(manager, previous));
      await this.#shown.exchange(manager, active, previous);
      return this.#store.generation(manager, previous);
    });
  }
}
