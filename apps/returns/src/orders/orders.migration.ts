import { FIRST_ALLOCATED_ID } from '@lockstep/ownership';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Customers, orders, returns. A return that was deleted stays as a tombstone, so that every copy can be told. */
export class CreateOrders1763800000201 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE SEQUENCE order_allocated_id_seq AS bigint MINVALUE ${FIRST_ALLOCATED_ID};
      CREATE SEQUENCE order_item_allocated_id_seq AS bigint MINVALUE ${FIRST_ALLOCATED_ID};
      CREATE SEQUENCE order_return_allocated_id_seq AS bigint MINVALUE ${FIRST_ALLOCATED_ID};
      CREATE TABLE customer (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        email text NOT NULL,
        referred_by bigint CONSTRAINT customer_referred_by_fkey REFERENCES customer
      );
      CREATE TABLE "order" (
        id bigint PRIMARY KEY,
        customer_id bigint CONSTRAINT order_customer_fkey REFERENCES customer,
        customer_order_number text NOT NULL,
        -- A day or an instant, as it was stated.
        order_date text,
        portal text,
        sales_channel text,
        account_slug text,
        workspace text,
        payment_type text,
        version bigint NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX order_number_idx ON "order" (customer_order_number);
      CREATE TABLE order_item (
        order_id bigint CONSTRAINT order_item_order_fkey REFERENCES "order",
        id bigint,
        position integer NOT NULL,
        sku text,
        -- Of shop-update, where an import has named it.
        product_id bigint,
        product_name text,
        brand text,
        quantity integer NOT NULL,
        line_item_total numeric(14, 2),
        PRIMARY KEY (order_id, id)
      );
      CREATE TABLE order_return (
        id bigint PRIMARY KEY,
        -- None for what came back without anybody knowing of which order it is.
        order_id bigint CONSTRAINT order_return_order_fkey REFERENCES "order",
        customer_return_number text NOT NULL,
        return_type text NOT NULL,
        pickup_type text,
        courier_name text,
        return_tracking_id text,
        refund_amount numeric(14, 2),
        is_cod boolean NOT NULL,
        requested_at timestamptz,
        -- What was agreed in the end, in the words of whoever agreed.
        resolution text,
        invoice_number text,
        -- Raised by the database, once for each transaction that changes the return or what it is shown with.
        version bigint NOT NULL DEFAULT 0,
        deleted boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX order_return_order_idx ON order_return (order_id);
      CREATE INDEX order_return_created_idx ON order_return (created_at, id);
      CREATE INDEX order_return_updated_idx ON order_return (updated_at);
      CREATE TABLE return_item (
        return_id bigint CONSTRAINT return_item_return_fkey REFERENCES order_return,
        id bigint,
        position integer NOT NULL,
        order_item_id bigint,
        sku text,
        quantity integer NOT NULL,
        return_reason text,
        return_sub_reason text,
        ean text,
        esin text,
        -- Addresses of pictures, never looked into.
        images text[],
        PRIMARY KEY (return_id, id)
      );
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TABLE return_item, order_return, order_item, "order", customer;
      DROP SEQUENCE order_allocated_id_seq, order_item_allocated_id_seq, order_return_allocated_id_seq;
    `);
  }
}
