import { WokenLoop } from '@lockstep/messaging';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Tombstones } from '../documents/tombstones/tombstones.js';
import { ReturnsConfig } from '../returns.config.js';
import { Claims } from './claims.js';
import { Recovery } from './recovery.js';

const BACKOFF = { firstMs: 1_000, maxMs: 2_000 };
/** An engine that is away may be so for long, and nothing waits for what is forgotten. */
const FORGET_EVERY_MS = 3_600_000;
const FORGET_BACKOFF = { firstMs: 1_000, maxMs: 60_000 };
/** Beyond the boundary of a period, so that rounding never asks a moment too early. */
const BEYOND_BOUNDARY_MS = 5;

/**
 * Asks for a run each period, looks after stopped ones, and has the index forget what is long gone, in every replica: the claim
 * and the token decide who does it.
 */
@Injectable()
export class Schedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('returnsUpdateCron');
  private readonly loops: readonly WokenLoop[];

  constructor(
    private readonly dataSource: DataSource,
    private readonly config: ReturnsConfig,
    private readonly claims: Claims,
    private readonly recovery: Recovery,
    tombstones: Tombstones,
  ) {
    const forget = async () => {
      const forgotten = await tombstones.forgetOutdated();
      if (forgotten > 0) this.log.log(`${forgotten} tombstones forgotten by the index`);
      return FORGET_EVERY_MS;
    };
    this.loops = [
      this.loop('Stopped runs could not be looked after', () => this.recover()),
      this.loop('Tombstones could not be forgotten', forget, FORGET_BACKOFF),
      ...(config.everySeconds > 0 ? [this.loop('No run could be asked for', () => this.tick())] : []),
    ];
  }

  onApplicationBootstrap(): void {
    for (const loop of this.loops) loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }

  private loop(failure: string, turn: () => Promise<number>, backoff = BACKOFF): WokenLoop {
    const onFailed = (error: unknown) => this.log.warn(`${failure}: ${String(error)}`);
    return new WokenLoop({ turn, onFailed, backoff });
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
}
