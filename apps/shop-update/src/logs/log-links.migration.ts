import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Searches of the log that somebody shares. */
export class CreateLogLinks1763900000301 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE log_link (
        -- Made from the state: the same search has the same link.
        id text PRIMARY KEY,
        state jsonb NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE log_link');
  }
}
