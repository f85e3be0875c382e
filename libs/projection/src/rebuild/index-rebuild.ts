import { type IndexFamily, type RejectedRow, type RunGeneration, type SearchEngine } from '@lockstep/search';
import { failpoint, SEARCH_ENGINE } from '@lockstep/service';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { ProjectedIndex } from '../projected-index.js';
import { PROJECTION, type Projection } from '../projection.js';
import { MasterGeneration } from './master-generation.js';
import { type Rebuild, RebuildStore } from './rebuild.store.js';
import { RebuildFailedError } from './rebuild-errors.js';

const REPORT_EVERY_MS = 1_000;
const LOGGED_REFUSALS = 20;

/**
 * One rebuild of the service's index from a generation of the master, while live changes go on. It may be run again from
 * its start after a crash: the generation is found by its run and tells which steps are done, documents carry versions, the
 * swap compares before it sets, and the end is written once.
 */
@Injectable()
export class IndexRebuild {
  private readonly logger = new Logger('Rebuild');

  constructor(
    @Inject(PROJECTION) private readonly projection: Projection,
    @Inject(SEARCH_ENGINE) private readonly engine: SearchEngine,
    private readonly index: ProjectedIndex,
    private readonly store: RebuildStore,
  ) {}

  /**
   * Resolves when readers see the new generation and integration will be told.
   * @throws RebuildFailedError, RebuildEndedError, StaleFenceError, SearchUnavailableError, the signal's reason
   */
  async run(rebuild: Rebuild, signal: AbortSignal): Promise<void> {
    const family = await this.index.ready();
    let generation = await family.begin(rebuild);
    this.passed('begun');
    if (isBeingFilled(generation)) {
      await this.fill(family, generation, rebuild, signal);
      generation = await family.generationOf(rebuild.runId);
    }
    signal.throwIfAborted();
    if (!isShown(generation)) await this.verifyAndSwap(family, generation, rebuild);
    this.passed('beforeReport');
    await this.store.finish(rebuild.runId, { state: 'succeeded' });
  }

  private async fill(
    family: IndexFamily,
    generation: RunGeneration,
    rebuild: Rebuild,
    signal: AbortSignal,
  ): Promise<void> {
    // Before the first read: a change between the two would be in neither.
    await family.openTap(generation);
    const master = this.masterOf(rebuild);
    await this.store.start(rebuild.runId, await master.count());
    let reportedAt = performance.now();
    const filled = await family.fill(generation, master.pages(signal), {
      onProgress: async (progress) => {
        this.passed('filling');
        if (performance.now() - reportedAt < REPORT_EVERY_MS) return;
        reportedAt = performance.now();
        await this.store.setCounts(rebuild.runId, toCounts(progress, progress.rejected, master.failedCount));
      },
    });
    signal.throwIfAborted();
    const leftOut = master.leftOut(filled.rejected);
    this.logRefused(leftOut.refused);
    await this.store.setCounts(rebuild.runId, toCounts(filled, filled.rejectedCount, master.failedCount));
    await this.store.setLeftOut(rebuild.runId, leftOut);
    await family.seal(generation);
    this.passed('filled');
  }

  private async verifyAndSwap(family: IndexFamily, generation: RunGeneration, rebuild: Rebuild): Promise<void> {
    const { leftOut } = (await this.store.load(rebuild.runId)) ?? rebuild;
    const authority = this.masterOf(rebuild).authority(leftOut ?? { hidden: {}, refused: [] }, generation.indexName);
    const report = await family.verify(generation, authority);
    if (report.outcome === 'failed') throw new RebuildFailedError(`VERIFY_FAILED: ${report.problems.join('; ')}`);
    // Whether so many doctors may come or go was decided for the master, before its own swap; this index only follows it.
    if (report.outcome === 'held') await family.approve(generation, `run ${rebuild.runId}`);
    this.passed('verified');
    this.passed('beforeSwap');
    await family.swap(rebuild);
    this.passed('afterSwap');
  }

  private masterOf(rebuild: Rebuild): MasterGeneration {
    return new MasterGeneration(this.engine, this.projection, rebuild);
  }

  private logRefused(refused: readonly RejectedRow[]): void {
    for (const { id, reason } of refused.slice(0, LOGGED_REFUSALS)) this.logger.warn(`${id} was left out: ${reason}`);
  }

  private passed(step: string): void {
    failpoint(`${this.projection.service}.rebuild.${step}`);
  }
}

function isBeingFilled({ state }: RunGeneration): boolean {
  return state === 'creating' || state === 'loading';
}

function isShown({ state }: RunGeneration): boolean {
  return state === 'active' || state === 'previous';
}

function toCounts(filled: { read: number; written: number; stale: number }, refused: number, failed: number) {
  return { received: filled.read + failed, written: filled.written + filled.stale, rejected: refused + failed };
}
