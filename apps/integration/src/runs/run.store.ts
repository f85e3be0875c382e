import { getMasterCommand, gmcSyncStart, londonDate, type SourcePhase, traineeSyncStart } from '@lockstep/contracts';
import { inTransaction } from '@lockstep/database';
import { Outbox } from '@lockstep/messaging';
import { Clock } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Decision, PhaseFacts, RunEffect } from './next.js';
import {
  newRun,
  PHASES,
  type Phase,
  type PhaseName,
  type PhaseState,
  type Run,
  type RunError,
  type RunState,
} from './run.js';

/** A run with what is kept beside the state machine. */
export interface StoredRun extends Run {
  fence: number;
  asOf: string;
  requestedBy: string;
  createdAt: Date;
  /** The database's time when this was read, by which all other instants of a run are: services may disagree about the time. */
  readAt: Date;
  generation: string | null;
  counters: Map<PhaseName, PhaseCounters>;
}

export interface PhaseCounters {
  expected: number | null;
  received: number;
  written: number;
  rejected: number;
  lastProgressAt: Date | null;
}

/** What the trigger got: a run of its own, or the one that is there already. */
export interface CreatedRun {
  run: StoredRun;
  outcome: 'created' | 'repeated' | 'already_running';
}

/** Wakes every replica's orchestrator. */
export const RUN_CHANNEL = 'lockstep_integration_run';

const MAX_MISSING = 10_000;
const BATCH_SIZE = 200;
const SYNC_START = { trainees: traineeSyncStart, gmc: gmcSyncStart } as const;

/** Runs and their phases. Every change of state is a pure decision applied under the run's row lock, with its messages. */
@Injectable()
export class RunStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /** Starts a run unless one is active. The same idempotency key answers the same run for as long as that is kept. */
  async create(id: string, requestedBy: string, idempotencyKey: string | null): Promise<CreatedRun> {
    return inTransaction(this.dataSource, async (manager) => {
      if (idempotencyKey !== null) {
        const [known]: { id: string }[] = await manager.query('SELECT id FROM sync_run WHERE idempotency_key = $1', [
          idempotencyKey,
        ]);
        if (known) return { run: await this.mustLoad(known.id, manager), outcome: 'repeated' };
      }
      const inserted: unknown[] = await manager.query(
        `INSERT INTO sync_run (id, state, as_of, requested_by, idempotency_key, created_at)
         VALUES ($1, 'queued', $2, $3, $4, clock_timestamp()) ON CONFLICT DO NOTHING RETURNING 1`,
        [id, londonDate(this.clock.now()), requestedBy, idempotencyKey],
      );
      if (inserted.length === 0) return this.meetActive(manager, idempotencyKey);
      await this.insertPhases(manager, newRun(id));
      await manager.query('SELECT pg_notify($1, $2)', [RUN_CHANNEL, id]);
      return { run: await this.mustLoad(id, manager), outcome: 'created' };
    });
  }

  /** The run that made an insert impossible: the active one, or the one that took the same key at the same moment. */
  private async meetActive(manager: EntityManager, idempotencyKey: string | null): Promise<CreatedRun> {
    const [met]: { id: string; same_key: boolean }[] = await manager.query(
      `SELECT id, idempotency_key IS NOT DISTINCT FROM $1 AND $1 IS NOT NULL AS same_key FROM sync_run
       WHERE idempotency_key = $1 OR state IN ('queued', 'running', 'verifying', 'held')
       ORDER BY same_key DESC LIMIT 1`,
      [idempotencyKey],
    );
    if (!met) throw new Error('a run ended while another was being started; try again');
    return { run: await this.mustLoad(met.id, manager), outcome: met.same_key ? 'repeated' : 'already_running' };
  }

  async load(id: string, manager: EntityManager = this.dataSource.manager): Promise<StoredRun | null> {
    const [row]: RunRow[] = await manager.query(`${SELECT_RUN} WHERE id = $1`, [id]);
    return row ? toRun(row) : null;
  }

  /** The run that is not ended, if any. */
  async loadActive(): Promise<StoredRun | null> {
    const [row]: RunRow[] = await this.dataSource.query(
      `${SELECT_RUN} WHERE state IN ('queued', 'running', 'verifying', 'held')`,
    );
    return row ? toRun(row) : null;
  }

  /** True when this requester has started a run within so many seconds. */
  async hasRecent(requestedBy: string, seconds: number): Promise<boolean> {
    const rows: unknown[] = await this.dataSource.query(
      `SELECT 1 FROM sync_run WHERE requested_by = $1 AND created_at > clock_timestamp() - make_interval(secs => $2) LIMIT 1`,
      [requestedBy, seconds],
    );
    return rows.length > 0;
  }

  /** Newest first. */
  async list(limit: number, offset: number): Promise<{ items: StoredRun[]; total: number }> {
    const rows: RunRow[] = await this.dataSource.query(`${SELECT_RUN} ORDER BY fence DESC LIMIT $1 OFFSET $2`, [
      limit,
      offset,
    ]);
    const [count]: { total: number }[] = await this.dataSource.query('SELECT count(*)::int AS total FROM sync_run');
    return { items: rows.map(toRun), total: count?.total ?? 0 };
  }

  /** Decides under the row's lock and writes the outcome and its messages in one transaction. */
  async apply(id: string, decide: (run: StoredRun) => Decision): Promise<Run> {
    return inTransaction(this.dataSource, async (manager) => {
      // Not FOR UPDATE: each batch holds the row's key for its foreign key, and one follows the other.
      await manager.query('SELECT 1 FROM sync_run WHERE id = $1 FOR NO KEY UPDATE', [id]);
      const before = await this.mustLoad(id, manager);
      const { run, effects } = decide(before);
      await this.save(manager, before, run);
      for (const effect of effects) await this.send(manager, before, effect);
      if (run.state !== before.state) await manager.query('SELECT pg_notify($1, $2)', [RUN_CHANNEL, id]);
      return run;
    });
  }

  private async save(manager: EntityManager, before: StoredRun, run: Run): Promise<void> {
    await manager.query(
      `UPDATE sync_run SET state = $2, started_at = $3, finished_at = $4, error = $5, approved_by = $6 WHERE id = $1`,
      [
        run.id,
        run.state,
        run.startedAt,
        run.finishedAt,
        run.error === null ? null : JSON.stringify(run.error),
        run.approvedBy,
      ],
    );
    for (const phase of run.phases) {
      if (before.phases.includes(phase)) continue;
      await manager.query(
        `UPDATE sync_phase SET state = $3, asks = $4, last_ask_at = $5, has_gaps = $6, started_at = $7, finished_at = $8
         WHERE run_id = $1 AND name = $2`,
        [
          run.id,
          phase.name,
          phase.state,
          phase.asks,
          phase.lastAskAt,
          phase.hasGaps,
          phase.startedAt,
          phase.finishedAt,
        ],
      );
    }
  }

  private async send(manager: EntityManager, run: StoredRun, effect: RunEffect): Promise<void> {
    const { id: runId, fence, asOf } = run;
    if (effect.type === 'commandProjections') {
      if (run.generation === null) throw new Error(`run ${runId} has no generation to project from`);
      await this.outbox.add(
        manager,
        getMasterCommand,
        { runId, fence, asOf, generation: run.generation },
        { runId, fence },
      );
      return;
    }
    const phase = effect.phase as SourcePhase;
    const sequences = effect.sequences ? { sequences: effect.sequences } : {};
    const payload = { runId, fence, phase, batchSize: BATCH_SIZE, asOf, ...sequences };
    await this.outbox.add(manager, SYNC_START[phase], payload, { runId, fence });
  }

  /** Counts of a phase: how many batches were applied, which are missing, how many of those are parked. */
  async phaseFacts(runId: string, phase: PhaseName): Promise<PhaseFacts> {
    const [row]: FactsRow[] = await this.dataSource.query(
      `WITH missing AS (
         SELECT sequence FROM sync_phase phase, generate_series(1, phase.batches) AS sequence
         WHERE phase.run_id = $1 AND phase.name = $2
         EXCEPT SELECT sequence FROM sync_batch WHERE run_id = $1 AND phase = $2
         ORDER BY sequence LIMIT ${MAX_MISSING})
       SELECT phase.batches, phase.last_progress_at,
         (SELECT count(*)::int FROM sync_batch WHERE run_id = $1 AND phase = $2) AS applied,
         (SELECT coalesce(array_agg(sequence ORDER BY sequence), '{}') FROM missing) AS missing,
         (SELECT count(*)::int FROM missing JOIN sync_issue issue
            ON issue.run_id = $1 AND issue.code = 'MESSAGE_PARKED' AND issue.key = $2 || '/' || missing.sequence) AS missing_parked
       FROM sync_phase phase WHERE phase.run_id = $1 AND phase.name = $2`,
      [runId, phase],
    );
    if (!row) throw new Error(`run ${runId} has no phase ${phase}`);
    return {
      applied: row.applied,
      batches: row.batches,
      missing: row.missing,
      missingParked: row.missing_parked,
      lastProgressAt: row.last_progress_at,
    };
  }

  /** Rows that could not be stored: what makes a finished run incomplete. */
  async countErrors(runId: string): Promise<number> {
    const [row]: { errors: number }[] = await this.dataSource.query(
      `SELECT count(*)::int AS errors FROM sync_issue WHERE run_id = $1 AND severity = 'error'`,
      [runId],
    );
    return row?.errors ?? 0;
  }

  /** Sets counters of a step; those of a source phase are raised by each batch. */
  async setCounters(
    runId: string,
    phase: PhaseName,
    counters: Partial<Omit<PhaseCounters, 'lastProgressAt'>>,
  ): Promise<void> {
    await this.dataSource.query(
      `UPDATE sync_phase SET expected = coalesce($3, expected), received = coalesce($4, received),
         written = coalesce($5, written), rejected = coalesce($6, rejected), last_progress_at = clock_timestamp()
       WHERE run_id = $1 AND name = $2`,
      [
        runId,
        phase,
        counters.expected ?? null,
        counters.received ?? null,
        counters.written ?? null,
        counters.rejected ?? null,
      ],
    );
  }

  /** What verification found, kept for the operator. */
  async setReport(runId: string, report: object): Promise<void> {
    await this.dataSource.query('UPDATE sync_run SET report = $2 WHERE id = $1', [runId, JSON.stringify(report)]);
  }

  async setGeneration(runId: string, generation: string): Promise<void> {
    await this.dataSource.query('UPDATE sync_run SET generation = $2 WHERE id = $1', [runId, generation]);
  }

  /** What ended runs noted of the records they saw: of use only while the run lasts. */
  async forgetSeen(): Promise<void> {
    await this.dataSource.query(
      'DELETE FROM part_seen seen USING sync_run run WHERE run.id = seen.run_id AND run.finished_at IS NOT NULL',
    );
  }

  private async insertPhases(manager: EntityManager, run: Run): Promise<void> {
    for (const [position, phase] of run.phases.entries()) {
      await manager.query('INSERT INTO sync_phase (run_id, position, name, state) VALUES ($1, $2, $3, $4)', [
        run.id,
        position,
        phase.name,
        phase.state,
      ]);
    }
  }

  private async mustLoad(id: string, manager: EntityManager): Promise<StoredRun> {
    const run = await this.load(id, manager);
    if (!run) throw new Error(`there is no run ${id}`);
    return run;
  }
}

interface RunRow {
  id: string;
  fence: number;
  state: RunState;
  as_of: string;
  requested_by: string;
  generation: string | null;
  created_at: Date;
  read_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  error: RunError | null;
  approved_by: string | null;
  phases: PhaseRow[];
}

/** Instants arrive as text: the phases are aggregated to JSON. */
interface PhaseRow extends Omit<PhaseCounters, 'lastProgressAt'> {
  last_progress_at: string | null;
  name: PhaseName;
  state: PhaseState;
  asks: number;
  last_ask_at: string | null;
  has_gaps: boolean;
  started_at: string | null;
  finished_at: string | null;
}

interface FactsRow {
  batches: number | null;
  applied: number;
  missing: number[];
  missing_parked: number;
  last_progress_at: Date | null;
}

const SELECT_RUN = `
  SELECT id, fence, state, as_of, requested_by, generation, created_at, started_at, finished_at, error, approved_by,
    clock_timestamp() AS read_at,
    (SELECT json_agg(phase ORDER BY position) FROM sync_phase phase WHERE phase.run_id = sync_run.id) AS phases
  FROM sync_run`;

function toRun(row: RunRow): StoredRun {
  return {
    id: row.id,
    fence: row.fence,
    state: row.state,
    asOf: row.as_of,
    requestedBy: row.requested_by,
    generation: row.generation,
    createdAt: row.created_at,
    readAt: row.read_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    error: row.error,
    approvedBy: row.approved_by,
    phases: row.phases.map(toPhase),
    counters: new Map(row.phases.map((phase) => [phase.name, toCounters(phase)])),
  };
}

function toCounters({ expected, received, written, rejected, last_progress_at }: PhaseRow): PhaseCounters {
  return { expected, received, written, rejected, lastProgressAt: toDate(last_progress_at) };
}

function toDate(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}

function toPhase(row: PhaseRow): Phase {
  return {
    name: row.name,
    kind: PHASES.find((phase) => phase.name === row.name)?.kind ?? null,
    state: row.state,
    asks: row.asks,
    lastAskAt: toDate(row.last_ask_at),
    hasGaps: row.has_gaps,
    rejected: row.rejected,
    startedAt: toDate(row.started_at),
    finishedAt: toDate(row.finished_at),
  };
}
