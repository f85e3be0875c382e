import type { MigrationInterface, QueryRunner } from 'typeorm';

/** DoctorsForDB. Numbers are ordered by code point, whatever the locale of the database. */
export class CreateGmcDoctors1760200000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE doctors_for_db (
        gmc_number text COLLATE "C" PRIMARY KEY,
        first_name text,
        last_name text,
        submission_date date,
        date_added date,
        under_notice text,
        sanction text,
        doctor_status text,
        last_updated_date date,
        gmc_last_updated_date_time timestamptz,
        designated_body_code text,
        admin text,
        exists_in_gmc boolean NOT NULL,
        version bigint NOT NULL,
        deleted boolean NOT NULL DEFAULT false,
        updated_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX doctors_for_db_body_idx ON doctors_for_db (designated_body_code);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE doctors_for_db');
  }
}
