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
        resume_of        uuid REFERENCES import_batch,
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
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `DROP TABLE import_event, user_reference, pending_release, dispatch, pending_link, pending_object, import_error, staged_link,
                  staged_object, import_file, import_batch`,
    );
  }
}
