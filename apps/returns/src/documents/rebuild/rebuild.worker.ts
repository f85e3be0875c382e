import { hostname } from 'node:os';
import { Leases } from '@lockstep/database';
import { contextOfRun, runInContext, WokenLoop } from '@lockstep/messaging';
import { StaleFenceError } from '@lockstep/search';
import { isEngineUnavailable } from '@lockstep/service';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ReturnsConfig } from '../../returns.config.js';
import { ReturnFamily } from '../return-family.js';
import { IndexRebuild } from './index-rebuild.js';
import { REBUILD_CHANNEL, type Rebuild, RebuildEndedError, RebuildStore } from './rebuild.store.js';

/** Longest time that a replica that died keeps a rebuild from being gone on with by another. */
const MAX_LEASE_MS = 10_000;
const REST_WHILE_ANOTHER_WORKS_MS = 1_000;
const REST_MS = 10_000;
const SWEEP_EVERY_MS = 600_000;
const MAX_REASON = 2_000;

/**
 * Does the rebuilds that were asked for, in the one replica that holds the lease, and asks for one itself where readers were
 * given an index of other fields, or one that began empty because the engine had lost its index.
 */
@Injectable()
export class RebuildWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Rebuild');
  private readonly stopping = new AbortController();
  private readonly owner = `${hostname()}:${process.pid}`;
  private readonly loop: WokenLoop;
  private nextSweepAt = 0;

  constructor(
    dataSource: DataSource,
    private readonly leases: Leases,
    private readonly family: ReturnFamily,
    private readonly store: RebuildStore,
    private readonly rebuild: IndexRebuild,
    private readonly config: ReturnsConfig,
  ) {
    this.loop = new WokenLoop({
      dataSource,
      channel: REBUILD_CHANNEL,
      turn: () => this.turn(),
      onFailed: (error) => this.warn(error),
      backoff: { firstMs: 500, maxMs: 10_000 },
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort(new Error('The service stops.'));
    await this.loop.stop();
  }

  private async turn(): Promise<number> {
    await this.lookAfter();
    const active = await this.store.active();
    if (!active || active.state === 'held') return REST_MS;
    const ttlMs = Math.min(this.config.leaseSeconds * 1_000, MAX_LEASE_MS);
    await this.leases.hold('returns.rebuild', { owner: this.owner, ttlMs }, (_, lost) =>
      runInContext(contextOfRun(active.runId), () =>
        this.attempt(active, AbortSignal.any([lost, this.stopping.signal])),
      ),
    );
    return REST_WHILE_ANOTHER_WORKS_MS;
  }

  /** In any replica: what is done twice changes nothing. */
  private async lookAfter(): Promise<void> {
    const family = await this.family.ready();
    await family.ensureShown();
    const { rebuildReason, building } = await family.status();
    if (rebuildReason !== null && !(await this.store.active()) && !(await this.hasJustFailed())) {
      await this.store.ask(rebuildReason);
    }
    if (building?.runId) await this.discardEnded(building.runId);
    if (performance.now() < this.nextSweepAt) return;
    this.nextSweepAt = performance.now() + SWEEP_EVERY_MS;
    const removed = await family.sweepOrphans();
    if (removed.length > 0) this.logger.log(`Removed indexes that nobody owned: ${removed.join(', ')}`);
  }

  /** A rebuild that failed is not asked for again and again by itself. */
  private async hasJustFailed(): Promise<boolean> {
    const [last] = await this.store.latest(1);
    return last?.state === 'failed' && Date.now() - (last.finishedAt?.getTime() ?? 0) < SWEEP_EVERY_MS;
  }

  /** Removes what a rebuild has left that failed or was cancelled. */
  private async discardEnded(runId: string): Promise<void> {
    const run = await this.store.find(runId);
    if (run?.state !== 'failed' && run?.state !== 'cancelled') return;
    const family = await this.family.ready();
    const building = await family.building();
    if (building?.runId === runId) await family.abandon(building);
  }

  private async attempt(run: Rebuild, signal: AbortSignal): Promise<void> {
    try {
      await this.rebuild.run(run, signal);
    } catch (error) {
      if (signal.aborted || error instanceof RebuildEndedError || error instanceof StaleFenceError) return;
      // Not its fault: it goes on when the engine is back.
      if (isEngineUnavailable(error)) throw error;
      this.logger.error(`The rebuild ${run.runId} failed: ${error instanceof Error ? error.stack : error}`);
      await this.store.end(
        run.runId,
        'failed',
        (error instanceof Error ? error.message : String(error)).slice(0, MAX_REASON),
      );
      await this.discardEnded(run.runId);
    }
  }

  private warn(error: unknown): void {
    if (!this.stopping.signal.aborted) this.logger.warn(`The index of returns waits: ${String(error)}`);
  }
}
