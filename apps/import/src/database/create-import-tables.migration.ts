import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Batches with their files, what was read (staged), what is to be made (pending), and what was asked of the owners
 * (dispatch). Objects and links of a batch are numbered densely from 1, so that messages and graphs are arrays of integers.
 *
 * No index touches a status: with one, PostgreSQL could update no row in place, and every object changes its status three
 * times. What is ready stands in `dispatch`.
 */
export class CreateImportTables1763700000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE import_batch (
        id               uuid PRIMARY KEY,
        state            text NOT NULL,
        user_id          text NOT NULL,
        submitted_by     text NOT NULL,
        options          json NOT NULL,
        types            json NOT NULL,
        config           json,
        resume_of        uuid REFERENCES import_batch ON DELETE SET NULL,
        run              int NOT NULL DEFAULT 1,
        processing_error boolean NOT NULL DEFAULT false,
        created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
        started_at       timestamptz,
        finished_at      timestamptz,
        records          bigint NOT NULL DEFAULT 0,
        errors           int NOT NULL DEFAULT 0,
        warnings         int NOT NULL DEFAULT 0,
        objects          jsonb NOT NULL DEFAULT '{}',
        links            jsonb NOT NULL DEFAULT '{}',
        in_flight        int NOT NULL DEFAULT 0,
        links_released   boolean NOT NULL DEFAULT false,
        plan             json,
        failure          text,
        content_hash     text,
        attempts         int NOT NULL DEFAULT 0
      ) WITH (fillfactor = 50)`);
    await queryRunner.query(
      `CREATE INDEX import_batch_active ON import_batch (id) WHERE state IN ('processingObjects', 'paused', 'cancelling')`,
    );
    await queryRunner.query('CREATE INDEX import_batch_newest ON import_batch (created_at DESC, id)');
    await queryRunner.query(`
      CREATE TABLE import_file (
        batch_id    uuid NOT NULL REFERENCES import_batch ON DELETE CASCADE,
        file_no     smallint NOT NULL,
        name        text NOT NULL,
        import_type text NOT NULL,
        bytes       bigint NOT NULL,
        sha256      text NOT NULL,
        path        text NOT NULL,
        PRIMARY KEY (batch_id, file_no)
      )`);
    // Patterns only: each batch is staged in unlogged tables of its own, made like these, which are dropped as one when it
    // is planned. What a crash of the database takes from them is read again from the files.
    await queryRunner.query(`
      CREATE UNLOGGED TABLE staged_object (
        batch_id       uuid NOT NULL,
        staged_no      int NOT NULL,
        object_type    smallint NOT NULL,
        reference      text COLLATE "C",
        fields         json,
        identifier_ids json,
        file_no        smallint NOT NULL,
        row_no         int NOT NULL,
        line           int NOT NULL,
        column_name    text COLLATE "C",
        errors         json
      )`);
    await queryRunner.query(`
      CREATE UNLOGGED TABLE staged_link (
        batch_id         uuid NOT NULL,
        staged_no        int NOT NULL,
        tag              smallint NOT NULL,
        child_type       smallint NOT NULL,
        child_reference  text COLLATE "C" NOT NULL,
        parent_type      smallint NOT NULL,
        parent_reference text COLLATE "C" NOT NULL,
        properties       json,
        file_no          smallint NOT NULL,
        row_no           int NOT NULL,
        line             int NOT NULL,
        column_name      text COLLATE "C",
        errors           json
      )`);
    await queryRunner.query(`
      CREATE TABLE import_error (
        id          bigint GENERATED ALWAYS AS IDENTITY,
        batch_id    uuid NOT NULL REFERENCES import_batch ON DELETE CASCADE,
        severity    text NOT NULL,
        code        text NOT NULL,
        message     text NOT NULL,
        file_no     smallint,
        row_no      int,
        line        int,
        column_name text,
        field       text,
        obj_no      int,
        link_no     int,
        PRIMARY KEY (batch_id, id)
      )`);
    await queryRunner.query(`
      CREATE TABLE pending_object (
        batch_id       uuid NOT NULL,
        obj_no         int NOT NULL,
        object_type    smallint NOT NULL,
        reference      text COLLATE "C",
        fields         json,
        identifier_ids json,
        action         text NOT NULL,
        status         smallint NOT NULL,
        parents_left   int NOT NULL DEFAULT 0,
        failed_parents int NOT NULL DEFAULT 0,
        level          int NOT NULL DEFAULT 0,
        places         int[] NOT NULL,
        errors         json,
        PRIMARY KEY (batch_id, obj_no)
      ) WITH (fillfactor = 70)`);
    await queryRunner.query(
      'CREATE UNIQUE INDEX pending_object_reference ON pending_object (batch_id, object_type, reference)',
    );
    await queryRunner.query(`
      CREATE TABLE pending_link (
        batch_id   uuid NOT NULL,
        link_no    int NOT NULL,
        child_no   int NOT NULL,
        parent_no  int NOT NULL,
        tag        smallint NOT NULL,
        kind       smallint NOT NULL,
        status     smallint NOT NULL,
        properties json,
        errors     json,
        PRIMARY KEY (batch_id, link_no)
      ) WITH (fillfactor = 85)`);
    await queryRunner.query('CREATE INDEX pending_link_parent ON pending_link (batch_id, parent_no, link_no)');
    await queryRunner.query('CREATE INDEX pending_link_child ON pending_link (batch_id, child_no)');
    await queryRunner.query(`
      CREATE TABLE dispatch (
        id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        batch_id     uuid NOT NULL REFERENCES import_batch ON DELETE CASCADE,
        kind         text NOT NULL,
        service      text NOT NULL,
        type         smallint NOT NULL,
        items        int[] NOT NULL,
        state        text NOT NULL,
        attempt      int NOT NULL DEFAULT 0,
        due_at       timestamptz NOT NULL DEFAULT clock_timestamp()
      ) WITH (fillfactor = 70)`);
    await queryRunner.query(`CREATE INDEX dispatch_queued ON dispatch (batch_id, id) WHERE state = 'queued'`);
    await queryRunner.query(
      `CREATE INDEX dispatch_asked ON dispatch (batch_id, id) WHERE state IN ('claimed', 'sent')`,
    );
    // What is left to do for the children of objects that came to their end, where it is too much for one transaction.
    await queryRunner.query(`
      CREATE TABLE pending_release (
        id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        batch_id   uuid NOT NULL REFERENCES import_batch ON DELETE CASCADE,
        failed     boolean NOT NULL,
        parents    int[] NOT NULL,
        after_link int NOT NULL DEFAULT 0
      )`);
    await queryRunner.query('CREATE INDEX pending_release_batch ON pending_release (batch_id, id)');
    await queryRunner.query(`
      CREATE TABLE user_reference (
        user_id        text NOT NULL,
        object_type    text NOT NULL,
        reference      text COLLATE "C" NOT NULL,
        identifier_ids json NOT NULL,
        updated_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (user_id, object_type, reference)
      )`);
    await queryRunner.query(`
      CREATE TABLE import_event (
        id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        batch_id uuid NOT NULL REFERENCES import_batch ON DELETE CASCADE,
        type     text NOT NULL,
        data     json NOT NULL,
        at       timestamptz NOT NULL DEFAULT clock_timestamp()
      )`);
    await queryRunner.query('CREATE INDEX import_event_batch ON import_event (batch_id, id)');
    await queryRunner.query(FOLLOW_WAVES);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP FUNCTION follow_waves');
    await queryRunner.query(
      `DROP TABLE import_event, user_reference, pending_release, dispatch, pending_link, pending_object, import_error, staged_link,
                  staged_object, import_file, import_batch`,
    );
  }
}

/**
 * Tells the children of objects that came to their end, level by level: a loop here because a chain may have a hundred
 * thousand levels, and each would be a round trip. `failed` and `complete` are the objects whose children are to be told, and
 * come back with those that are left; `*_after` is the last link that was followed of the first of them. A child that is to be
 * created is blocked by its first failed parent. One that exists only waits: it is complete, or ready to be changed or looked
 * up, after its last. Joins are kept from reading whole tables, to which the size of a wave could tempt the planner.
 */
const FOLLOW_WAVES = `
  CREATE FUNCTION follow_waves(
    batch uuid, verifies boolean, link_limit int, level_limit int,
    INOUT failed int[], INOUT failed_after int, INOUT complete int[], INOUT complete_after int,
    OUT ready int[], OUT ready_types int[], OUT checking int, OUT completed int[], OUT blocked int[])
  LANGUAGE plpgsql
  SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
  SET plan_cache_mode = force_generic_plan
  AS $$
  DECLARE
    is_failed boolean;
    wave int[];
    after int;
    step record;
  BEGIN
    ready := '{}'; ready_types := '{}'; checking := 0; completed := '{}'; blocked := '{}';
    WHILE level_limit > 0 AND link_limit > 0 AND cardinality(failed) + cardinality(complete) > 0 LOOP
      is_failed := cardinality(complete) = 0;
      IF is_failed THEN wave := failed; after := failed_after; failed := '{}'; failed_after := 0;
      ELSE wave := complete; after := complete_after; complete := '{}'; complete_after := 0;
      END IF;
      WITH slice AS MATERIALIZED (
        SELECT parent.place, link.link_no, link.child_no
        FROM unnest(wave) WITH ORDINALITY AS parent (no, place)
        CROSS JOIN LATERAL (
          SELECT link_no, child_no FROM pending_link
          WHERE batch_id = batch AND parent_no = parent.no AND kind < 2
            AND link_no > CASE WHEN parent.place = 1 THEN after ELSE 0 END
          ORDER BY link_no LIMIT link_limit) AS link
        LIMIT link_limit),
      counted AS MATERIALIZED (
        SELECT child_no, count(*)::int AS count, min(place) AS place FROM slice GROUP BY child_no),
      changed AS (
        UPDATE pending_object AS child SET
          parents_left = parents_left - counted.count,
          failed_parents = child.failed_parents + CASE WHEN is_failed THEN counted.count ELSE 0 END,
          status = CASE
            WHEN action = 'create' AND is_failed THEN 5
            WHEN action = 'reference' AND NOT verifies AND parents_left = counted.count THEN 3
            ELSE 0 END
        FROM counted
        WHERE child.batch_id = batch AND child.obj_no = counted.child_no AND child.status = 0
        RETURNING child.obj_no, child.object_type, child.action, child.status, child.parents_left, counted.place),
      told AS (SELECT * FROM changed WHERE status <> 0 OR parents_left = 0)
      SELECT (SELECT count(*)::int FROM slice) AS links,
        (SELECT max(place)::int FROM slice) AS last_parent,
        (SELECT max(link_no) FROM slice WHERE place = (SELECT max(place) FROM slice)) AS last_link,
        coalesce(array_agg(obj_no ORDER BY place, obj_no) FILTER (WHERE status = 0), '{}') AS ready,
        coalesce(array_agg(object_type ORDER BY place, obj_no) FILTER (WHERE status = 0), '{}')::int[] AS types,
        (count(*) FILTER (WHERE status = 0 AND action = 'reference'))::int AS checking,
        coalesce(array_agg(obj_no ORDER BY place, obj_no) FILTER (WHERE status = 3), '{}') AS completed,
        coalesce(array_agg(obj_no ORDER BY place, obj_no) FILTER (WHERE status = 5), '{}') AS blocked
      INTO step FROM told;
      IF step.links = link_limit THEN
        IF is_failed THEN failed := wave[step.last_parent:]; failed_after := step.last_link;
        ELSE complete := wave[step.last_parent:]; complete_after := step.last_link;
        END IF;
      END IF;
      failed := failed || step.blocked;
      complete := complete || step.completed;
      ready := ready || step.ready;
      ready_types := ready_types || step.types;
      checking := checking + step.checking;
      completed := completed || step.completed;
      blocked := blocked || step.blocked;
      link_limit := link_limit - step.links;
      level_limit := level_limit - 1;
    END LOOP;
  END $$`;
