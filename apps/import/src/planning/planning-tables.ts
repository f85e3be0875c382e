import { copyInto } from '@lockstep/database';
import type { EntityManager } from 'typeorm';
import { OBJECT_STATUSES } from '../statuses.js';
import type { PlanningInput } from './planning-input.js';
import { TypePositions, type TypesSnapshot } from './type-positions.js';

const COMPLETE = OBJECT_STATUSES.indexOf('complete');
/** Sorts and hashes of a large batch, a node of a statement. */
const WORK_MEMORY = '128MB';

/** What the statements of planning refer to: types and tags by position, and what former batches made. */
export async function preparePlanning(input: PlanningInput): Promise<void> {
  const { manager, batchId, options, positions } = input;
  // A large batch takes longer than a statement of a request may; between two of them the graph is computed.
  await manager.query(`
    SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = '10min';
    SET LOCAL work_mem = '${WORK_MEMORY}'; SET LOCAL jit = off;
    CREATE TEMP TABLE plan_batch (id uuid, uses_references boolean) ON COMMIT DROP;
    CREATE TEMP TABLE plan_type (position smallint, name text, service text, needs_no_field boolean) ON COMMIT DROP;
    CREATE TEMP TABLE plan_tag (position smallint, name text, kind smallint, child_type smallint, is_required boolean,
      service text) ON COMMIT DROP;
    CREATE TEMP TABLE plan_wrong (obj_no int) ON COMMIT DROP;
    CREATE TEMP TABLE plan_former (object_type smallint, reference text COLLATE "C", identifier_ids json, batch_id uuid)
      ON COMMIT DROP;
    CREATE TEMP TABLE plan_former_type (batch_id uuid, position smallint, former_position smallint) ON COMMIT DROP;
    CREATE TEMP TABLE plan_former_tag (batch_id uuid, position smallint, former_position smallint) ON COMMIT DROP`);
  const usesReferences = options.useUserReference || input.formerBatchIds.length > 0;
  await manager.query('INSERT INTO plan_batch VALUES ($1, $2)', [batchId, usesReferences]);
  const types = positions.types.map(({ name, service, needsNoField }, at) => [at, name, service, needsNoField]);
  await copyInto(manager, 'plan_type', ['position', 'name', 'service', 'needs_no_field'], types);
  const tags = positions.tags.map(({ name, kind, childType, isRequired, service }, at) => [
    at,
    name,
    kind,
    childType,
    isRequired,
    // A link that is put off may have a tag without a service: the child's owner makes it.
    service ?? positions.types[childType]?.service ?? null,
  ]);
  await copyInto(manager, 'plan_tag', ['position', 'name', 'kind', 'child_type', 'is_required', 'service'], tags);
  for (const formerId of input.formerBatchIds) await addFormer(manager, formerId, positions);
  await manager.query('ANALYZE plan_type, plan_tag, plan_former, plan_former_type, plan_former_tag');
}

/** What a batch before completed, by the positions of this one; what a newer one said already is kept. */
async function addFormer(manager: EntityManager, formerId: string, positions: TypePositions): Promise<void> {
  const [row]: { types: TypesSnapshot }[] = await manager.query('SELECT types FROM import_batch WHERE id = $1', [
    formerId,
  ]);
  if (!row) return;
  const former = new TypePositions(row.types);
  const types = former.types
    .map(({ name }, at) => [formerId, positions.type(name), at])
    .filter(([, now]) => now !== -1);
  const tags = former.tags.map(({ name }, at) => [formerId, positions.tag(name), at]).filter(([, now]) => now !== -1);
  const columns = ['batch_id', 'position', 'former_position'];
  await copyInto(manager, 'plan_former_type', columns, types as (string | number)[][]);
  await copyInto(manager, 'plan_former_tag', columns, tags as (string | number)[][]);
  await manager.query(
    `INSERT INTO plan_former
     SELECT type.position, object.reference, object.identifier_ids, object.batch_id
     FROM pending_object object JOIN plan_former_type type
       ON type.batch_id = object.batch_id AND type.former_position = object.object_type
     WHERE object.batch_id = $1 AND object.status = ${COMPLETE} AND object.reference IS NOT NULL
       AND object.identifier_ids IS NOT NULL
       AND NOT EXISTS (SELECT FROM plan_former known
         WHERE known.object_type = type.position AND known.reference = object.reference)`,
    [formerId],
  );
}
