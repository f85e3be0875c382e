import type { PlanningInput } from './planning-input.js';

/**
 * `plan_link`: one row a link that can be made, numbered by child, so that the links of an object lie together. A link that
 * is said twice is one.
 */
export async function numberLinks({ manager, findings, tables: { links } }: PlanningInput): Promise<void> {
  await manager.query(`
    CREATE TEMP TABLE plan_link ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY child_no, parent_no, tag)::int AS link_no, child_no, parent_no, tag,
           min(staged_no) AS staged_no, count(*)::int AS said
    FROM plan_end said
    WHERE child_no IS NOT NULL AND parent_no IS NOT NULL
      AND NOT EXISTS (SELECT FROM plan_dropped dropped WHERE dropped.staged_no = said.staged_no)
    GROUP BY child_no, parent_no, tag`);
  await manager.query('ANALYZE plan_link');
  await findings.warning(
    'DUPLICATE_LINK_MERGED',
    `SELECT tag.name || ' to "' || link.parent_reference || '" was said ' || repeated.said || ' times; merged.' AS message,
            link.file_no, link.row_no, link.line, link.column_name, repeated.child_no AS obj_no
     FROM plan_link repeated JOIN ${links} link USING (staged_no) JOIN plan_tag tag ON tag.position = repeated.tag
     WHERE repeated.said > 1`,
  );
}
