import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What happens to a return, how it travels, and what people have noted on it. */
export class CreateReturnParts1763800000202 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE return_shipment (
        return_id bigint PRIMARY KEY CONSTRAINT return_shipment_return_fkey REFERENCES order_return,
        location text,
        warehouse_id text,
        expected_delivery_at timestamptz,
        -- A return not completed by then is late; whether it is, is decided when somebody asks.
        sla_due_at timestamptz,
        customer_name text,
        customer_phone text,
        customer_email text,
        pickup_city text,
        pickup_state text,
        pickup_postal_code text
      );
      CREATE TABLE return_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        return_id bigint NOT NULL CONSTRAINT return_event_return_fkey REFERENCES order_return,
        source text NOT NULL,
        status text NOT NULL,
        -- When it happened, as the courier says; couriers report late and out of order.
        external_updated_at timestamptz,
        return_item_id bigint,
        item_status text,
        -- What the warehouse found: condition, reasons, shelf.
        details jsonb,
        -- The same event told twice is one.
        event_key text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        UNIQUE (return_id, event_key)
      );
      CREATE TABLE return_tag (
        return_id bigint CONSTRAINT return_tag_return_fkey REFERENCES order_return,
        tag text,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (return_id, tag)
      );
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE return_tag, return_event, return_shipment;');
  }
}
