import { Injectable } from '@nestjs/common';
import { ReturnsConfig } from '../../returns.config.js';
import { ReturnFamily } from '../return-family.js';
import { TombstonesStore } from './tombstones.store.js';

const BATCH_SIZE = 1_000;

/** Keeps the indexes from filling with what is gone. */
@Injectable()
export class Tombstones {
  constructor(
    private readonly config: ReturnsConfig,
    private readonly family: ReturnFamily,
    private readonly store: TombstonesStore,
  ) {}

  /**
   * Has every index that is written to forget the tombstones that nobody can be late with any more; answers how many. Not while
   * another index is being filled, which gets them all: then later. May be done again after a crash, and by several at once.
   * @throws SearchUnavailableError
   */
  async forgetOutdated(): Promise<number> {
    for (let forgotten = 0; ; ) {
      const outdated = await this.store.outdated(this.config.changesDays, BATCH_SIZE);
      if (outdated.length === 0) return forgotten;
      const family = await this.family.ready();
      if (await family.building()) return forgotten;
      await family.forget(outdated.map(({ id, version }) => ({ id: String(id), version })));
      await this.store.markForgotten(outdated);
      forgotten += outdated.length;
    }
  }
}
