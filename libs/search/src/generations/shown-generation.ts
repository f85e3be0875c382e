import type { EntityManager } from 'typeorm';
import type { IndexInfo, IndexMeta, SearchEngine } from '../engine/search-engine.js';
import type { IndexSchema } from '../schema/index-schema.js';
import { type AliasDefinition, type AliasTargets, astray, indexShown, movesTo } from './alias-moves.js';
import { type FamilyRow, type FamilyStore, type Generation, indexNameOf } from './family.store.js';
import { AliasConflictError, ForeignIndexError } from './generation-errors.js';

/** What readers see of a family. */
interface Shown {
  readonly name: string;
  readonly schema: IndexSchema;
  readonly aliases: readonly AliasDefinition[];
  readonly engine: SearchEngine;
}

/**
 * Keeps what readers see, the aliases, and what PostgreSQL says they see in agreement. Every method works in the caller's
 * transaction, which holds the family exclusively.
 */
export class ShownGeneration {
  constructor(
    private readonly shown: Shown,
    private readonly store: FamilyStore,
  ) {}

  /**
   * Moves all aliases from the active generation to this one in one step.
   * @throws AliasConflictError when one of them shows something else
   */
  async show(family: FamilyRow, generation: Generation): Promise<void> {
    const { aliases, name } = this.shown;
    const targets = await this.#targets();
    const active = family.active === null ? null : indexNameOf(name, family.active);
    const isAsExpected = [...targets.values()].flat().every((index) => index === active);
    if (isAsExpected && (await this.#isMoved(aliases, targets, generation.indexName))) return;
    throw new AliasConflictError(`The aliases of ${name} were moved by somebody else.`);
  }

  /** Records that readers see the generation that was built; answers the number of the one that nobody needs any more. */
  async promote(manager: EntityManager, family: FamilyRow, number: number): Promise<number | null> {
    await this.store.advance(manager, number, 'swapped');
    if (family.active !== null) await this.store.advance(manager, family.active, 'superseded');
    if (family.previous !== null) await this.store.advance(manager, family.previous, 'retired');
    const writeTargets = [family.active, number].filter((target) => target !== null);
    await this.store.update(manager, { active: number, previous: family.active, building: null, writeTargets });
    return family.previous;
  }

  /** Records that readers see the previous generation and that the active one is now the previous. */
  async exchange(manager: EntityManager, active: number, previous: number): Promise<void> {
    await this.store.advance(manager, active, 'superseded');
    await this.store.advance(manager, previous, 'reinstated');
    await this.store.update(manager, { active: previous, previous: active });
  }

  /**
   * After a crash between the two, what readers see is right: records it. Answers the number of a generation that this
   * retired.
   */
  async follow(manager: EntityManager): Promise<number | null> {
    const family = await this.store.load(manager);
    const shown = indexShown(await this.#targets());
    const building = family.building === null ? null : await this.store.generation(manager, family.building);
    if (building?.state === 'swapping') {
      if (shown === building.indexName) return this.promote(manager, family, building.number);
      await this.store.advance(manager, building.number, 'swapUndone');
    }
    const { active, previous } = family;
    if (active !== null && previous !== null && shown === indexNameOf(this.shown.name, previous)) {
      await this.exchange(manager, active, previous);
    }
    return null;
  }

  /** True when every alias shows an index, whichever. */
  async showsSomething(): Promise<boolean> {
    return [...(await this.#targets()).values()].every((indexes) => indexes.length > 0);
  }

  /** Brings aliases that are lost or point elsewhere back to the active generation. */
  async heal(manager: EntityManager): Promise<void> {
    const active = await this.#active(manager);
    if (active) await this.#point(active, (targets) => astray(this.shown.aliases, targets, active.indexName));
  }

  /** {@link heal}, and states the filters again: those of an active generation of the same schema may have changed. */
  async healWithFilters(manager: EntityManager): Promise<void> {
    const active = await this.#active(manager);
    if (active?.schemaHash !== this.shown.schema.hash) await this.heal(manager);
    else await this.#point(active, () => this.shown.aliases);
  }

  /** When the engine does not have the active index: the previous one takes its place, or a new and empty one. */
  async replaceLost(manager: EntityManager, indexes: readonly IndexInfo[]): Promise<void> {
    const family = await this.store.load(manager);
    const { active, previous, building } = family;
    const exists = (number: number | null) =>
      number !== null && indexes.some((index) => index.name === indexNameOf(this.shown.name, number));
    if (exists(active)) return;
    if (active !== null) await this.store.advance(manager, active, 'retired');
    if (previous !== null) await this.store.advance(manager, previous, exists(previous) ? 'reinstated' : 'retired');
    const number = exists(previous) ? previous! : await this.#found(manager, family, indexes);
    const writeTargets = [...family.writeTargets.filter((target) => target === building), number];
    await this.store.update(manager, { active: number, previous: null, writeTargets });
  }

  /** @throws ForeignIndexError when an alias shows an index that is not of this family and installation. */
  async refuseForeign({ installation }: FamilyRow, indexes: readonly IndexInfo[]): Promise<void> {
    const { name } = this.shown;
    const foreign = [...(await this.#targets()).values()].flat().find((index) => {
      const meta = indexes.find((info) => info.name === index)?.meta;
      return meta?.installation !== installation || meta.family !== name;
    });
    if (foreign === undefined) return;
    throw new ForeignIndexError(
      `The aliases of ${name} show ${foreign}, which another installation made: use another index prefix, or delete that index if nobody needs it.`,
    );
  }

  /** What is written into the index of a generation. */
  metaOf({ number, fence, runId, schemaHash }: Generation, installation: string): IndexMeta {
    return { family: this.shown.name, generation: number, fence, runId, installation, schemaHash };
  }

  /** Makes an empty generation that can be read at once. */
  async #found(manager: EntityManager, family: FamilyRow, indexes: readonly IndexInfo[]): Promise<number> {
    const { engine, schema, name } = this.shown;
    // Beyond every index there is: one with the next number may be left from a crash or from before a restored backup.
    const taken = indexes.filter(({ meta }) => meta.family === name).map(({ meta }) => meta.generation);
    const number = Math.max(family.lastGeneration, ...taken) + 1;
    const claim = { number, runId: null, fence: family.fence, afterLoss: family.active !== null };
    const generation = await this.store.insertGeneration(manager, claim, schema);
    const meta = this.metaOf(generation, family.installation);
    await this.store.setStructure(manager, number, await engine.createIndex(generation.indexName, schema, meta));
    await engine.finishFill(generation.indexName);
    await this.store.advance(manager, number, 'founded');
    await this.store.update(manager, { lastGeneration: number });
    return number;
  }

  async #active(manager: EntityManager): Promise<Generation | undefined> {
    const { active } = await this.store.load(manager);
    return active === null ? undefined : this.store.generation(manager, active);
  }

  async #point(
    { indexName }: Generation,
    choose: (targets: AliasTargets) => readonly AliasDefinition[],
  ): Promise<void> {
    const targets = await this.#targets();
    const aliases = choose(targets);
    if (aliases.length === 0 || (await this.#isMoved(aliases, targets, indexName))) return;
    throw new AliasConflictError(`${indexName} cannot be shown: it or its aliases are gone.`);
  }

  /** Moves the aliases in one step, unless somebody else moves them at the same time. */
  async #isMoved(aliases: readonly AliasDefinition[], targets: AliasTargets, indexName: string): Promise<boolean> {
    const { engine, schema } = this.shown;
    const outcome = await engine.swapAliases(schema, movesTo(aliases, targets, indexName));
    // A client whose answer was lost asks again, and finds that they are no longer where they were.
    return outcome === 'swapped' || astray(aliases, await this.#targets(), indexName).length === 0;
  }

  async #targets(): Promise<AliasTargets> {
    const { aliases, engine } = this.shown;
    const targets = aliases.map(async ({ name }) => [name, await engine.aliasTargets(name)] as const);
    return new Map(await Promise.all(targets));
  }
}
