import { type MigrationClass, migrateSchema, type RetentionRule, tooOld } from '@lockstep/database';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';

/** The one schema that every service reads. */
const ACCESS_SCHEMA = 'access';

class CreateAccess1760000000201 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE token (
      id            uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
      name          text        NOT NULL,
      prefix        text        NOT NULL UNIQUE,
      hash          bytea       NOT NULL,
      role          text        NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
      scopes        text[]      NOT NULL,
      account_slugs text[]      NOT NULL,
      workspaces    text[]      NOT NULL,
      created_by    text        NOT NULL,
      created_at    timestamptz NOT NULL DEFAULT now(),
      expires_at    timestamptz,
      last_used_at  timestamptz,
      revoked_at    timestamptz
    )`);
    await queryRunner.query(`CREATE TABLE audit (
      id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      at         timestamptz NOT NULL,
      service    text        NOT NULL,
      actor_id   text,
      actor_name text,
      method     text        NOT NULL,
      route      text        NOT NULL,
      target     jsonb       NOT NULL,
      status     int         NOT NULL,
      request_id text
    )`);
    await queryRunner.query('CREATE INDEX audit_at ON audit (at)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE audit, token');
  }
}

/** Who did what, long ago. The rows are of every service, and any of them may remove them. */
export const accessRetention: readonly RetentionRule[] = [
  { table: 'access.audit', outdated: (limits) => `at < ${tooOld(limits)}` },
];

const accessMigrations: readonly MigrationClass[] = [CreateAccess1760000000201];

/** Brings the schema `access` up to date, whichever service comes first; the others find nothing to do. */
export async function migrateAccess(dataSource: DataSource, service: string): Promise<void> {
  const { url } = dataSource.options as { url?: string };
  if (!url) throw new Error('the data source must be made from a URL');
  await migrateSchema({ url, schema: ACCESS_SCHEMA, service, migrations: accessMigrations });
}
