import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The jobs that keep the index of returns in step, their runs, and what each run is to write. */
export class CreateReturnSync1763800000212 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- The part of the index that a return lies in: what a verification compares by.
      CREATE FUNCTION return_bucket(id bigint) RETURNS smallint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN get_byte(sha256(id::text::bytea), 0)::smallint;
      CREATE INDEX order_return_bucket_idx ON order_return (return_bucket(id));
      CREATE TABLE order_return_algolia_sync (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        job_type text NOT NULL,
        -- 0 idle, 1 claimed, 2 being processed.
        status smallint NOT NULL DEFAULT 0 CHECK (status BETWEEN 0 AND 2),
        enabled boolean NOT NULL DEFAULT true,
        -- The window completed last; its end is where the next one begins. None before the first full load.
        date_range_start timestamptz,
        date_range_end timestamptz,
        snapshot_start pg_snapshot,
        snapshot_end pg_snapshot,
        -- Of the database that snapshot_end was taken in: another one counts its transactions anew.
        system_identifier text,
        timeline text,
        -- Of the run at work, else of the last one.
        run_id uuid,
        lease_token bigint NOT NULL DEFAULT 0,
        lease_owner text,
        lease_expires_at timestamptz,
        heartbeat_at timestamptz,
        -- Takeovers since the run last got further, its own start included.
        attempt integer NOT NULL DEFAULT 0,
        -- The period that the scheduler claimed last.
        last_tick bigint,
        is_historic boolean NOT NULL DEFAULT false,
        sync_identifier text,
        last_error text,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CHECK (status = 0 OR (run_id IS NOT NULL AND lease_expires_at IS NOT NULL))
      );
      CREATE UNIQUE INDEX order_return_algolia_sync_job_idx ON order_return_algolia_sync (job_type)
        WHERE job_type = 'RETURN_JOB';
      INSERT INTO order_return_algolia_sync (job_type) VALUES ('RETURN_JOB');
      CREATE INDEX order_return_algolia_sync_lease_idx ON order_return_algolia_sync (lease_expires_at) WHERE status > 0;
      CREATE TABLE return_sync_run (
        id uuid PRIMARY KEY,
        job_id bigint NOT NULL REFERENCES order_return_algolia_sync,
        job_type text NOT NULL,
        trigger text NOT NULL
          CHECK (trigger IN ('cron', 'manual', 'historic', 'resync', 'verify', 'reconcile')),
        state text NOT NULL CHECK (state IN
          ('QUEUED', 'PLANNING', 'PROCESSING', 'COMPLETED', 'COMPLETED_WITH_ERRORS', 'FAILED', 'CANCELLED')),
        is_paused boolean NOT NULL DEFAULT false,
        -- What it was asked for, where it was not a window.
        request jsonb,
        requested_by text,
        date_range_start timestamptz,
        date_range_end timestamptz,
        snapshot_start pg_snapshot,
        snapshot_end pg_snapshot,
        system_identifier text,
        timeline text,
        selected integer NOT NULL DEFAULT 0,
        indexed integer NOT NULL DEFAULT 0,
        noop integer NOT NULL DEFAULT 0,
        tombstoned integer NOT NULL DEFAULT 0,
        failed integer NOT NULL DEFAULT 0,
        -- What happened to it, in words, the oldest first: [{"at": ..., "text": ...}].
        history jsonb NOT NULL DEFAULT '[]',
        error text,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        started_at timestamptz,
        ended_at timestamptz
      );
      CREATE INDEX return_sync_run_created_idx ON return_sync_run (created_at DESC);
      CREATE INDEX return_sync_run_job_idx ON return_sync_run (job_id);
      CREATE TABLE return_sync_page (
        run_id uuid REFERENCES return_sync_run ON DELETE CASCADE,
        page_no integer,
        -- Frozen when the window was planned. Of a page of a verification: what differed in its bucket.
        ids bigint[] NOT NULL,
        bucket smallint,
        -- Not written yet, where an attempt left some over; else all of ids.
        left_ids bigint[],
        state smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),
        -- Its message has been sent.
        is_sent boolean NOT NULL DEFAULT false,
        token bigint,
        attempt integer NOT NULL DEFAULT 0,
        claimed_until timestamptz,
        outcome jsonb,
        PRIMARY KEY (run_id, page_no)
      );
      CREATE INDEX return_sync_page_open_idx ON return_sync_page (run_id) WHERE state < 2;
      -- A run may have many thousand pages: what is on its way, and the next ones, are few.
      CREATE INDEX return_sync_page_sent_idx ON return_sync_page (run_id) WHERE state < 2 AND is_sent;
      CREATE INDEX return_sync_page_next_idx ON return_sync_page (run_id, page_no) WHERE state < 2 AND NOT is_sent;
      CREATE TABLE return_sync_dead_item (
        return_id bigint PRIMARY KEY,
        run_id uuid NOT NULL,
        reason text NOT NULL,
        attempts integer NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TABLE return_sync_dead_item, return_sync_page, return_sync_run, order_return_algolia_sync;
      DROP INDEX order_return_bucket_idx;
      DROP FUNCTION return_bucket;
    `);
  }
}
