import type { PlanningInput } from './planning-input.js';

/**
 * `plan_object`: one row an object of the batch, numbered in the order in which they are first said. A reference said
 * several times is one object: where it is defined counts, where it is only named adds its place.
 */
export async function mergeObjects(input: PlanningInput): Promise<void> {
  await groupRepeated(input);
  await resolveMentions(input);
  await numberObjects(input);
  await reportRepeated(input);
  await reportOwnErrors(input);
}

async function groupRepeated({ manager, tables: { objects } }: PlanningInput): Promise<void> {
  // Rows of one content are equal texts: staging writes names in their order.
  await manager.query(`
    CREATE TEMP TABLE plan_said ON COMMIT DROP AS
    SELECT staged_no, object_type, reference, file_no, row_no, line, column_name,
           coalesce(fields::text, '') || coalesce(identifier_ids::text, '') AS content
    FROM ${objects} WHERE (object_type, reference) IN (
      SELECT object_type, reference FROM ${objects} WHERE reference IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1)`);
  await manager.query(`
    CREATE TEMP TABLE plan_group ON COMMIT DROP AS
    SELECT object_type, reference,
           coalesce(min(staged_no) FILTER (WHERE content <> ''), min(staged_no)) AS head_no,
           ARRAY(SELECT unnest(array_agg(DISTINCT ARRAY[file_no::int, row_no]))) AS places
    FROM plan_said GROUP BY 1, 2`);
  await manager.query('ANALYZE plan_said, plan_group');
}

/** What is named and nowhere defined: known from before, or of a type that needs no field, or no object at all. */
async function resolveMentions({ manager, tables, userId, options }: PlanningInput): Promise<void> {
  await manager.query(
    `CREATE TEMP TABLE plan_mention ON COMMIT DROP AS
     SELECT said.staged_no, said.object_type, said.reference, said.file_no, said.row_no, said.line, said.column_name,
            coalesce(former.identifier_ids, earlier.identifier_ids) AS identifier_ids, former.batch_id AS former_id,
            former.identifier_ids IS NOT NULL OR earlier.identifier_ids IS NOT NULL OR type.needs_no_field AS is_object
     FROM ${tables.objects} said
     JOIN plan_type type ON type.position = said.object_type
     LEFT JOIN plan_group grouped USING (object_type, reference)
     LEFT JOIN plan_former former USING (object_type, reference)
     LEFT JOIN user_reference earlier
       ON $2::boolean AND earlier.user_id = $1 AND earlier.object_type = type.name AND earlier.reference = said.reference
     WHERE said.fields IS NULL AND said.identifier_ids IS NULL AND said.reference IS NOT NULL
       AND said.staged_no = coalesce(grouped.head_no, said.staged_no)`,
    [userId, options.useUserReference],
  );
  await manager.query('ANALYZE plan_mention');
}

async function numberObjects({ manager, tables: { objects }, options, userId }: PlanningInput): Promise<void> {
  await manager.query(
    `CREATE TEMP TABLE plan_object ON COMMIT DROP AS
     SELECT row_number() OVER (ORDER BY said.staged_no)::int AS obj_no, said.staged_no, said.object_type, said.reference,
            coalesce(former.identifier_ids, said.identifier_ids, mention.identifier_ids, earlier.identifier_ids)
              AS identifier_ids,
            former.batch_id AS former_id, grouped.places
     FROM ${objects} said
     LEFT JOIN plan_group grouped USING (object_type, reference)
     LEFT JOIN plan_former former USING (object_type, reference)
     LEFT JOIN plan_mention mention ON mention.staged_no = said.staged_no
     JOIN plan_type type ON type.position = said.object_type
     LEFT JOIN user_reference earlier
       ON $2::boolean AND earlier.user_id = $1 AND earlier.object_type = type.name AND earlier.reference = said.reference
     WHERE (grouped.head_no IS NULL OR grouped.head_no = said.staged_no) AND mention.is_object IS NOT FALSE`,
    // A definition of what an earlier batch made is a change of it only where changes are wanted; else it is made anew.
    [userId, options.useUserReference && options.existing === 'update'],
  );
  await manager.query('ANALYZE plan_object');
}

async function reportRepeated({ findings, manager }: PlanningInput): Promise<void> {
  const [row]: { repeated: boolean }[] = await manager.query('SELECT EXISTS (SELECT FROM plan_group) AS repeated');
  if (!row?.repeated) return;
  await manager.query(`
    CREATE TEMP TABLE plan_repeated ON COMMIT DROP AS
    SELECT object.obj_no, again.staged_no, again.content = head.content AS is_same, again.file_no, again.row_no,
           again.line, again.column_name, type.name || ' "' || again.reference || '"' AS name,
           'row ' || head.row_no || CASE WHEN head.file_no <> again.file_no
             THEN ' of ' || (SELECT file.name FROM import_file file WHERE file.batch_id = plan_batch.id AND file.file_no = head.file_no)
             ELSE '' END AS first_place
    FROM plan_batch, plan_group grouped
    JOIN plan_said head ON head.staged_no = grouped.head_no
    JOIN plan_said again ON again.object_type = grouped.object_type AND again.reference = grouped.reference
      AND again.staged_no > grouped.head_no AND again.content <> ''
    JOIN plan_object object ON object.staged_no = grouped.head_no
    JOIN plan_type type ON type.position = grouped.object_type`);
  await findings.error(
    'DUPLICATE_REFERENCE',
    `SELECT name || ' was defined differently in ' || first_place || '.' AS message,
            file_no, row_no, line, column_name, obj_no
     FROM plan_repeated WHERE NOT is_same`,
  );
  await manager.query('INSERT INTO plan_wrong SELECT obj_no FROM plan_repeated WHERE NOT is_same');
  // One a reference: a brand that stands in every row of its products is no reason to write as many warnings.
  await findings.warning(
    'DUPLICATE_ROW_MERGED',
    `SELECT DISTINCT ON (obj_no) name || ' says the same as in ' || first_place || '; merged' ||
              CASE WHEN count(*) OVER (PARTITION BY obj_no) > 1
                THEN ', and so were ' || count(*) OVER (PARTITION BY obj_no) - 1 || ' more' ELSE '' END || '.' AS message,
            file_no, row_no, line, column_name, obj_no
     FROM plan_repeated WHERE is_same ORDER BY obj_no, staged_no`,
  );
}

/** What the reader found in objects; of a reference said several times, in any of its rows. */
async function reportOwnErrors({ manager, batchId, tables: { objects } }: PlanningInput): Promise<void> {
  await manager.query(`
    CREATE TEMP TABLE plan_own_error ON COMMIT DROP AS
    SELECT object.obj_no, said.errors FROM ${objects} said
    JOIN plan_object object ON object.object_type = said.object_type AND object.reference = said.reference
    WHERE said.errors IS NOT NULL AND said.reference IS NOT NULL
    UNION ALL
    SELECT object.obj_no, said.errors FROM ${objects} said JOIN plan_object object USING (staged_no)
    WHERE said.errors IS NOT NULL AND said.reference IS NULL
    UNION ALL
    SELECT NULL, said.errors FROM ${objects} said JOIN plan_mention mention USING (staged_no)
    WHERE said.errors IS NOT NULL AND NOT mention.is_object`);
  await manager.query(
    `INSERT INTO import_error (batch_id, severity, code, message, file_no, row_no, line, column_name, field, obj_no)
     SELECT $1, error->>'severity', error->>'code', error->>'message', (error->'place'->>'fileNo')::smallint,
            (error->'place'->>'row')::int, (error->'place'->>'line')::int, error->'place'->>'column', error->>'field', obj_no
     FROM plan_own_error, json_array_elements(errors) AS error`,
    [batchId],
  );
  await manager.query(`
    INSERT INTO plan_wrong SELECT obj_no FROM plan_own_error, json_array_elements(errors) AS error
    WHERE obj_no IS NOT NULL AND error->>'severity' = 'error'`);
}
