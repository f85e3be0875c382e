import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the lists of items are read by, and what operators do with many items at once. */
export class CreateItemLists1763900000401 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- For beginnings of SKUs, which the indexes of a language's order cannot look up.
      CREATE INDEX product_seller_sku_prefix_idx ON product (seller_sku text_pattern_ops);
      CREATE INDEX product_shop_sku_prefix_idx ON product (shop_sku text_pattern_ops) WHERE shop_sku IS NOT NULL;
      -- Few items are in these, so that moves of the others cost nothing.
      CREATE INDEX sync_item_attention_idx ON sync_item (id) WHERE attention AND finished_at IS NULL;
      CREATE INDEX sync_item_requeued_idx ON sync_item (requeue_count) WHERE requeue_count > 0 AND finished_at IS NULL;
      -- Items by the flow of their latest call: those that have been called are looked at, which mostly are few.
      CREATE INDEX sync_call_flow_idx ON sync_call (flow, id);
      CREATE INDEX sync_item_called_idx ON sync_item (id) WHERE was_called AND finished_at IS NULL;
      CREATE INDEX sync_item_signature_idx ON sync_item (error_signature, id)
        WHERE error_signature IS NOT NULL AND finished_at IS NULL;
      CREATE TABLE requeue_run (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        filter jsonb NOT NULL,
        -- running, then: completed, cancelled.
        state text NOT NULL DEFAULT 'running',
        -- Items are taken in the order of their ids, those that came later are not.
        after_id bigint NOT NULL DEFAULT 0,
        last_id bigint NOT NULL,
        cap integer NOT NULL,
        rate_per_second integer NOT NULL,
        matching integer NOT NULL,
        requeued integer NOT NULL DEFAULT 0,
        -- They had moved on when it was their turn.
        skipped integer NOT NULL DEFAULT 0,
        next_at timestamptz NOT NULL DEFAULT now(),
        created_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz
      );
      CREATE INDEX requeue_run_running_idx ON requeue_run (next_at) WHERE state = 'running';
      -- What operators did with single items, and why.
      CREATE TABLE item_action (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        item_id bigint NOT NULL,
        action text NOT NULL,
        reason text,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL
      );
      CREATE INDEX item_action_item_idx ON item_action (item_id, id);
      -- Who had a product uploaded again, and why.
      CREATE TABLE reupload (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        product_id bigint NOT NULL,
        product_set_id bigint NOT NULL,
        requeued integer NOT NULL,
        enqueued integer NOT NULL,
        reason text,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TABLE reupload, item_action, requeue_run;
      DROP INDEX sync_item_signature_idx, sync_item_called_idx, sync_call_flow_idx, sync_item_requeued_idx, sync_item_attention_idx, product_shop_sku_prefix_idx, product_seller_sku_prefix_idx;
    `);
  }
}
