import { hostname } from 'node:os';
import { Leases } from '@lockstep/database';
import { contextOfRun, runInContext, WokenLoop } from '@lockstep/messaging';
import { isEngineUnavailable } from '@lockstep/service';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ProjectedIndex } from '../projected-index.js';
import { PROJECTION, type Projection } from '../projection.js';
import { IndexRebuild } from './index-rebuild.js';
import { type Rebuild, RebuildStore } from './rebuild.store.js';
import { RebuildEndedError } from './rebuild-errors.js';
import { RebuildNeed } from './rebuild-need.js';

const DEFAULT_LEASE_SECONDS = 10;
/** Without a wake-up call: how long until a rebuild that another replica took or left is noticed. */
const IDLE_MS = 2_000;
/** How often indexes that nobody owns are looked for: what a removal left that failed. */
const SWEEP_EVERY_MS = 600_000;
const BACKOFF = { firstMs: 500, maxMs: 10_000 };

/**
 * Does the rebuilds that were asked for, one at a time, in the one replica that holds the lease. What it knows is in the
 * tables: a replica that dies is followed by another, or by itself.
 */
@Injectable()
export class RebuildWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Rebuild');
  private readonly owner = `${hostname()}:${process.pid}`;
  private readonly loop = new WokenLoop({
    turn: (stopping) => this.turn(stopping),
    onFailed: (error) => this.logger.warn(`The index waits: ${String(error)}`),
    backoff: BACKOFF,
  });
  private nextSweepAt = 0;
  /** A generation of a rebuild that has failed may be there, from before the start too. */
  private mayHaveLeftovers = true;

  constructor(
    @Inject(PROJECTION) private readonly projection: Projection,
    private readonly leases: Leases,
    private readonly index: ProjectedIndex,
    private readonly store: RebuildStore,
    private readonly rebuilds: IndexRebuild,
    private readonly need: RebuildNeed,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** There may be something to do. */
  wake(): void {
    this.loop.wake();
  }

  private async turn(stopping: AbortSignal): Promise<number> {
    await this.sweepNowAndThen();
    await this.need.tellNowAndThen();
    if (this.mayHaveLeftovers || (await this.store.loadActive())) {
      const ttlMs = (this.projection.leaseSeconds ?? DEFAULT_LEASE_SECONDS) * 1_000;
      await this.leases.hold('projection.rebuild', { owner: this.owner, ttlMs }, (_, lost) =>
        this.drive(AbortSignal.any([lost, stopping])),
      );
    }
    return IDLE_MS;
  }

  /** In any replica: doing it twice does nothing. */
  private async sweepNowAndThen(): Promise<void> {
    if (performance.now() < this.nextSweepAt) return;
    this.nextSweepAt = performance.now() + SWEEP_EVERY_MS;
    const removed = await (await this.index.ready()).sweepOrphans();
    if (removed.length > 0) this.logger.log(`Removed indexes that nobody owned: ${removed.join(', ')}`);
  }

  /** Until nothing is to be done, the lease is lost or the service stops. */
  private async drive(signal: AbortSignal): Promise<void> {
    await this.discardLeftovers();
    for (;;) {
      const rebuild = await this.store.loadActive();
      if (!rebuild || signal.aborted) return;
      await runInContext(contextOfRun(rebuild.runId), () => this.attempt(rebuild, signal));
    }
  }

  private async attempt(rebuild: Rebuild, signal: AbortSignal): Promise<void> {
    try {
      await this.rebuilds.run(rebuild, signal);
    } catch (error) {
      if (signal.aborted || error instanceof RebuildEndedError) return;
      // Not a failure of the rebuild: it goes on when the engine is back, unless a newer command comes first.
      if (isEngineUnavailable(error)) throw error;
      this.logger.error(`The rebuild of run ${rebuild.runId} failed: ${error instanceof Error ? error.stack : error}`);
      this.mayHaveLeftovers = true;
      await this.store.finish(rebuild.runId, { state: 'failed', error: toReason(error) });
      await this.discardLeftovers();
    }
  }

  /** Removes what a rebuild was building that has failed since; what readers see stays. */
  private async discardLeftovers(): Promise<void> {
    const family = await this.index.ready();
    const building = await family.building();
    const rebuild = building && (await this.store.load(building.runId));
    if (building && rebuild?.state === 'failed') await family.abandon(building);
    this.mayHaveLeftovers = false;
  }
}

function toReason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 2_000);
}
