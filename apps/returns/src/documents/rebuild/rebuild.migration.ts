import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rebuilds of the index of returns: at most one that has not ended. */
export class CreateReturnIndexRebuild1763800000220 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE return_index_rebuild (
        run_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        fence bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        state text NOT NULL DEFAULT 'queued'
          CHECK (state IN ('queued', 'running', 'held', 'succeeded', 'incomplete', 'failed', 'cancelled')),
        requested_by text NOT NULL,
        expected bigint,
        read bigint NOT NULL DEFAULT 0,
        written bigint NOT NULL DEFAULT 0,
        rejected bigint NOT NULL DEFAULT 0,
        -- Returns that no index takes: the comparison with the database leaves them out.
        refused bigint[] NOT NULL DEFAULT '{}',
        generation text,
        error text,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        started_at timestamptz,
        finished_at timestamptz
      );
      CREATE UNIQUE INDEX return_index_rebuild_one ON return_index_rebuild ((true))
        WHERE state IN ('queued', 'running', 'held');
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE return_index_rebuild');
  }
}
