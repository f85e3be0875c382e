import { type GetMasterCommandV1, indexRebuildReported } from '@lockstep/contracts';
import { inTransaction } from '@lockstep/database';
import { Outbox } from '@lockstep/messaging';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { PROJECTION, type Projection } from '../projection.js';
import type { LeftOut } from './master-generation.js';
import { RebuildEndedError } from './rebuild-errors.js';

/** How far a rebuild is. */
export interface RebuildCounts {
  /** Documents of the master that were read, tombstones included. */
  readonly received: number;
  readonly written: number;
  readonly rejected: number;
}

/** A rebuild of this service's index, as it stands in the table. */
export interface Rebuild extends RebuildCounts {
  readonly runId: string;
  readonly fence: number;
  /** Name of the master's index to read. */
  readonly generation: string;
  readonly asOf: string;
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed';
  /** Documents of the master, tombstones included; null while not counted. */
  readonly expected: number | null;
  readonly error: string | null;
  /** Null until everything was written once, and again after the end: nobody compares any more. */
  readonly leftOut: LeftOut | null;
}

/** What became of a command. `outdated`: a newer one was taken before. */
export type CommandOutcome = 'queued' | 'known' | 'outdated';

const COLUMNS = `run_id AS "runId", fence, generation, as_of AS "asOf", state, expected, received, written, rejected,
  error, left_out AS "leftOut"`;

/** The rebuilds of this service. What integration must know leaves with the change, in one transaction. */
@Injectable()
export class RebuildStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    @Inject(PROJECTION) private readonly projection: Projection,
  ) {}

  /**
   * Takes a command, once: a repeated one is only answered again when its rebuild has ended. A newer command ends what was
   * asked for before; an older one than the newest is ignored.
   */
  take(command: GetMasterCommandV1): Promise<CommandOutcome> {
    return inTransaction(this.dataSource, async (manager) => {
      await manager.query(
        `SELECT pg_advisory_xact_lock(hashtextextended('lockstep.projection.' || current_schema(), 0))`,
      );
      const known = await this.find(manager, 'run_id = $1', [command.runId]);
      if (known) {
        if (known.state === 'succeeded' || known.state === 'failed') await this.report(manager, known);
        return 'known';
      }
      if (await this.find(manager, 'fence >= $1', [command.fence])) return 'outdated';
      await this.end(manager, `state IN ('queued', 'running')`, [], {
        state: 'failed',
        error: `SUPERSEDED: run ${command.runId} asked for a newer rebuild.`,
      });
      await manager.query(
        `INSERT INTO projection_rebuild (run_id, fence, generation, as_of, state) VALUES ($1, $2, $3, $4, 'queued')`,
        [command.runId, command.fence, command.generation, command.asOf],
      );
      return 'queued';
    });
  }

  /** The rebuild to be done, or gone on with; null when there is none. */
  loadActive(): Promise<Rebuild | null> {
    return this.find(this.dataSource.manager, `state IN ('queued', 'running')`, []);
  }

  /** Null for a run that this service has not been told of. */
  load(runId: string): Promise<Rebuild | null> {
    return this.find(this.dataSource.manager, 'run_id = $1', [runId]);
  }

  /** @throws RebuildEndedError */
  async start(runId: string, expected: number): Promise<void> {
    await this.change(runId, `state = 'running', expected = $2, started_at = coalesce(started_at, clock_timestamp())`, [
      expected,
    ]);
  }

  /** @throws RebuildEndedError */
  async setCounts(runId: string, { received, written, rejected }: RebuildCounts): Promise<void> {
    await this.change(runId, 'received = $2, written = $3, rejected = $4', [received, written, rejected]);
  }

  /** Everything was written once but what is left out, which the comparison with the master must know. @throws RebuildEndedError */
  async setLeftOut(runId: string, leftOut: LeftOut): Promise<void> {
    await this.change(runId, 'left_out = $2', [JSON.stringify(leftOut)]);
  }

  /** Ends a rebuild, if it has not ended yet. */
  async finish(runId: string, outcome: { state: 'succeeded' } | { state: 'failed'; error: string }): Promise<void> {
    await inTransaction(this.dataSource, (manager) =>
      this.end(manager, `run_id = $1 AND state IN ('queued', 'running')`, [runId], outcome),
    );
  }

  private async change(runId: string, assignments: string, values: readonly unknown[]): Promise<void> {
    await inTransaction(this.dataSource, async (manager) => {
      const [rows]: [Rebuild[], number] = await manager.query(
        `UPDATE projection_rebuild SET ${assignments} WHERE run_id = $1 AND state IN ('queued', 'running') RETURNING ${COLUMNS}`,
        [runId, ...values],
      );
      if (!rows[0]) throw new RebuildEndedError(`The rebuild of run ${runId} has ended.`);
      await this.report(manager, rows[0]);
    });
  }

  private async end(
    manager: EntityManager,
    condition: string,
    values: readonly unknown[],
    outcome: { readonly state: 'succeeded' | 'failed'; readonly error?: string },
  ): Promise<void> {
    const at = values.length;
    const [rows]: [Rebuild[], number] = await manager.query(
      `UPDATE projection_rebuild
       SET state = $${at + 1}, error = $${at + 2}, left_out = NULL, finished_at = clock_timestamp()
       WHERE ${condition} RETURNING ${COLUMNS}`,
      [...values, outcome.state, outcome.error ?? null],
    );
    for (const row of rows) await this.report(manager, row);
  }

  private async find(manager: EntityManager, condition: string, values: readonly unknown[]): Promise<Rebuild | null> {
    const [row]: Rebuild[] = await manager.query(
      `SELECT ${COLUMNS} FROM projection_rebuild WHERE ${condition} ORDER BY fence DESC LIMIT 1`,
      [...values],
    );
    return row ?? null;
  }

  private async report(manager: EntityManager, rebuild: Rebuild): Promise<void> {
    const { runId, fence, state, expected, received, written, rejected, error } = rebuild;
    const told = state === 'queued' ? 'running' : state;
    await this.outbox.add(
      manager,
      indexRebuildReported,
      { runId, fence, service: this.projection.service, state: told, expected, received, written, rejected, error },
      { runId, fence },
    );
  }
}
