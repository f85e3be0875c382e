import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Links that show a seller why a product is, or is not, live. */
export class CreateSyncLinks1763900000601 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE product_sync_link (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        -- SHA-256; the token itself is shown once and kept nowhere.
        token_hash bytea NOT NULL UNIQUE,
        product_id bigint NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz
      );
      CREATE INDEX product_sync_link_product_idx ON product_sync_link (product_id);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE product_sync_link');
  }
}
