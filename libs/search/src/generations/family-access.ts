import { inTransaction } from '@lockstep/database';
import type { DataSource, EntityManager } from 'typeorm';
import type { SearchEngine } from '../engine/search-engine.js';
import type { IndexSchema } from '../schema/index-schema.js';
import type { AliasDefinition } from './alias-moves.js';
import { type FamilyRow, FamilyStore, type Generation, indexNameOf } from './family.store.js';
import { StaleFenceError } from './generation-errors.js';

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

/** How the steps of a family reach its rows: whoever changes them alone, and a build only while it is still the current one. */
export class FamilyAccess {
  readonly store: FamilyStore;

  constructor(readonly options: IndexFamilyOptions) {
    this.store = new FamilyStore(options.name);
  }

  /** Runs a step of a build alone, if the build is still the current one. @throws StaleFenceError */
  onBuilding<T>(generation: Generation, step: (manager: EntityManager, family: FamilyRow) => Promise<T>): Promise<T> {
    return this.exclusively(async (manager) => {
      const family = await this.store.load(manager);
      this.checkBuilding(family, generation);
      return step(manager, family);
    });
  }

  /** @throws StaleFenceError when the build is not the current one any more */
  checkBuilding(family: FamilyRow, { number, fence, indexName }: Generation): void {
    if (family.building === number && family.fence === fence) return;
    throw new StaleFenceError(
      `${indexName} is no longer being built: ${this.options.name} is at fence ${family.fence}.`,
    );
  }

  exclusively<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return inTransaction(this.options.dataSource, async (manager) => {
      await this.store.lock(manager, 'exclusive');
      return work(manager);
    });
  }

  load(): Promise<FamilyRow> {
    return this.store.load(this.options.dataSource.manager);
  }

  generation(number: number): Promise<Generation> {
    return this.store.generation(this.options.dataSource.manager, number);
  }

  indexName(number: number): string {
    return indexNameOf(this.options.name, number);
  }

  async deleteRetired(number: number | null): Promise<void> {
    if (number !== null) await this.options.engine.deleteIndex(this.indexName(number));
  }
}
