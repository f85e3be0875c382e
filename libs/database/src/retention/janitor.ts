import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Leases } from '../leases/leases.js';
import { type RetentionLimits, type RetentionRule, removeOutdated } from './retention.js';

/** What a service forgets, and after how long. */
export interface Retention {
  readonly rules: readonly RetentionRule[];
  readonly limits: RetentionLimits;
  /** Milliseconds; the first time after a sixtieth of it. @default 3600000 */
  readonly everyMs?: number;
}

/** Injection token of the service's {@link Retention}. */
export const RETENTION = Symbol('RETENTION');

const DEFAULT_EVERY_MS = 3_600_000;
const LEASE_TTL_MS = 60_000;

/** Removes outdated rows every hour, in one replica at a time. */
@Injectable()
export class Janitor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Retention');
  private readonly stopping = new AbortController();
  private working: Promise<void> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly leases: Leases,
    @Inject(RETENTION) private readonly retention: Retention,
  ) {}

  onApplicationBootstrap(): void {
    if (this.retention.rules.length > 0) this.working = this.work();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.working;
  }

  private async work(): Promise<void> {
    const { everyMs = DEFAULT_EVERY_MS } = this.retention;
    const owner = `${hostname()}:${process.pid}`;
    for (let waitMs = everyMs / 60; await this.hasRested(waitMs); waitMs = everyMs) {
      await this.leases
        .hold('retention', { owner, ttlMs: LEASE_TTL_MS }, (_, lost) => this.sweep(lost))
        .catch((error: unknown) => this.logger.warn(`Nothing outdated removed: ${String(error)}`));
    }
  }

  private async sweep(lost: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([lost, this.stopping.signal]);
    for (const rule of this.retention.rules) {
      if (signal.aborted) return;
      try {
        const count = await removeOutdated(this.dataSource, rule, this.retention.limits, signal);
        if (count > 0) this.logger.log(`${count} outdated rows of ${rule.table} removed`);
      } catch (error) {
        // The others may fare better; this one is tried again in an hour.
        this.logger.warn(`Outdated rows of ${rule.table} not removed: ${String(error)}`);
      }
    }
  }

  /** False once the service stops. */
  private async hasRested(ms: number): Promise<boolean> {
    return delay(ms, true, { signal: this.stopping.signal, ref: false }).catch(() => false);
  }
}
