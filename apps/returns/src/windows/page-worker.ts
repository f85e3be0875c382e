import { inTransaction } from '@lockstep/database';
import { failpoint, isEngineUnavailable } from '@lockstep/service';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RETURN_INDEX, type ReturnIndex } from '../documents/return-index.js';
import { ReturnsConfig } from '../returns.config.js';
import { Verification } from '../verify/verification.js';
import { decidePage, type PageEnd } from './decide-page.js';
import { type Held, JobStore } from './job.store.js';
import { type ClaimedPage, PageStore } from './page.store.js';
import { RunEnd } from './run-end.js';
import { SyncCounters } from './sync-counters.js';
import { WORKER_NAME } from './worker-name.js';
import { writeInParts } from './write-in-parts.js';

/** What came of a page's message. `again`: some of its returns are to be tried again. */
export type PageResult = 'done' | 'again' | 'fenced' | 'paused' | 'inHand';

/** Writes pages into the index. */
@Injectable()
export class PageWorker {
  private readonly log = new Logger(PageWorker.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly config: ReturnsConfig,
    private readonly jobs: JobStore,
    private readonly pages: PageStore,
    private readonly end: RunEnd,
    private readonly verification: Verification,
    private readonly counters: SyncCounters,
    @Inject(RETURN_INDEX) private readonly index: ReturnIndex,
  ) {}

  /** Does one page unless it is done, in another hand, or of a run that is no longer this one's. */
  async process(held: Held, pageNo: number, signal: AbortSignal): Promise<PageResult> {
    const claim = await this.pages.claim(held, pageNo, WORKER_NAME, this.leaseMs);
    failpoint('returns.page.claimed');
    if (claim.kind === 'fenced') this.counters.fenced += 1;
    if (claim.kind !== 'claimed') return claim.kind;
    try {
      const page = await this.withIds(claim.page);
      const options = { index: this.index, signal, isEngineUnavailable };
      const end = decidePage(await writeInParts(page.ids, options), page.attempt);
      failpoint('returns.page.written');
      return await this.settle(page, end);
    } catch (error) {
      // Should this fail too, the page is free again when its claim runs out.
      await this.pages.letGo(claim.page, !isEngineUnavailable(error)).catch(() => undefined);
      throw error;
    }
  }

  private async settle(page: ClaimedPage, end: PageEnd): Promise<PageResult> {
    const settled = await inTransaction(this.dataSource, async (manager) => {
      const job = await this.jobs.progress(manager, page, this.leaseMs);
      if (!job) return { isFenced: true, isLast: false };
      await this.pages.settle(manager, page, end);
      if (!(await this.jobs.isPaused(manager, page.runId))) await this.pages.sendNext(manager, job);
      const isLast = await this.end.tryFinish(manager, page);
      failpoint('returns.page.beforeCommit');
      return { isFenced: false, isLast };
    });
    failpoint('returns.page.afterCommit');
    if (settled.isLast) {
      failpoint('returns.finish.afterCommit');
      // The engine shows it by itself within a second: a run whose end was told is not to fail by this.
      await this.index.show().catch((error) => this.log.warn(`The end of a run is shown later: ${String(error)}`));
    }
    if (settled.isFenced) {
      this.counters.fenced += 1;
      return 'fenced';
    }
    this.counters.addItems(end.counts);
    return end.left.length > 0 ? 'again' : 'done';
  }

  /** A page of a verification learns here what it is to write. */
  private async withIds(page: ClaimedPage): Promise<ClaimedPage> {
    if (page.bucket === null) return page;
    const ids = await this.verification.findDrift(page.bucket);
    await inTransaction(this.dataSource, (manager) => this.pages.freeze(manager, page, ids));
    this.counters.drift += ids.length;
    return { ...page, ids };
  }

  private get leaseMs(): number {
    return this.config.leaseSeconds * 1_000;
  }
}
