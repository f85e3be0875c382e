import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Parked messages of the service's queues, kept until someone sends them back or discards them. */
export class CreateDeadLetter1760000000202 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE dead_letter (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        queue text NOT NULL,
        message_id text NOT NULL,
        type text,
        exchange text NOT NULL,
        routing_key text NOT NULL,
        properties jsonb NOT NULL,
        body bytea NOT NULL,
        reason text NOT NULL,
        cause text NOT NULL GENERATED ALWAYS AS (left(split_part(reason, ':', 1), 100)) STORED,
        attempts integer NOT NULL,
        run_id text,
        sequence bigint,
        item_count bigint,
        first_seen_at timestamptz NOT NULL DEFAULT now(),
        parked_at timestamptz NOT NULL DEFAULT now(),
        state text NOT NULL DEFAULT 'parked' CHECK (state IN ('parked', 'scheduled', 'replayed', 'discarded')),
        replay_at timestamptz,
        state_changed_at timestamptz NOT NULL DEFAULT now(),
        replays integer NOT NULL DEFAULT 0,
        UNIQUE (queue, message_id)
      )`);
    await queryRunner.query('CREATE INDEX dead_letter_by_state ON dead_letter (state, id)');
    await queryRunner.query(`CREATE INDEX dead_letter_scheduled ON dead_letter (replay_at) WHERE state = 'scheduled'`);
    await queryRunner.query('CREATE INDEX dead_letter_by_run ON dead_letter (run_id) WHERE run_id IS NOT NULL');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE dead_letter');
  }
}
