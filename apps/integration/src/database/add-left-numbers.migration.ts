import type { MigrationInterface, QueryRunner } from 'typeorm';

/** GMC numbers that a person has left and of which the index and the projections have not been told yet. */
export class AddLeftNumbers1763700000003 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tis_part ADD COLUMN left_numbers text[] NOT NULL DEFAULT '{}'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE tis_part DROP COLUMN left_numbers');
  }
}
