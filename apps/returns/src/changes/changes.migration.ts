import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables whose rows belong to one return each, by `return_id`. */
const PARTS = ['return_item', 'return_shipment', 'return_event', 'return_tag'];

/**
 * Which returns each transaction changed, written by the database itself, so that no writer can forget it. See this
 * folder's README for what each trigger is there for.
 */
export class CreateReturnChanges1763800000211 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLE);
    await queryRunner.query(VERSIONS);
    await queryRunner.query(LOGGING);
    await queryRunner.query(FAN_OUT);
    await createTriggers(queryRunner, 'order_return', ['INSERT', 'UPDATE', 'DELETE'], 'log_order_return');
    for (const part of PARTS) {
      await createTriggers(queryRunner, part, ['INSERT', 'UPDATE', 'DELETE'], 'log_return_part');
    }
    await createTriggers(queryRunner, 'order', ['UPDATE'], 'log_order');
    await createTriggers(queryRunner, 'order_item', ['INSERT', 'UPDATE', 'DELETE'], 'log_order_item');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP FUNCTION log_order_return, hold_other_order, log_return_part, log_order, log_order_item CASCADE;
      DROP TABLE return_change;
      DROP FUNCTION raise_return_version;
    `);
  }
}

// The transaction's own id, not the system column xmin: that names a savepoint's, which a snapshot cannot place.
const TABLE = `
  CREATE TABLE return_change (
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    return_id bigint NOT NULL,
    op text NOT NULL CHECK (op IN ('U', 'D')),
    -- Of a return whose row is gone: one beyond its last, so that copies can be told.
    version bigint CHECK ((version IS NOT NULL) = (op = 'D')),
    -- The table that the transaction changed first.
    source text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (xid, return_id)
  );
  CREATE INDEX return_change_return_idx ON return_change (return_id, at);
  CREATE INDEX return_change_at_idx ON return_change USING brin (at);`;

// At the commit, so that the row of the return is locked for an instant only, whatever else the transaction does. The lock
// makes versions of one return grow in the order of the commits, which ids of transactions do not.
const VERSIONS = `
  CREATE FUNCTION raise_return_version() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
  BEGIN
    PERFORM set_config('lockstep.raises_version', 'on', true);
    UPDATE order_return SET version = version + 1 WHERE id = new.return_id;
    PERFORM set_config('lockstep.raises_version', 'off', true);
    RETURN NULL;
  END $$;
  CREATE CONSTRAINT TRIGGER raise_return_version AFTER INSERT ON return_change
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION raise_return_version();
  ALTER TABLE return_change ENABLE ALWAYS TRIGGER raise_return_version;`;

// One row a transaction and return. Raising the version is no change of its own. No statement joins the rows of a trigger with
// others: its plan is kept from the first time, when they were few.
const LOGGING = `
  CREATE FUNCTION log_order_return() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
  DECLARE orders bigint[];
  BEGIN
    IF tg_op = 'DELETE' THEN
      INSERT INTO return_change (return_id, op, version, source)
      SELECT id, 'D', version + 1, tg_table_name FROM old_rows ORDER BY id
      ON CONFLICT (xid, return_id) DO UPDATE SET op = 'D', version = excluded.version, source = excluded.source;
      RETURN NULL;
    END IF;
    IF current_setting('lockstep.raises_version', true) = 'on' THEN RETURN NULL; END IF;
    -- Whoever changes an order looks for its returns afterwards: it must see this one, or this one the order's change.
    IF tg_op = 'INSERT' THEN
      orders := ARRAY(SELECT DISTINCT order_id FROM new_rows);
      PERFORM FROM "order" WHERE id = ANY (orders) ORDER BY id FOR SHARE;
    END IF;
    INSERT INTO return_change (return_id, op, source)
    SELECT id, 'U', tg_table_name FROM new_rows ORDER BY id ON CONFLICT DO NOTHING;
    RETURN NULL;
  END $$;

  CREATE FUNCTION hold_other_order() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
  BEGIN
    PERFORM FROM "order" WHERE id = new.order_id FOR SHARE;
    RETURN NULL;
  END $$;
  CREATE TRIGGER hold_other_order AFTER UPDATE OF order_id ON order_return
    FOR EACH ROW WHEN (old.order_id IS DISTINCT FROM new.order_id) EXECUTE FUNCTION hold_other_order();
  ALTER TABLE order_return ENABLE ALWAYS TRIGGER hold_other_order;

  CREATE FUNCTION log_return_part() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
  BEGIN
    IF tg_op <> 'INSERT' THEN
      INSERT INTO return_change (return_id, op, source)
      SELECT DISTINCT return_id, 'U', tg_table_name FROM old_rows ORDER BY return_id ON CONFLICT DO NOTHING;
    END IF;
    IF tg_op <> 'DELETE' THEN
      INSERT INTO return_change (return_id, op, source)
      SELECT DISTINCT return_id, 'U', tg_table_name FROM new_rows ORDER BY return_id ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
  END $$;`;

// A return shows fields of its order. The order's lock keeps returns from appearing unseen between its change and the look.
const FAN_OUT = `
  CREATE FUNCTION log_order() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
  BEGIN
    IF current_setting('transaction_isolation') = 'repeatable read' THEN
      RAISE EXCEPTION 'orders are changed in READ COMMITTED or SERIALIZABLE: their new returns would be missed';
    END IF;
    INSERT INTO return_change (return_id, op, source)
    SELECT id, 'U', tg_table_name FROM order_return WHERE order_id = ANY (ARRAY(SELECT id FROM new_rows)) ORDER BY id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
  END $$;

  CREATE FUNCTION log_order_item() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
  DECLARE orders bigint[] := '{}';
  BEGIN
    IF current_setting('transaction_isolation') = 'repeatable read' THEN
      RAISE EXCEPTION 'orders are changed in READ COMMITTED or SERIALIZABLE: their new returns would be missed';
    END IF;
    IF tg_op <> 'INSERT' THEN orders := ARRAY(SELECT DISTINCT order_id FROM old_rows); END IF;
    IF tg_op <> 'DELETE' THEN orders := orders || ARRAY(SELECT DISTINCT order_id FROM new_rows); END IF;
    PERFORM FROM "order" WHERE id = ANY (orders) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO return_change (return_id, op, source)
    SELECT id, 'U', tg_table_name FROM order_return WHERE order_id = ANY (orders) ORDER BY id ON CONFLICT DO NOTHING;
    RETURN NULL;
  END $$;`;

const ROWS_OF = {
  INSERT: 'NEW TABLE AS new_rows',
  UPDATE: 'OLD TABLE AS old_rows NEW TABLE AS new_rows',
  DELETE: 'OLD TABLE AS old_rows',
};

/** One a statement and event; also where a session has switched ordinary triggers off, as replication and restores do. */
async function createTriggers(
  queryRunner: QueryRunner,
  table: string,
  events: readonly (keyof typeof ROWS_OF)[],
  run: string,
): Promise<void> {
  for (const event of events) {
    const name = `${run}_${event.toLowerCase()}`;
    await queryRunner.query(`
      CREATE TRIGGER ${name} AFTER ${event} ON "${table}" REFERENCING ${ROWS_OF[event]}
        FOR EACH STATEMENT EXECUTE FUNCTION ${run}();
      ALTER TABLE "${table}" ENABLE ALWAYS TRIGGER ${name};
    `);
  }
}
