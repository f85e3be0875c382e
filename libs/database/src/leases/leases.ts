import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

/** A right that one owner holds for a time. */
export interface Lease {
  readonly name: string;
  readonly owner: string;
  /** Grows with each change of hands: whoever holds a smaller one has lost the lease. */
  readonly token: number;
  readonly expiresAt: Date;
}

/** The lease was taken over, released, or has run out. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  constructor(lease: Pick<Lease, 'name' | 'token'>) {
    super(`the lease ${lease.name} (token ${lease.token}) is no longer held`);
  }
}

/** How a lease is held while some work runs. */
export interface HoldOptions {
  readonly owner: string;
  /** Renewed at a third of it. Milliseconds. */
  readonly ttlMs: number;
}

/**
 * Leases with fencing tokens in the service's own table `lease` (see `databaseMigrations`). Only the database's clock
 * counts, so that hosts may disagree about the time.
 */
@Injectable()
export class Leases {
  constructor(private readonly dataSource: DataSource) {}

  /** Takes the lease when nobody holds it; `undefined` while anyone does, the asking owner included. */
  async acquire(name: string, owner: string, ttlMs: number): Promise<Lease | undefined> {
    const rows: LeaseRow[] = await this.dataSource.query(
      `INSERT INTO lease AS held (name, owner, token, expires_at)
       VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
       ON CONFLICT (name) DO UPDATE
         SET owner = excluded.owner, token = held.token + 1, expires_at = excluded.expires_at
         WHERE held.expires_at <= clock_timestamp()
       RETURNING token, expires_at`,
      [name, owner, ttlMs],
    );
    return rows[0] && { name, owner, token: rows[0].token, expiresAt: rows[0].expires_at };
  }

  /** Holds on for another `ttlMs` from now. Throws `LeaseLostError` once somebody else had it or it was released. */
  async renew(lease: Lease, ttlMs: number): Promise<Lease> {
    const [rows]: [LeaseRow[], number] = await this.dataSource.query(
      `UPDATE lease SET expires_at = clock_timestamp() + $3 * interval '1 millisecond'
       WHERE name = $1 AND token = $2 AND owner <> '' RETURNING token, expires_at`,
      [lease.name, lease.token, ttlMs],
    );
    if (!rows[0]) throw new LeaseLostError(lease);
    return { ...lease, expiresAt: rows[0].expires_at };
  }

  /** Gives the lease back; does nothing when it is no longer held. The row stays, so that tokens keep growing. */
  async release(lease: Lease): Promise<void> {
    await this.dataSource.query(
      `UPDATE lease SET owner = '', expires_at = '-infinity' WHERE name = $1 AND token = $2`,
      [lease.name, lease.token],
    );
  }

  /**
   * Inside a transaction: no other owner can take the lease before it ends. Put it before the writes that only the holder
   * may do. Throws `LeaseLostError`.
   */
  async assertHeld(manager: EntityManager, lease: Pick<Lease, 'name' | 'token'>): Promise<void> {
    const rows: unknown[] = await manager.query(
      'SELECT 1 FROM lease WHERE name = $1 AND token = $2 AND expires_at > clock_timestamp() FOR SHARE',
      [lease.name, lease.token],
    );
    if (rows.length === 0) throw new LeaseLostError(lease);
  }

  /**
   * Runs `work` while holding the lease, renewing it in the background; resolves with `undefined` without running it when
   * somebody else holds the lease. The signal is aborted when the lease is lost, and when its time is over although nobody
   * answered: stop then, and write nothing more.
   */
  async hold<T>(
    name: string,
    { owner, ttlMs }: HoldOptions,
    work: (lease: Lease, signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    const askedAt = performance.now();
    const lease = await this.acquire(name, owner, ttlMs);
    if (!lease) return undefined;
    const renewal = this.keepRenewed(lease, ttlMs, askedAt);
    try {
      return await work(lease, renewal.lost);
    } finally {
      renewal.stop();
      // Left alone it runs out by itself; an unreachable database must not replace the outcome of the work.
      await this.release(lease).catch(() => undefined);
    }
  }

  /**
   * Renews at a third of the time, one renewal after the other: on a database that does not answer they would fill the pool.
   * That one fails does not take the lease away before its time, counted from when it was asked for, is over.
   */
  private keepRenewed(lease: Lease, ttlMs: number, askedAt: number): { lost: AbortSignal; stop(): void } {
    const [lost, stopped] = [new AbortController(), new AbortController()];
    const lose = (): void => lost.abort(new LeaseLostError(lease));
    let runsOut: NodeJS.Timeout | undefined;
    const holdUntil = (time: number): void => {
      clearTimeout(runsOut);
      if (!stopped.signal.aborted) runsOut = setTimeout(lose, time - performance.now());
    };
    const renewAgainAndAgain = async (): Promise<void> => {
      while (await delay(ttlMs / 3, true, { signal: stopped.signal }).catch(() => false)) {
        const renewingAt = performance.now();
        await this.renew(lease, ttlMs).then(
          () => holdUntil(renewingAt + ttlMs),
          (error: unknown) => error instanceof LeaseLostError && lose(),
        );
      }
    };
    holdUntil(askedAt + ttlMs);
    void renewAgainAndAgain();
    const stop = (): void => {
      stopped.abort();
      clearTimeout(runsOut);
    };
    return { lost: lost.signal, stop };
  }
}

interface LeaseRow {
  token: number;
  expires_at: Date;
}
