import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Tombstones } from '../documents/tombstones/tombstones.js';
import { ReturnsConfig } from '../returns.config.js';
import { Claims } from './claims.js';
import { Recovery } from './recovery.js';

const REST_AFTER_ERROR_MS = 2_000;
/** An engine that is away may be so for long, and nothing waits for what is forgotten. */
const FORGET_EVERY_MS = 3_600_000;
const FORGET_AFTER_ERROR_MS = 60_000;
/** Beyond the boundary of a period, so that rounding never asks a moment too early. */
const BEYOND_BOUNDARY_MS = 5;

/**
 * Asks for a run each period, looks after stopped ones, and has the index forget what is long gone, in every replica: the claim
 * and the token decide who does it.
 */
@Injectable()
export class Schedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('returnsUpdateCron');
  private readonly stopping = new AbortController();
  private working: Promise<unknown> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly config: ReturnsConfig,
    private readonly claims: Claims,
    private readonly recovery: Recovery,
    private readonly tombstones: Tombstones,
  ) {}

  onApplicationBootstrap(): void {
    const loops = [
      this.repeat('Stopped runs could not be looked after', () => this.recover()),
      this.repeat('Tombstones could not be forgotten', () => this.forget(), FORGET_AFTER_ERROR_MS),
    ];
    if (this.config.everySeconds > 0) loops.push(this.repeat('No run could be asked for', () => this.tick()));
    this.working = Promise.all(loops);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.working;
  }

  /** Claims in the first moment of each period by the database's clock; answers the time until the next one. */
  private async tick(): Promise<number> {
    await this.claims.claim('cron', null);
    const [row]: { ms: number }[] = await this.dataSource.query(
      `SELECT (1000 * ($1 - mod(extract(epoch FROM clock_timestamp()), $1)))::float8 AS ms`,
      [this.config.everySeconds],
    );
    return (row?.ms ?? 0) + BEYOND_BOUNDARY_MS;
  }

  private async recover(): Promise<number> {
    await this.recovery.recover();
    return this.config.reaperSeconds * 1_000;
  }

  private async forget(): Promise<number> {
    const forgotten = await this.tombstones.forgetOutdated();
    if (forgotten > 0) this.log.log(`${forgotten} tombstones forgotten by the index`);
    return FORGET_EVERY_MS;
  }

  /** Again and again until the service stops; `turn` answers how long to rest. */
  private async repeat(
    failure: string,
    turn: () => Promise<number>,
    restAfterErrorMs = REST_AFTER_ERROR_MS,
  ): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const restMs = await turn().catch((error: unknown) => {
        if (!signal.aborted) this.log.warn(`${failure}: ${String(error)}`);
        return restAfterErrorMs;
      });
      await delay(restMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
