import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Leases } from '@lockstep/database';
import { contextOfRun, runInContext } from '@lockstep/messaging';
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
/** Waits after an engine was away; the last one repeats. */
const ENGINE_BACKOFF_MS = [500, 1_000, 2_000, 5_000, 10_000];

/**
 * Does the rebuilds that were asked for, one at a time, in the one replica that holds the lease. What it knows is in the
 * tables: a replica that dies is followed by another, or by itself.
 */
@Injectable()
export class RebuildWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Rebuild');
  private readonly stopping = new AbortController();
  private wakeUp = new AbortController();
  private working: Promise<void> | undefined;
  private engineFailures = 0;
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
    this.working = this.work();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.working;
  }

  /** There may be something to do. */
  wake(): void {
    this.wakeUp.abort();
  }

  private async work(): Promise<void> {
    const owner = `${hostname()}:${process.pid}`;
    const ttlMs = (this.projection.leaseSeconds ?? DEFAULT_LEASE_SECONDS) * 1_000;
    while (!this.stopping.signal.aborted) {
      this.wakeUp = new AbortController();
      try {
        await this.sweepNowAndThen();
        await this.need.tellNowAndThen();
        if (this.mayHaveLeftovers || (await this.store.loadActive())) {
          await this.leases.hold('projection.rebuild', { owner, ttlMs }, (_, lost) =>
            this.drive(AbortSignal.any([lost, this.stopping.signal])),
          );
        }
      } catch (error) {
        if (!this.stopping.signal.aborted) this.logger.error(`The rebuild could not be gone on with: ${String(error)}`);
      }
      await this.pause(IDLE_MS, this.wakeUp.signal);
    }
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
      this.engineFailures = 0;
    } catch (error) {
      if (signal.aborted || error instanceof RebuildEndedError) return;
      if (isEngineUnavailable(error)) return this.waitForEngine(rebuild, error, signal);
      this.logger.error(`The rebuild of run ${rebuild.runId} failed: ${error instanceof Error ? error.stack : error}`);
      this.mayHaveLeftovers = true;
      await this.store.finish(rebuild.runId, { state: 'failed', error: toReason(error) });
      await this.discardLeftovers();
    }
  }

  /** Not a failure of the rebuild: it goes on when the engine is back, unless a newer command comes first. */
  private async waitForEngine(rebuild: Rebuild, error: unknown, signal: AbortSignal): Promise<void> {
    const waitMs = ENGINE_BACKOFF_MS[Math.min(this.engineFailures, ENGINE_BACKOFF_MS.length - 1)]!;
    this.engineFailures += 1;
    this.logger.warn(`The rebuild of run ${rebuild.runId} waits for an engine: ${String(error)}`);
    await this.pause(waitMs, signal);
  }

  /** Removes what a rebuild was building that has failed since; what readers see stays. */
  private async discardLeftovers(): Promise<void> {
    const family = await this.index.ready();
    const building = await family.building();
    const rebuild = building && (await this.store.load(building.runId));
    if (building && rebuild?.state === 'failed') await family.abandon(building);
    this.mayHaveLeftovers = false;
  }

  private async pause(ms: number, signal: AbortSignal): Promise<void> {
    await delay(ms, undefined, { signal: AbortSignal.any([signal, this.stopping.signal]) }).catch(() => undefined);
  }
}

function toReason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 2_000);
}
