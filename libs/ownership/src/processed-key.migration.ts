import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was answered to each item of an import, by its idempotency key. */
export class CreateProcessedKey1760000000501 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE processed_key (
        key text PRIMARY KEY,
        dispatch_id text NOT NULL,
        identifier_ids json,
        -- Null: it was done.
        errors json,
        processed_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX processed_key_age_idx ON processed_key USING brin (processed_at);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE processed_key');
  }
}
