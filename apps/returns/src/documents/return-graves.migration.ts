import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Returns whose rows were taken away by hand, which no service of ours does: every copy must still be told, and one that
 * comes back under the same id must count on from there, or its copies would take it for something old.
 */
export class CreateReturnGraves1763800000210 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE return_grave (
        return_id bigint PRIMARY KEY,
        version bigint NOT NULL,
        buried_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      -- Returns that are gone under this version, of which no index has a tombstone any more.
      CREATE TABLE return_forgotten (
        return_id bigint PRIMARY KEY,
        version bigint NOT NULL
      );
      CREATE INDEX order_return_gone_idx ON order_return (id) WHERE deleted;
      CREATE FUNCTION bury_return() RETURNS trigger LANGUAGE plpgsql AS $body$
      BEGIN
        EXECUTE format(
          'INSERT INTO %I.return_grave (return_id, version) VALUES ($1, $2)
           ON CONFLICT (return_id) DO UPDATE SET version = excluded.version, buried_at = clock_timestamp()',
          TG_TABLE_SCHEMA) USING OLD.id, OLD.version + 1;
        RETURN NULL;
      END $body$;
      CREATE FUNCTION unbury_return() RETURNS trigger LANGUAGE plpgsql AS $body$
      DECLARE last bigint;
      BEGIN
        EXECUTE format('DELETE FROM %I.return_grave WHERE return_id = $1 RETURNING version', TG_TABLE_SCHEMA)
          INTO last USING NEW.id;
        IF last IS NOT NULL THEN NEW.version := greatest(NEW.version, last + 1); END IF;
        RETURN NEW;
      END $body$;
      CREATE TRIGGER order_return_bury AFTER DELETE ON order_return FOR EACH ROW EXECUTE FUNCTION bury_return();
      CREATE TRIGGER order_return_unbury BEFORE INSERT ON order_return FOR EACH ROW EXECUTE FUNCTION unbury_return();
      ALTER TABLE order_return ENABLE ALWAYS TRIGGER order_return_bury;
      ALTER TABLE order_return ENABLE ALWAYS TRIGGER order_return_unbury;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TRIGGER order_return_bury ON order_return;
      DROP TRIGGER order_return_unbury ON order_return;
      DROP FUNCTION bury_return();
      DROP FUNCTION unbury_return();
      DROP INDEX order_return_gone_idx;
      DROP TABLE return_forgotten, return_grave;
    `);
  }
}
