import type { MigrationInterface, QueryRunner } from 'typeorm';
import { contentHash } from './content-hash.js';
import { EXAMPLE_IMPORT_TYPES } from './example-import-types.js';

/** The types of every version, and mapping configurations. A new installation has the example set. */
export class CreateImportTypes1763700000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE import_types (
        version      int PRIMARY KEY,
        types        json NOT NULL,
        content_hash text NOT NULL,
        updated_by   text NOT NULL,
        updated_at   timestamptz NOT NULL DEFAULT clock_timestamp()
      )`);
    await queryRunner.query(`
      CREATE TABLE import_config (
        id           text COLLATE "C" PRIMARY KEY,
        config       json NOT NULL,
        content_hash text NOT NULL,
        updated_by   text NOT NULL,
        updated_at   timestamptz NOT NULL DEFAULT clock_timestamp()
      )`);
    await queryRunner.query(
      `INSERT INTO import_types (version, types, content_hash, updated_by) VALUES (1, $1, $2, 'lockstep')`,
      [JSON.stringify(EXAMPLE_IMPORT_TYPES), contentHash(EXAMPLE_IMPORT_TYPES)],
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE import_config, import_types');
  }
}
