import { outdatedRun, type RetentionRule } from '@lockstep/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Runs that ended long ago, with their phases, batches, issues and events: thousands of rows each. */
export const runRetention: readonly RetentionRule[] = [
  {
    table: 'sync_run',
    outdated: (limits) => outdatedRun('sync_run', limits, `state IN ('queued', 'running', 'verifying', 'held')`),
    batchSize: 1,
  },
];

/** Runs, their phases, the batches that were applied, what was rejected or warned about, and the events of the stream. */
export class CreateRunTables1763700000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE sync_run (
        id              uuid PRIMARY KEY,
        fence           bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        state           text NOT NULL,
        as_of           date NOT NULL,
        requested_by    text NOT NULL,
        idempotency_key text UNIQUE,
        generation      text,
        created_at      timestamptz NOT NULL,
        started_at      timestamptz,
        finished_at     timestamptz,
        error           json,
        report          json
      )`);
    // The one place there is for a rebuild: a second trigger meets this index, whichever replica it reaches.
    await queryRunner.query(`
      CREATE UNIQUE INDEX sync_run_one_active ON sync_run ((true))
      WHERE state IN ('queued', 'running', 'verifying', 'held')`);
    await queryRunner.query(`
      CREATE TABLE sync_phase (
        run_id           uuid NOT NULL REFERENCES sync_run ON DELETE CASCADE,
        position         smallint NOT NULL,
        name             text NOT NULL,
        state            text NOT NULL,
        asks             int NOT NULL DEFAULT 0,
        last_ask_at      timestamptz,
        has_gaps         boolean NOT NULL DEFAULT false,
        started_at       timestamptz,
        finished_at      timestamptz,
        batches          int,
        expected         int,
        received         int NOT NULL DEFAULT 0,
        written          int NOT NULL DEFAULT 0,
        rejected         int NOT NULL DEFAULT 0,
        last_progress_at timestamptz,
        cursor           text,
        PRIMARY KEY (run_id, name)
      ) WITH (fillfactor = 50)`);
    await queryRunner.query(`
      CREATE TABLE sync_batch (
        run_id     uuid NOT NULL REFERENCES sync_run ON DELETE CASCADE,
        phase      text NOT NULL,
        sequence   int NOT NULL,
        items      int NOT NULL,
        rejected   int NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (run_id, phase, sequence)
      )`);
    await queryRunner.query(`
      CREATE TABLE part_seen (
        run_id uuid NOT NULL REFERENCES sync_run ON DELETE CASCADE,
        phase  text NOT NULL,
        keys   text[] COLLATE "C" NOT NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE sync_issue (
        id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        run_id   uuid NOT NULL REFERENCES sync_run ON DELETE CASCADE,
        severity text NOT NULL,
        source   text NOT NULL,
        key      text NOT NULL,
        code     text NOT NULL,
        message  text NOT NULL,
        row      json,
        UNIQUE (run_id, source, key, code)
      )`);
    await queryRunner.query(`
      CREATE TABLE sync_event (
        id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        run_id uuid NOT NULL REFERENCES sync_run ON DELETE CASCADE,
        type   text NOT NULL,
        data   json NOT NULL,
        at     timestamptz NOT NULL DEFAULT clock_timestamp()
      )`);
    await queryRunner.query('CREATE INDEX sync_event_run ON sync_event (run_id, id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE sync_event, sync_issue, part_seen, sync_batch, sync_phase, sync_run');
  }
}
