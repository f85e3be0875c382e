import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a generation was declared to hold, and whether it began empty because the engine had lost the one before. */
export class AddGenerationFields1760000000302 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE index_generation
        ADD COLUMN fields     json,
        ADD COLUMN after_loss boolean NOT NULL DEFAULT false`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE index_generation DROP COLUMN fields, DROP COLUMN after_loss');
  }
}
