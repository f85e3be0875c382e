import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The parts of every doctor as their sources sent them, and the master row derived from them.
 *
 * `toast_tuple_target` keeps rows of up to 8 KB in one piece: compressing each 2 KB payload would cost more than it saves.
 * Payloads are `json`, not `jsonb`: they are stored and handed on as text, never searched.
 */
export class CreateMergeTables1763700000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE tis_part (
        person_id          bigint PRIMARY KEY,
        gmc_number         text COLLATE "C",
        version            bigint NOT NULL,
        deleted            boolean NOT NULL,
        exclusion          text,
        entered_gmc_number text,
        payload            json,
        updated_at         timestamptz NOT NULL DEFAULT clock_timestamp()
      ) WITH (toast_tuple_target = 8160)`);
    await queryRunner.query(`CREATE INDEX tis_part_gmc_number ON tis_part (gmc_number) WHERE gmc_number IS NOT NULL`);
    await queryRunner.query(`
      CREATE TABLE gmc_part (
        gmc_number text COLLATE "C" PRIMARY KEY,
        version    bigint NOT NULL,
        deleted    boolean NOT NULL,
        payload    json,
        updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
      ) WITH (toast_tuple_target = 8160)`);
    await queryRunner.query(`
      CREATE TABLE master_doctor (
        gmc_number   text COLLATE "C" PRIMARY KEY,
        version      bigint NOT NULL,
        deleted      boolean NOT NULL,
        bucket       smallint NOT NULL,
        content_hash text NOT NULL,
        shared_by    bigint[] NOT NULL,
        source       json NOT NULL,
        updated_at   timestamptz NOT NULL DEFAULT clock_timestamp()
      ) WITH (toast_tuple_target = 8160)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE master_doctor, gmc_part, tis_part');
  }
}
