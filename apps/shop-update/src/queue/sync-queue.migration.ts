import { lz4Sql } from '@lockstep/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the shop must still be told, what it was told, and what it has answered. */
export class CreateSyncQueue1763900000102 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE shop_config (
        -- The greatest is in force.
        version bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        settings jsonb NOT NULL,
        changed_by text NOT NULL,
        changed_at timestamptz NOT NULL DEFAULT now()
      );
      -- A product set: its items leave one after the other. Whoever adds or moves an item locks its lane first.
      CREATE TABLE sync_lane (
        product_set_id bigint PRIMARY KEY,
        -- When its next item may leave; none while nothing may.
        ready_at timestamptz,
        ready_item_id bigint,
        -- A call carries items of one topic.
        ready_topic text,
        -- The item that was taken last: while it is being sent, the only one of the lane that is.
        sent_item_id bigint,
        -- Of the settings by which this was decided.
        config_version bigint NOT NULL DEFAULT 0
      );
      CREATE INDEX sync_lane_ready_idx ON sync_lane (ready_topic, ready_at, product_set_id) WHERE ready_at IS NOT NULL;
      CREATE TABLE sync_item (
        -- Given under the lock of the lane: also the order within it.
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        product_set_id bigint NOT NULL,
        -- None where the whole set is meant: its creation, its images.
        product_id bigint,
        topic text NOT NULL,
        status text NOT NULL,
        reason text,
        queued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        -- When it last entered the queue, nanoseconds since 1970.
        enqueued_at_ns numeric(20, 0) NOT NULL,
        -- When it may go on: the end of a hold, the next attempt, the end of a lease.
        available_at timestamptz,
        hold_until timestamptz,
        retry_no integer NOT NULL DEFAULT 0,
        requeue_count integer NOT NULL DEFAULT 0,
        last_requeued_at timestamptz,
        failures integer NOT NULL DEFAULT 0,
        failed_at timestamptz,
        attention boolean NOT NULL DEFAULT false,
        merged integer NOT NULL DEFAULT 0,
        -- What it waits for: {kind: 'product' | 'item' | 'holder', id}.
        blocked_by jsonb,
        last_error text,
        -- Method, code and message without their numbers: equal ones have one cause.
        error_signature text,
        -- The latest call that carried it.
        request_id bigint,
        -- An answer that is still to be written down, so that a failed attempt to do so sends nothing again.
        unapplied jsonb,
        finished_at timestamptz,
        version bigint NOT NULL DEFAULT 1,
        -- The status as indexes know it. What is being sent still counts as pending: so an item's first sending, which mostly
        -- is its only one, is written to no index, and beside the former row.
        indexed_status text NOT NULL GENERATED ALWAYS AS (
          CASE WHEN status IN ('processing', 'building_request_payload', 'made_request') THEN 'pending' ELSE status END) STORED,
        -- It was sent before, and is not being sent: known to indexes in the same way.
        was_called boolean NOT NULL GENERATED ALWAYS AS (
          request_id IS NOT NULL AND status NOT IN ('processing', 'building_request_payload', 'made_request')) STORED
      ) WITH (fillfactor = 45); -- room for the second version of every row of a page
      CREATE INDEX sync_item_lane_idx ON sync_item (product_set_id, id) WHERE finished_at IS NULL;
      CREATE INDEX sync_item_product_idx ON sync_item (product_id, id);
      -- Lists by status and topic in the order of their age: each kind is read by itself, however rare it is.
      CREATE INDEX sync_item_kind_idx ON sync_item (indexed_status, topic, queued_at, id);
      -- Lists of all that is unfinished in the order of its age, and by its age.
      CREATE INDEX sync_item_queued_idx ON sync_item (queued_at, id) WHERE finished_at IS NULL;
      CREATE INDEX sync_item_due_idx ON sync_item (available_at) WHERE finished_at IS NULL AND available_at IS NOT NULL;
      CREATE INDEX sync_item_finished_idx ON sync_item (finished_at) WHERE finished_at IS NOT NULL;
      -- At most one waits for each topic of a product, or of a set, and later changes join it: the lock of the lane sees to it.
      CREATE INDEX sync_item_key_idx ON sync_item (product_set_id, coalesce(product_id, 0), topic) WHERE finished_at IS NULL;
      -- A lane may hold thousands of items; whose turn it is follows from the first of each of these.
      CREATE INDEX sync_item_line_idx ON sync_item (product_set_id, id)
        WHERE indexed_status = 'pending' OR (indexed_status = 'delayed' AND reason <> 'stock_hold');
      CREATE INDEX sync_item_create_idx ON sync_item (product_set_id, id)
        WHERE topic IN ('new_product_set', 'new_product') AND finished_at IS NULL;
      CREATE INDEX sync_item_answering_idx ON sync_item (product_set_id) WHERE indexed_status IN ('got_acknowledgment',
        'got_response', 'building_response_payload', 'response_processing');
      CREATE SEQUENCE sync_request_id_seq AS bigint;
      CREATE TABLE sync_call (
        -- The id of the request, as the shop echoes it.
        id bigint PRIMARY KEY DEFAULT nextval('sync_request_id_seq'),
        flow text NOT NULL,
        method text NOT NULL,
        topic text NOT NULL,
        payload jsonb NOT NULL,
        config_version bigint NOT NULL,
        worker text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        -- The worker that sends it is dead when it has not said what came of it until then.
        lease_until timestamptz,
        acked_at timestamptz,
        responded_at timestamptz,
        http_status integer,
        -- open, then: acknowledged, answered, failed, unusable, expired.
        outcome text NOT NULL DEFAULT 'open',
        error_reason text,
        error text,
        -- What the shop has said of each item, by its position, and what was wrong; none of those that it said nothing of.
        item_outcomes text[],
        item_errors text[]
      );
      CREATE INDEX sync_call_open_idx ON sync_call (lease_until) WHERE outcome = 'open';
      CREATE INDEX sync_call_created_idx ON sync_call (created_at);
      -- Never changed. No foreign key: it would be asked for each item of each call.
      CREATE TABLE sync_call_item (
        call_id bigint,
        position integer,
        item_id bigint NOT NULL,
        -- SHA-256 of what was said about the item.
        fingerprint text NOT NULL,
        PRIMARY KEY (call_id, position)
      );
      CREATE INDEX sync_call_item_item_idx ON sync_call_item (item_id, call_id);
      CREATE FUNCTION forget_items_of_calls() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
      BEGIN
        DELETE FROM sync_call_event WHERE call_id IN (SELECT id FROM gone);
        DELETE FROM sync_call_item WHERE call_id IN (SELECT id FROM gone);
        RETURN NULL;
      END $$;
      CREATE TRIGGER forget_items AFTER DELETE ON sync_call REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION forget_items_of_calls();
      -- What happened to an item in one transaction. Most of it is several moves at one moment, and one row costs as much
      -- as any of them would.
      CREATE TABLE sync_item_event (
        id bigint GENERATED ALWAYS AS IDENTITY,
        item_id bigint,
        from_status text,
        -- Where it came through, without beginning and end.
        via text[] NOT NULL DEFAULT '{}',
        to_status text NOT NULL,
        reason text,
        -- Of each move the number of the transition's row in the table of the README, or what somebody did.
        causes text[] NOT NULL,
        call_id bigint,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        -- The only index: history is read by its item.
        PRIMARY KEY (item_id, id)
      );
      -- The same of several items of a call that went the same way at one moment: as they mostly do.
      CREATE TABLE sync_call_event (
        id bigint DEFAULT nextval('sync_item_event_id_seq'),
        call_id bigint,
        item_ids bigint[] NOT NULL,
        from_status text,
        via text[] NOT NULL,
        to_status text NOT NULL,
        reason text,
        causes text[] NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (call_id, id)
      );
      -- Both, move by move.
      CREATE VIEW sync_item_move AS
        SELECT id, place, item_id, CASE WHEN place = 1 THEN from_status ELSE via[place - 1] END AS from_status,
          coalesce(via[place], to_status) AS to_status, CASE WHEN place > cardinality(via) THEN reason END AS reason,
          causes[place] AS cause, call_id, at
        FROM (
          SELECT id, item_id, from_status, via, to_status, reason, causes, call_id, at FROM sync_item_event
          UNION ALL
          SELECT e.id, k.item_id, e.from_status, e.via, e.to_status, e.reason, e.causes, e.call_id, e.at
          FROM sync_call_item k JOIN sync_call_event e ON e.call_id = k.call_id AND k.item_id = ANY (e.item_ids)) AS happened,
          LATERAL generate_series(1, cardinality(causes)) AS place;
      CREATE TABLE shop_breaker (
        -- Of one method, or of all (*).
        method text PRIMARY KEY,
        open_until timestamptz,
        trips integer NOT NULL DEFAULT 0,
        probing_until timestamptz,
        -- Calls and transport failures of the running window.
        window_from timestamptz NOT NULL DEFAULT clock_timestamp(),
        calls integer NOT NULL DEFAULT 0,
        failures integer NOT NULL DEFAULT 0,
        -- Transport failures in a row.
        consecutive integer NOT NULL DEFAULT 0,
        -- Of all methods: when the drain rate lets the next call pass.
        next_call_at timestamptz
      );
      CREATE TABLE callback_inbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        -- As it came, whatever it is.
        request_id text,
        body jsonb NOT NULL,
        -- received, then: applied, duplicate, orphan, stale, unusable.
        verdict text NOT NULL DEFAULT 'received',
        detail text,
        remote_address text,
        received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        handled_at timestamptz,
        attempts integer NOT NULL DEFAULT 0,
        -- When it may be tried, after an attempt that failed.
        available_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      CREATE INDEX callback_inbox_request_idx ON callback_inbox (request_id, id);
      CREATE INDEX callback_inbox_verdict_idx ON callback_inbox (verdict, id);
      CREATE INDEX callback_inbox_received_idx ON callback_inbox (id) WHERE handled_at IS NULL;
    `);
    await queryRunner.query(lz4Sql('sync_call', 'payload'));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP VIEW sync_item_move;
      DROP TABLE callback_inbox, shop_breaker, sync_call_event, sync_item_event, sync_call_item, sync_call, sync_item, sync_lane, shop_config;
      DROP FUNCTION forget_items_of_calls;
      DROP SEQUENCE sync_request_id_seq;
    `);
  }
}
