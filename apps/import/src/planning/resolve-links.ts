import type { PlanningInput } from './planning-input.js';

/**
 * `plan_end`: every link that was said with the numbers of its ends, null where nothing has that reference, neither in the
 * batch nor before it. What is only referred to and known from before becomes an object of the batch, which exists.
 */
export async function resolveLinks(input: PlanningInput): Promise<void> {
  const { manager, tables } = input;
  await manager.query(`
    CREATE TEMP TABLE plan_end ON COMMIT DROP AS
    SELECT link.staged_no, link.tag, child.obj_no AS child_no, parent.obj_no AS parent_no,
           link.errors IS NOT NULL AS is_wrong
    FROM ${tables.links} link
    LEFT JOIN plan_object child ON child.object_type = link.child_type AND child.reference = link.child_reference
    LEFT JOIN plan_object parent ON parent.object_type = link.parent_type AND parent.reference = link.parent_reference`);
  await manager.query('ANALYZE plan_end');
  await manager.query(`
    CREATE TEMP TABLE plan_unknown ON COMMIT DROP AS
    SELECT staged_no, tag, child_no, child_type AS object_type, child_reference AS reference, true AS is_child,
           file_no, row_no, line, column_name
    FROM plan_end JOIN ${tables.links} link USING (staged_no, tag) WHERE child_no IS NULL
    UNION ALL
    SELECT staged_no, tag, child_no, parent_type, parent_reference, false, file_no, row_no, line, column_name
    FROM plan_end JOIN ${tables.links} link USING (staged_no, tag) WHERE parent_no IS NULL`);
  if (await isEmpty(input, 'plan_unknown')) return;
  await addKnownBefore(input);
}

async function addKnownBefore({ manager, userId, options }: PlanningInput): Promise<void> {
  await manager.query(
    `CREATE TEMP TABLE plan_found ON COMMIT DROP AS
     SELECT row_number() OVER (ORDER BY first_no)::int + (SELECT coalesce(max(obj_no), 0) FROM plan_object) AS obj_no,
            wanted.*, coalesce(former.identifier_ids, earlier.identifier_ids) AS identifier_ids, former.batch_id AS former_id
     FROM (SELECT object_type, reference, min(staged_no) AS first_no,
             ARRAY(SELECT unnest(array_agg(DISTINCT ARRAY[file_no::int, row_no]))) AS places
           FROM plan_unknown GROUP BY 1, 2) wanted
     JOIN plan_type type ON type.position = wanted.object_type
     LEFT JOIN plan_former former USING (object_type, reference)
     LEFT JOIN user_reference earlier
       ON $2::boolean AND earlier.user_id = $1 AND earlier.object_type = type.name AND earlier.reference = wanted.reference
     WHERE former.identifier_ids IS NOT NULL OR earlier.identifier_ids IS NOT NULL`,
    [userId, options.useUserReference],
  );
  await manager.query(`
    INSERT INTO plan_object (obj_no, object_type, reference, identifier_ids, former_id, places)
    SELECT obj_no, object_type, reference, identifier_ids, former_id, places FROM plan_found`);
  for (const [column, isChild] of [
    ['child_no', true],
    ['parent_no', false],
  ] as const) {
    await manager.query(
      `UPDATE plan_end SET ${column} = found.obj_no FROM plan_unknown unknown JOIN plan_found found USING (object_type, reference)
       WHERE plan_end.staged_no = unknown.staged_no AND unknown.is_child = $1`,
      [isChild],
    );
  }
  await manager.query(`
    DELETE FROM plan_unknown unknown USING plan_found found
    WHERE found.object_type = unknown.object_type AND found.reference = unknown.reference`);
}

async function isEmpty({ manager }: PlanningInput, table: string): Promise<boolean> {
  const [row]: { empty: boolean }[] = await manager.query(`SELECT NOT EXISTS (SELECT FROM ${table}) AS empty`);
  return row?.empty ?? true;
}
