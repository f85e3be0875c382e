import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One row for each command to rebuild that this service has taken. */
export class CreateProjectionRebuild1760000000301 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE projection_rebuild (
        run_id      uuid PRIMARY KEY,
        fence       bigint NOT NULL UNIQUE,
        generation  text NOT NULL,
        as_of       date NOT NULL,
        state       text NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed')),
        expected    integer,
        received    integer NOT NULL DEFAULT 0,
        written     integer NOT NULL DEFAULT 0,
        rejected    integer NOT NULL DEFAULT 0,
        error       text,
        left_out    json,
        created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
        started_at  timestamptz,
        finished_at timestamptz
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE projection_rebuild');
  }
}
