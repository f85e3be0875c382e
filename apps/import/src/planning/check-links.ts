import { LINK_KINDS, LINK_STATUSES } from '../statuses.js';
import type { PlanningInput } from './planning-input.js';

const DEPENDENT = LINK_KINDS.indexOf('dependent');
const INDEPENDENT = LINK_KINDS.indexOf('independent');
const LINK_COMPLETE = LINK_STATUSES.indexOf('complete');

/**
 * Finds links that cannot be made, and objects that therefore cannot. A wrong dependent link makes its child wrong: it
 * would be created without what was said of it. Answers how many links were made by a batch before.
 */
export async function checkLinks(input: PlanningInput): Promise<number> {
  await input.manager.query('CREATE TEMP TABLE plan_dropped (staged_no int) ON COMMIT DROP');
  await reportUnknown(input);
  await reportOwnErrors(input);
  const madeBefore = await dropMadeBefore(input);
  await reportExistingChildren(input);
  await reportMissing(input);
  return madeBefore;
}

async function reportUnknown({ manager, findings, options, staged }: PlanningInput): Promise<void> {
  await manager.query(`INSERT INTO plan_dropped SELECT DISTINCT staged_no FROM plan_unknown`);
  await manager.query(
    `INSERT INTO plan_wrong SELECT child_no FROM plan_unknown unknown JOIN plan_tag tag ON tag.position = unknown.tag
     WHERE NOT is_child AND child_no IS NOT NULL AND tag.kind <> ${INDEPENDENT}`,
  );
  // What could not be read may hold them; where the batch is refused anyway, guesses would only hide the true fault.
  if (staged.isCutShort && !options.skipInvalid) return;
  // A reference that its own row names, but nothing defines, is one fault and not two.
  await findings.error(
    'UNKNOWN_REFERENCE',
    `SELECT DISTINCT ON (file_no, row_no, unknown.object_type, reference, child)
            type.name || ' "' || reference || '" is not in this batch' ||
              CASE WHEN (SELECT uses_references FROM plan_batch) THEN ', nor known from an earlier one.' ELSE '.' END AS message,
            file_no, row_no, line, column_name, child AS obj_no
     FROM (
       SELECT object_type, reference, file_no, row_no, line, column_name, 0 AS rank,
              CASE WHEN tag.kind <> ${INDEPENDENT} AND NOT is_child THEN child_no END AS child
       FROM plan_unknown JOIN plan_tag tag ON tag.position = plan_unknown.tag
       UNION ALL
       SELECT object_type, reference, file_no, row_no, line, column_name, 1, NULL
       FROM plan_mention WHERE NOT is_object AND NOT EXISTS (
         SELECT FROM plan_unknown unknown WHERE unknown.object_type = plan_mention.object_type
           AND unknown.reference = plan_mention.reference)
     ) unknown JOIN plan_type type ON type.position = unknown.object_type
     ORDER BY file_no, row_no, unknown.object_type, reference, child, rank`,
  );
}

async function reportOwnErrors({ manager, batchId, tables: { links } }: PlanningInput): Promise<void> {
  await manager.query(`
    CREATE TEMP TABLE plan_wrong_link ON COMMIT DROP AS
    SELECT staged_no, tag.kind, child_no FROM plan_end JOIN plan_tag tag ON tag.position = plan_end.tag WHERE is_wrong`);
  await manager.query(
    `INSERT INTO import_error (batch_id, severity, code, message, file_no, row_no, line, column_name, field, obj_no)
     SELECT $1, error->>'severity', error->>'code', error->>'message', (error->'place'->>'fileNo')::smallint,
            (error->'place'->>'row')::int, (error->'place'->>'line')::int, error->'place'->>'column', error->>'field',
            CASE WHEN kind <> ${INDEPENDENT} THEN child_no END
     FROM ${links} link JOIN plan_wrong_link USING (staged_no), json_array_elements(link.errors) AS error
     WHERE link.errors IS NOT NULL`,
    [batchId],
  );
  await manager.query(`
    INSERT INTO plan_wrong SELECT child_no FROM plan_wrong_link WHERE child_no IS NOT NULL AND kind <> ${INDEPENDENT}`);
  await manager.query('INSERT INTO plan_dropped SELECT staged_no FROM plan_wrong_link');
}

/** A row that is sent again says its links again: those that a batch before has made are made. */
async function dropMadeBefore({ manager, formerBatchIds }: PlanningInput): Promise<number> {
  if (formerBatchIds.length === 0) return 0;
  const [row]: { count: number }[] = await manager.query(
    `WITH made AS (
       SELECT DISTINCT said.staged_no
       FROM plan_end said
       JOIN plan_object child ON child.obj_no = said.child_no AND child.former_id IS NOT NULL
       JOIN plan_object parent ON parent.obj_no = said.parent_no AND parent.former_id IS NOT NULL
       CROSS JOIN unnest($1::uuid[]) AS former(id)
       JOIN plan_former_type child_type ON child_type.batch_id = former.id AND child_type.position = child.object_type
       JOIN plan_former_type parent_type ON parent_type.batch_id = former.id AND parent_type.position = parent.object_type
       JOIN plan_former_tag tag ON tag.batch_id = former.id AND tag.position = said.tag
       JOIN pending_object former_child ON former_child.batch_id = former.id
         AND former_child.object_type = child_type.former_position AND former_child.reference = child.reference
       JOIN pending_object former_parent ON former_parent.batch_id = former.id
         AND former_parent.object_type = parent_type.former_position AND former_parent.reference = parent.reference
       JOIN pending_link link ON link.batch_id = former.id AND link.child_no = former_child.obj_no
         AND link.parent_no = former_parent.obj_no AND link.tag = tag.former_position
       WHERE link.kind = ${DEPENDENT} OR link.status = ${LINK_COMPLETE}
     ), dropped AS (INSERT INTO plan_dropped SELECT staged_no FROM made)
     SELECT count(*)::int AS count FROM made`,
    [formerBatchIds],
  );
  return row?.count ?? 0;
}

async function reportExistingChildren({ manager, findings, tables: { links } }: PlanningInput): Promise<void> {
  await manager.query(`
    CREATE TEMP TABLE plan_existing_child ON COMMIT DROP AS
    SELECT said.staged_no, tag.name AS tag, child.object_type, child.reference
    FROM plan_end said
    JOIN plan_tag tag ON tag.position = said.tag AND tag.kind = ${DEPENDENT}
    JOIN plan_object child ON child.obj_no = said.child_no AND child.identifier_ids IS NOT NULL
    WHERE said.parent_no IS NOT NULL AND NOT EXISTS (SELECT FROM plan_dropped d WHERE d.staged_no = said.staged_no)`);
  await findings.error(
    'DEPENDENT_LINK_ON_EXISTING_CHILD',
    `SELECT type.name || ' "' || reference || '" exists already, so ' || existing.tag ||
              ' cannot be made together with it.' AS message,
            file_no, row_no, line, column_name, NULL::int AS obj_no
     FROM plan_existing_child existing JOIN ${links} link USING (staged_no)
     JOIN plan_type type ON type.position = existing.object_type`,
  );
  await manager.query('INSERT INTO plan_dropped SELECT staged_no FROM plan_existing_child');
}

async function reportMissing({
  manager,
  findings,
  tables: { objects },
  batchId,
  positions,
}: PlanningInput): Promise<void> {
  if (!positions.tags.some(({ isRequired }) => isRequired)) return;
  await manager.query(`
    CREATE TEMP TABLE plan_missing ON COMMIT DROP AS
    SELECT object.obj_no, object.staged_no, object.reference, type.name AS type, tag.name AS tag
    FROM plan_tag tag
    JOIN plan_object object ON object.object_type = tag.child_type AND object.identifier_ids IS NULL
    JOIN plan_type type ON type.position = object.object_type
    WHERE tag.is_required AND NOT EXISTS (
      SELECT FROM plan_end said WHERE said.child_no = object.obj_no AND said.tag = tag.position)`);
  await manager.query('INSERT INTO plan_wrong SELECT obj_no FROM plan_missing');
  // Where the row does not say what it is about, the link could not be read: that was said.
  await findings.error(
    'MISSING_REQUIRED_LINK',
    `SELECT missing.type || coalesce(' "' || missing.reference || '"', '') || ' needs ' || missing.tag || '.' AS message,
            said.file_no, said.row_no, said.line, said.column_name, missing.obj_no
     FROM plan_missing missing JOIN ${objects} said USING (staged_no)
     WHERE NOT EXISTS (
       SELECT FROM import_error error WHERE error.batch_id = $5 AND error.code = 'MISSING_REFERENCE'
         AND error.file_no = said.file_no AND error.row_no = said.row_no)`,
    [batchId],
  );
}
