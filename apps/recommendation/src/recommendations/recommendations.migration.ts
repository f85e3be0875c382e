import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Recommendations, found by their doctor's number. */
export class CreateRecommendations1760200000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE recommendation (
        id text COLLATE "C" PRIMARY KEY,
        gmc_number text COLLATE "C" NOT NULL,
        outcome text,
        type text,
        status text,
        gmc_submission_date date,
        actual_submission_date date,
        gmc_revalidation_id text,
        deferral_date date,
        deferral_reason text,
        deferral_sub_reason text,
        comments text[] NOT NULL,
        admin text,
        updated_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX recommendation_gmc_number_idx ON recommendation (gmc_number);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE recommendation');
  }
}
