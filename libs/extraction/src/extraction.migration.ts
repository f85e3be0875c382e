import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is sent for a run, and how far that has got. */
export class CreateExtraction1760000000401 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE extraction (
        run_id uuid PRIMARY KEY,
        fence bigint NOT NULL,
        phase text NOT NULL,
        as_of date NOT NULL,
        batch_size integer NOT NULL,
        batches integer NOT NULL,
        items integer NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz
      );
      CREATE TABLE extraction_batch (
        run_id uuid CONSTRAINT extraction_batch_run_fkey REFERENCES extraction,
        sequence integer,
        keys text[] NOT NULL,
        published_at timestamptz,
        PRIMARY KEY (run_id, sequence)
      );
      CREATE INDEX extraction_batch_unpublished_idx ON extraction_batch (run_id, sequence) WHERE published_at IS NULL;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE extraction_batch, extraction');
  }
}
