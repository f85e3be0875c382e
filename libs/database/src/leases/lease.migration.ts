import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The table of `Leases`. */
export class CreateLease1760000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE lease (
      name       text        PRIMARY KEY,
      owner      text        NOT NULL,
      token      bigint      NOT NULL,
      expires_at timestamptz NOT NULL
    )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE lease');
  }
}
