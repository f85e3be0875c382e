import { LINK_KINDS, LINK_STATUSES, type LinkStatus, OBJECT_STATUSES, type ObjectStatus } from '../statuses.js';
import { OUTCOME } from './dependency-graph.js';
import type { PlanningInput } from './planning-input.js';

const INDEPENDENT = LINK_KINDS.indexOf('independent');

const objectStatus = (status: ObjectStatus): number => OBJECT_STATUSES.indexOf(status);
const linkStatus = (status: LinkStatus): number => LINK_STATUSES.indexOf(status);

/** The rows that execution works on. Of a refused batch every one is at its end, so that it shows what was wrong. */
export async function writePending(input: PlanningInput, isRefused: boolean): Promise<void> {
  await writeObjects(input, isRefused);
  await writeLinks(input, isRefused);
}

async function writeObjects({ manager, batchId, options, tables }: PlanningInput, isRefused: boolean): Promise<void> {
  const otherwise = isRefused ? 'cancelled' : 'processing';
  const blocked = isRefused ? 'cancelled' : 'blocked';
  await manager.query(
    `INSERT INTO pending_object (batch_id, obj_no, object_type, reference, fields, identifier_ids, action, status,
       parents_left, level, places, errors)
     SELECT $1, obj_no, object.object_type, object.reference,
       CASE WHEN ids.known IS NULL THEN coalesce(said.fields, '{}') ELSE said.fields END, ids.known,
       CASE WHEN ids.known IS NULL THEN 'create' WHEN $2 AND said.fields::text <> '{}' THEN 'update' ELSE 'reference' END,
       CASE coalesce(outcome, ${OUTCOME.fine}) WHEN ${OUTCOME.fine} THEN ${objectStatus(otherwise)}
         WHEN ${OUTCOME.blocked} THEN ${objectStatus(blocked)} ELSE ${objectStatus('error')} END,
       coalesce(parents_left, 0), ${isRefused ? '-1' : 'coalesce(level, 0)'},
       coalesce(object.places, ARRAY[said.file_no, said.row_no]), faults.errors
     FROM plan_object object
     LEFT JOIN ${tables.objects} said USING (staged_no)
     LEFT JOIN plan_outcome USING (obj_no)
     LEFT JOIN plan_fault faults USING (obj_no)
     CROSS JOIN LATERAL (SELECT object.identifier_ids AS known) ids`,
    [batchId, options.existing === 'update'],
  );
}

/** A part of the statement for links that only some batches need. */
interface LinkPart {
  readonly isNeeded: string;
  readonly join: string;
}

const DEFERRED: LinkPart = {
  isNeeded: 'SELECT FROM plan_deferred',
  join: 'LEFT JOIN plan_deferred deferred ON deferred.link_no = link.link_no',
};
const FAILED_ENDS: LinkPart = {
  isNeeded: 'SELECT FROM plan_failed',
  join: `LEFT JOIN plan_failed child_end ON child_end.obj_no = link.child_no
         LEFT JOIN plan_failed parent_end ON parent_end.obj_no = link.parent_no`,
};

/**
 * In the order of their numbers, which is that of two of their three indexes: in any other it takes more than twice as long.
 * Joined is only what this batch needs; without joins the rows come in that order, otherwise they are sorted again.
 */
async function writeLinks(input: PlanningInput, isRefused: boolean): Promise<void> {
  const { manager, batchId, tables, positions } = input;
  const properties: LinkPart = {
    isNeeded: `SELECT FROM ${tables.links} WHERE properties IS NOT NULL`,
    join: `LEFT JOIN (SELECT staged_no, properties FROM ${tables.links} WHERE properties IS NOT NULL) said
             ON said.staged_no = link.staged_no`,
  };
  const isIn = async ({ isNeeded }: LinkPart): Promise<boolean> => {
    const [row]: { needed: boolean }[] = await manager.query(`SELECT EXISTS (${isNeeded}) AS needed`);
    return row?.needed ?? false;
  };
  const hasProperties = await isIn(properties);
  const hasDeferred = await isIn(DEFERRED);
  const hasFailed = !isRefused && (await isIn(FAILED_ENDS));
  const joins = [hasProperties && properties, hasDeferred && DEFERRED, hasFailed && FAILED_ENDS].flatMap(
    (part) => part || [],
  );
  const kindOfTag = positions.tags.map(({ kind }, tag) => `WHEN ${tag} THEN ${kind}`).join(' ');
  const kind = positions.tags.length > 0 ? `CASE link.tag ${kindOfTag} END` : '0';
  const fine = linkStatus(isRefused ? 'cancelled' : 'processing');
  const status = `CASE WHEN child_end.obj_no IS NULL AND parent_end.obj_no IS NULL THEN ${fine} ELSE ${linkStatus('blocked')} END`;
  await manager.query(
    `INSERT INTO pending_link (batch_id, link_no, child_no, parent_no, tag, kind, status, properties)
     SELECT $1, link.link_no, link.child_no, link.parent_no, link.tag,
            ${hasDeferred ? `CASE WHEN deferred.link_no IS NULL THEN ${kind} ELSE ${INDEPENDENT} END` : kind},
            ${hasFailed ? status : fine}, ${hasProperties ? 'said.properties' : 'NULL'}
     FROM plan_link link ${joins.map(({ join }) => join).join('\n')}
     ${joins.length > 0 ? 'ORDER BY link.link_no' : ''}`,
    [batchId],
  );
}

/** Objects that will not be made, and what to say of those that are wrong themselves. */
export async function collectFaults({ manager, batchId }: PlanningInput): Promise<void> {
  await manager.query(`
    CREATE TEMP TABLE plan_failed ON COMMIT DROP AS
    SELECT obj_no, outcome FROM plan_outcome WHERE outcome <> ${OUTCOME.fine}`);
  await manager.query(
    `CREATE TEMP TABLE plan_fault ON COMMIT DROP AS
     SELECT obj_no, json_agg(json_strip_nulls(json_build_object('code', code, 'message', message, 'field', field)) ORDER BY id)
              AS errors
     FROM import_error WHERE batch_id = $1 AND obj_no IS NOT NULL AND severity = 'error' GROUP BY obj_no`,
    [batchId],
  );
  // One error stands for a whole cycle; each of its objects says that it is in one.
  await manager.query(
    `INSERT INTO plan_fault
     SELECT obj_no, '[{"code":"DEPENDENCY_CYCLE","message":"Needs, over others, itself."}]'
     FROM plan_failed WHERE outcome = ${OUTCOME.inCycle} AND obj_no NOT IN (SELECT obj_no FROM plan_fault)`,
  );
  await manager.query(
    `INSERT INTO plan_fault
     SELECT obj_no, '[{"code":"MISSING_REQUIRED_LINK","message":"Its record does not say what it needs."}]'
     FROM (SELECT DISTINCT obj_no FROM plan_wrong) wrong WHERE obj_no NOT IN (SELECT obj_no FROM plan_fault)`,
  );
  await manager.query('ANALYZE plan_failed, plan_fault');
}
