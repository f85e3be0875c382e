import { FIRST_ALLOCATED_ID } from '@lockstep/ownership';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The seller centre's catalogue. Rows stay as tombstones: the shop must still be told that something is gone. */
export class CreateCatalogue1763800000101 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE SEQUENCE seller_allocated_id_seq AS bigint MINVALUE ${FIRST_ALLOCATED_ID};
      CREATE SEQUENCE product_set_allocated_id_seq AS bigint MINVALUE ${FIRST_ALLOCATED_ID};
      CREATE SEQUENCE product_allocated_id_seq AS bigint MINVALUE ${FIRST_ALLOCATED_ID};
      CREATE TABLE seller (
        id bigint PRIMARY KEY,
        name text NOT NULL,
        active boolean NOT NULL,
        version bigint NOT NULL,
        deleted boolean NOT NULL DEFAULT false,
        updated_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE TABLE product_set (
        id bigint PRIMARY KEY,
        -- None yet where an import has stated none; the shop is told of nothing before.
        seller_id bigint CONSTRAINT product_set_seller_fkey REFERENCES seller,
        name text NOT NULL,
        brand text,
        attribute_set text,
        primary_category text,
        categories text[] NOT NULL,
        images jsonb NOT NULL,
        -- Stated by imports: what its products cost that state no price of their own.
        price numeric(14, 2),
        tags text[] NOT NULL DEFAULT '{}',
        src_id text,
        version bigint NOT NULL,
        deleted boolean NOT NULL DEFAULT false,
        updated_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX product_set_seller_idx ON product_set (seller_id, id);
      -- The shop's ids are nobody else's; tombstones keep theirs.
      CREATE UNIQUE INDEX product_set_src_id_key ON product_set (src_id) WHERE src_id IS NOT NULL;
      CREATE TABLE product (
        id bigint PRIMARY KEY,
        product_set_id bigint NOT NULL CONSTRAINT product_product_set_fkey REFERENCES product_set,
        -- That of the set, kept here because a SKU is unique within it.
        seller_id bigint CONSTRAINT product_seller_fkey REFERENCES seller,
        seller_sku text NOT NULL,
        title text,
        description text,
        price numeric(14, 2),
        special_price numeric(14, 2),
        -- Days or instants, as the seller has stated them.
        special_from_date text,
        special_to_date text,
        stock integer NOT NULL,
        consignment_stock integer NOT NULL,
        status text NOT NULL,
        qc_status text NOT NULL,
        ean text,
        tax_class text,
        shipment_type text,
        attributes jsonb NOT NULL,
        shop_sku text,
        src_id text,
        src_updated_at text,
        version bigint NOT NULL,
        deleted boolean NOT NULL DEFAULT false,
        updated_at timestamptz NOT NULL DEFAULT now()
      -- Every answer of the shop changes its stamp: beside the old row that touches none of the indexes.
      ) WITH (fillfactor = 80);
      CREATE INDEX product_set_idx ON product (product_set_id, id);
      CREATE UNIQUE INDEX product_seller_sku_key ON product (seller_id, seller_sku) WHERE NOT deleted;
      CREATE INDEX product_sku_idx ON product (seller_sku);
      CREATE UNIQUE INDEX product_src_id_key ON product (src_id) WHERE src_id IS NOT NULL;
      CREATE TABLE brand (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL
      );
      CREATE TABLE category (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL,
        parent_id bigint CONSTRAINT category_parent_fkey REFERENCES category,
        hero_product_set_id bigint CONSTRAINT category_hero_fkey REFERENCES product_set
      );
      CREATE TABLE location (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text
      );
      CREATE TABLE product_set_relation (
        product_set_id bigint CONSTRAINT relation_product_set_fkey REFERENCES product_set,
        related_id bigint CONSTRAINT relation_related_fkey REFERENCES product_set,
        PRIMARY KEY (product_set_id, related_id)
      );
      CREATE TABLE location_stock (
        product_id bigint CONSTRAINT location_stock_product_fkey REFERENCES product,
        location_id bigint CONSTRAINT location_stock_location_fkey REFERENCES location,
        quantity integer NOT NULL,
        PRIMARY KEY (product_id, location_id)
      );
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TABLE location_stock, product_set_relation, location, category, brand, product, product_set, seller;
      DROP SEQUENCE seller_allocated_id_seq, product_set_allocated_id_seq, product_allocated_id_seq;
    `);
  }
}
