import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables of `IndexFamily`, in the service's own schema. */
export class CreateIndexFamilies1760000000301 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE index_family (
        name            text PRIMARY KEY,
        installation    uuid NOT NULL DEFAULT gen_random_uuid(),
        active          integer,
        previous        integer,
        building        integer,
        fence           bigint NOT NULL DEFAULT 0,
        write_targets   integer[] NOT NULL DEFAULT '{}',
        last_generation integer NOT NULL DEFAULT 0
      )`);
    await queryRunner.query(`
      CREATE TABLE index_generation (
        family       text NOT NULL REFERENCES index_family (name),
        number       integer NOT NULL,
        state        text NOT NULL,
        run_id       text,
        fence        bigint NOT NULL,
        schema_hash  text NOT NULL,
        structure    text,
        verification jsonb,
        approved_by  text,
        created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
        sealed_at    timestamptz,
        activated_at timestamptz,
        ended_at     timestamptz,
        PRIMARY KEY (family, number)
      )`);
    await queryRunner.query(`
      CREATE UNIQUE INDEX index_generation_of_run ON index_generation (family, run_id)
      WHERE state NOT IN ('retired', 'abandoned')`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE index_generation, index_family');
  }
}
