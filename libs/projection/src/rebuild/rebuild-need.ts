import { indexRebuildNeeded } from '@lockstep/contracts';
import { inTransaction } from '@lockstep/database';
import { Outbox } from '@lockstep/messaging';
import { isEngineUnavailable } from '@lockstep/service';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ProjectedIndex } from '../projected-index.js';
import { PROJECTION, type Projection } from '../projection.js';

/** How often the index is looked at, and how often integration is told again while nothing came of it. */
const LOOK_EVERY_MS = 10_000;
const TELL_EVERY_MS = 300_000;

/** Tells integration when the index needs a rebuild that nobody has asked for: what readers see may be too little. */
@Injectable()
export class RebuildNeed {
  private nextLookAt = 0;
  private nextTellAt = 0;

  constructor(
    @Inject(PROJECTION) private readonly projection: Projection,
    private readonly dataSource: DataSource,
    private readonly index: ProjectedIndex,
    private readonly outbox: Outbox,
  ) {}

  /** May be called at any time: looks now and then, tells seldom, and passes over an engine that is away. */
  async tellNowAndThen(): Promise<void> {
    if (performance.now() < this.nextLookAt) return;
    this.nextLookAt = performance.now() + LOOK_EVERY_MS;
    try {
      await this.tell();
    } catch (error) {
      if (!isEngineUnavailable(error)) throw error;
    }
  }

  private async tell(): Promise<void> {
    const family = await this.index.ready();
    await family.ensureShown();
    const { active, rebuildReason: reason } = await family.status();
    if (active === null || reason === null || performance.now() < this.nextTellAt) return;
    const { service, family: made } = this.projection;
    const need = { service, generation: active.indexName, reason, schemaHash: made.schema.hash };
    await inTransaction(this.dataSource, (manager) => this.outbox.add(manager, indexRebuildNeeded, need));
    this.nextTellAt = performance.now() + TELL_EVERY_MS;
  }
}
