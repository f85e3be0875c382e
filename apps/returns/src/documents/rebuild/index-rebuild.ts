import { keysetPages } from '@lockstep/database';
import type { IndexFamily, IndexRow, RunGeneration } from '@lockstep/search';
import { failpoint } from '@lockstep/service';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AggregatesStore } from '../aggregates.store.js';
import type { HashPersonal } from '../hash-personal.js';
import { HASH_PERSONAL, makeRows } from '../indexed-returns.js';
import { returnAuthority } from '../return-authority.js';
import { ReturnFamily } from '../return-family.js';
import { toIndexRow } from '../search-index.target.js';
import { TombstonesStore } from '../tombstones/tombstones.store.js';
import { type Rebuild, RebuildStore } from './rebuild.store.js';

const PAGE_SIZE = 1_000;
const REPORT_EVERY_MS = 1_000;
const MAX_REASON = 2_000;

/**
 * One rebuild of the index in a new generation, while changes go on and readers keep the former one. Each step may be done
 * again after a crash: the generation is found by its run and tells which steps are done, documents carry versions.
 */
@Injectable()
export class IndexRebuild {
  constructor(
    private readonly dataSource: DataSource,
    private readonly family: ReturnFamily,
    private readonly aggregates: AggregatesStore,
    private readonly store: RebuildStore,
    private readonly tombstones: TombstonesStore,
    @Inject(HASH_PERSONAL) private readonly hash: HashPersonal,
  ) {}

  /**
   * Resolves when readers see the new generation, or when the run waits for a person.
   * @throws RebuildEndedError, StaleFenceError, SearchUnavailableError, the signal's reason
   */
  async run(rebuild: Rebuild, signal: AbortSignal): Promise<void> {
    const family = await this.family.ready();
    let generation = await family.begin(rebuild);
    failpoint('returns.rebuild.begun');
    let { refused } = rebuild;
    if (generation.state !== 'active' && generation.state !== 'previous') {
      refused = (await this.fill(family, generation, rebuild, signal)) ?? refused;
      generation = await family.generationOf(rebuild.runId);
      if (!(await this.verify(family, generation, rebuild, refused))) return;
      signal.throwIfAborted();
      failpoint('returns.rebuild.beforeSwap');
      await family.swap(rebuild);
      failpoint('returns.rebuild.afterSwap');
    }
    const isWhole = refused.length === 0;
    await this.store.end(
      rebuild.runId,
      isWhole ? 'succeeded' : 'incomplete',
      isWhole ? null : `Cannot be stored: ${refused.join(', ')}`.slice(0, MAX_REASON),
    );
  }

  /** Writes all returns; answers those that the index refuses, undefined where that was done before. Done again from its start after a crash, which is harmless. */
  private async fill(
    family: IndexFamily,
    generation: RunGeneration,
    { runId }: Rebuild,
    signal: AbortSignal,
  ): Promise<number[] | undefined> {
    if (generation.state !== 'creating' && generation.state !== 'loading') return undefined;
    // Before the first read: a change between the two would be in neither.
    await family.openTap(generation);
    await this.tombstones.unmark(null);
    await this.store.start(runId, generation.indexName, await this.count());
    let reportedAt = performance.now();
    const unmade: number[] = [];
    const filled = await family.fill(generation, this.pages(signal, unmade), {
      onProgress: async ({ read, written, stale, rejected }) => {
        failpoint('returns.rebuild.filling');
        if (performance.now() - reportedAt < REPORT_EVERY_MS) return;
        reportedAt = performance.now();
        await this.store.setCounts(runId, { read, written: written + stale, rejected });
      },
    });
    signal.throwIfAborted();
    const { read, written, stale, rejectedCount } = filled;
    const rejected = rejectedCount + unmade.length;
    await this.store.setCounts(runId, { read: read + unmade.length, written: written + stale, rejected });
    const refused = [...unmade, ...filled.rejected.map(({ id }) => Number(id))];
    await this.store.setRefused(runId, refused);
    await family.seal(generation);
    failpoint('returns.rebuild.filled');
    return refused;
  }

  /** False when it waits for a person. @throws Error when the index is not what PostgreSQL has */
  private async verify(
    family: IndexFamily,
    generation: RunGeneration,
    { runId }: Rebuild,
    refused: readonly number[],
  ): Promise<boolean> {
    if (generation.state === 'swapping') return true;
    const { dataSource, aggregates, hash } = this;
    const report = await family.verify(generation, returnAuthority({ dataSource, aggregates, hash, refused }));
    failpoint('returns.rebuild.verified');
    const problems = report.problems.join('; ');
    if (report.outcome === 'failed') throw new Error(`VERIFY_FAILED: ${problems}`);
    if (report.outcome === 'held') await this.store.hold(runId, problems.slice(0, MAX_REASON));
    return report.outcome === 'ready';
  }

  private async count(): Promise<number> {
    const [row]: { count: number }[] = await this.dataSource.query('SELECT count(*)::int AS count FROM order_return');
    return row?.count ?? 0;
  }

  /** Returns of which no document can be made are left out, and added to `unmade`. */
  private async *pages(signal: AbortSignal, unmade: number[]): AsyncGenerator<IndexRow[]> {
    const pages = keysetPages({
      read: (after: number | undefined, limit) => this.aggregates.readPage(after, limit),
      keyOf: ({ id }) => id,
      pageSize: PAGE_SIZE,
    });
    for await (const { rows: aggregates } of pages) {
      signal.throwIfAborted();
      const made = makeRows(aggregates, this.hash);
      unmade.push(...made.unmade.map(({ id }) => id));
      yield made.rows.map(toIndexRow);
    }
  }
}
