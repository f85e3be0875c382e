import { inTransaction } from '@lockstep/database';
import { Injectable } from '@nestjs/common';
import { DataSource, QueryFailedError } from 'typeorm';

export const REBUILD_STATES = ['queued', 'running', 'held', 'succeeded', 'incomplete', 'failed', 'cancelled'] as const;
/** `held`: as many returns would come or go that a person must say yes. `incomplete`: done, without what cannot be stored. */
export type RebuildState = (typeof REBUILD_STATES)[number];

/** A rebuild as it stands in the table. */
export interface Rebuild {
  readonly runId: string;
  readonly fence: number;
  readonly state: RebuildState;
  readonly requestedBy: string;
  /** Returns, tombstones included; null while not counted. */
  readonly expected: number | null;
  readonly read: number;
  readonly written: number;
  readonly rejected: number;
  /** Returns that no index takes. */
  readonly refused: readonly number[];
  readonly generation: string | null;
  readonly error: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** Notified when there is something to do. */
export const REBUILD_CHANNEL = 'return_index_rebuild';

const ACTIVE = `state IN ('queued', 'running', 'held')`;
const COLUMNS = `run_id AS "runId", fence, state, requested_by AS "requestedBy", expected, read, written, rejected,
  to_json(refused) AS refused, generation, error, created_at AS "createdAt", started_at AS "startedAt", finished_at AS "finishedAt"`;

/** Somebody has ended the rebuild meanwhile. */
export class RebuildEndedError extends Error {
  override readonly name = 'RebuildEndedError';
}

/** The rebuilds of the index of returns. */
@Injectable()
export class RebuildStore {
  constructor(private readonly dataSource: DataSource) {}

  /** A new rebuild, or, with `isNew` false, the one that has not ended. */
  async ask(requestedBy: string): Promise<{ rebuild: Rebuild; isNew: boolean }> {
    try {
      return await inTransaction(this.dataSource, async (manager) => {
        const [rebuild]: Rebuild[] = await manager.query(
          `INSERT INTO return_index_rebuild (requested_by) VALUES ($1) RETURNING ${COLUMNS}`,
          [requestedBy],
        );
        await manager.query('SELECT pg_notify($1, $2)', [REBUILD_CHANNEL, rebuild!.runId]);
        return { rebuild: rebuild!, isNew: true };
      });
    } catch (error) {
      const isOther = error instanceof QueryFailedError && (error.driverError as { code?: string }).code === '23505';
      const active = isOther ? await this.active() : undefined;
      if (!active) throw error;
      return { rebuild: active, isNew: false };
    }
  }

  async active(): Promise<Rebuild | undefined> {
    return (await this.select(`${ACTIVE} LIMIT 1`, []))[0];
  }

  async find(runId: string): Promise<Rebuild | undefined> {
    return (await this.select('run_id = $1', [runId]))[0];
  }

  /** The newest first. */
  latest(limit: number): Promise<Rebuild[]> {
    return this.select('true ORDER BY fence DESC LIMIT $1', [limit]);
  }

  /** @throws RebuildEndedError */
  start(runId: string, generation: string, expected: number): Promise<void> {
    const set = `state = 'running', generation = $2, expected = $3, started_at = coalesce(started_at, clock_timestamp())`;
    return this.change(runId, set, [generation, expected]);
  }

  /** @throws RebuildEndedError */
  setCounts(runId: string, counts: { read: number; written: number; rejected: number }): Promise<void> {
    return this.change(runId, 'read = $2, written = $3, rejected = $4', [counts.read, counts.written, counts.rejected]);
  }

  /** All was written once but these. @throws RebuildEndedError */
  setRefused(runId: string, ids: readonly number[]): Promise<void> {
    return this.change(runId, 'refused = $2', [ids]);
  }

  /** It waits for a person. @throws RebuildEndedError */
  hold(runId: string, reason: string): Promise<void> {
    return this.change(runId, `state = 'held', error = $2`, [reason]);
  }

  /** Somebody has said yes. False when it is not held. */
  async release(runId: string): Promise<boolean> {
    const rows: unknown[] = await this.dataSource.query(
      `WITH released AS (UPDATE return_index_rebuild SET state = 'running', error = NULL
                         WHERE run_id = $1 AND state = 'held' RETURNING run_id)
       SELECT pg_notify($2, run_id::text) FROM released`,
      [runId, REBUILD_CHANNEL],
    );
    return rows.length > 0;
  }

  /** Ends it, unless it has ended; false then. */
  async end(runId: string, state: RebuildState, error: string | null = null): Promise<boolean> {
    const rows: unknown[] = await this.dataSource.query(
      `WITH ended AS (UPDATE return_index_rebuild SET state = $2, error = $3, finished_at = clock_timestamp()
                      WHERE run_id = $1 AND ${ACTIVE} RETURNING run_id)
       SELECT pg_notify($4, run_id::text) FROM ended`,
      [runId, state, error, REBUILD_CHANNEL],
    );
    return rows.length > 0;
  }

  private async change(runId: string, assignments: string, values: readonly unknown[]): Promise<void> {
    const rows: unknown[] = await this.dataSource.query(
      `WITH changed AS (UPDATE return_index_rebuild SET ${assignments} WHERE run_id = $1 AND ${ACTIVE} RETURNING run_id)
       SELECT * FROM changed`,
      [runId, ...values],
    );
    if (rows.length === 0) throw new RebuildEndedError(`The rebuild ${runId} has ended.`);
  }

  private select(condition: string, values: readonly unknown[]): Promise<Rebuild[]> {
    return this.dataSource.query(`SELECT ${COLUMNS} FROM return_index_rebuild WHERE ${condition}`, [...values]);
  }
}
