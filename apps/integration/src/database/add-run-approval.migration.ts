import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who let a held run go on: kept with the run, since it may be held before it has a generation. */
export class AddRunApproval1763700000004 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE sync_run ADD COLUMN approved_by text');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE sync_run DROP COLUMN approved_by');
  }
}
