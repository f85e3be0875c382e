import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ImportOptions } from '../batches/import-options.js';
import type { Staged } from '../staging/staged-buffer.js';
import { stagedTablesOf } from '../staging/staged-tables.js';
import { LINK_STATUSES, OBJECT_STATUSES } from '../statuses.js';
import { checkLinks } from './check-links.js';
import { type ChunkSizes, countPlan } from './count-plan.js';
import { OUTCOME } from './dependency-graph.js';
import { Findings } from './findings.js';
import { layOutBatch } from './lay-out-batch.js';
import { mergeObjects } from './merge-objects.js';
import { numberLinks } from './number-links.js';
import type { ImportPlan } from './plan.js';
import type { PlanningInput } from './planning-input.js';
import { preparePlanning } from './planning-tables.js';
import { resolveLinks } from './resolve-links.js';
import { TypePositions, type TypesSnapshot } from './type-positions.js';
import { collectFaults, writePending } from './write-pending.js';

/** What planning has to know of a batch. */
export interface BatchToPlan {
  readonly id: string;
  readonly userId: string;
  readonly resumeOf: string | null;
  readonly options: ImportOptions;
  readonly types: TypesSnapshot;
}

export interface PlanningResult {
  /** Something is wrong, and the batch does not leave out what is; or more is wrong than it allows. */
  readonly isRefused: boolean;
  readonly plan: ImportPlan;
  /** Of the whole batch, reading included. */
  readonly errors: number;
  readonly warnings: number;
}

/** Objects from which on what the database assumes of its tables would be far off. */
const ANALYZE_FROM = 10_000;
/** Batches that go on with one another, at most. */
const MAX_RESUMES = 20;

/**
 * From staged rows to rows that execution can begin with, set by set, in the caller's transaction: all of a batch, or none.
 * What is heavy stays in PostgreSQL; only the graph is computed here, some 30 bytes an object and an edge.
 */
@Injectable()
export class PlanningStore {
  async plan(manager: EntityManager, batch: BatchToPlan, staged: Staged, chunks: ChunkSizes): Promise<PlanningResult> {
    const findings = new Findings(manager, batch.id, batch.options.maxErrors);
    const input: PlanningInput = {
      manager,
      batchId: batch.id,
      userId: batch.userId,
      formerBatchIds: await findFormer(manager, batch),
      options: batch.options,
      positions: new TypePositions(batch.types),
      staged,
      tables: stagedTablesOf(batch.id),
      findings,
    };
    await preparePlanning(input);
    await mergeObjects(input);
    await resolveLinks(input);
    const madeBefore = await checkLinks(input);
    await numberLinks(input);
    const layout = await layOutBatch(input);
    await collectFaults(input);
    const errors = staged.errors + findings.errors;
    const isRefused = errors > (batch.options.skipInvalid ? batch.options.maxErrors : 0);
    await writePending(input, isRefused);
    // Execution begins in this transaction, long before anybody else would count the new rows.
    if (layout.level.length > ANALYZE_FROM) await manager.query('ANALYZE pending_object, pending_link');
    const plan = await countPlan(input, layout, madeBefore, chunks);
    const warnings = staged.warnings + findings.warnings;
    const isWhole = !isRefused && layout.outcome.every((outcome) => outcome === OUTCOME.fine);
    await saveCounts(input, plan, errors, warnings, isWhole);
    return { isRefused, plan, errors, warnings };
  }
}

/** The batch that this one resumes, the one which that resumed, and so on. */
async function findFormer(manager: EntityManager, { resumeOf }: BatchToPlan): Promise<string[]> {
  if (resumeOf === null) return [];
  const rows: { id: string }[] = await manager.query(
    `WITH RECURSIVE former AS (
       SELECT id, resume_of, 1 AS depth FROM import_batch WHERE id = $1
       UNION ALL
       SELECT batch.id, batch.resume_of, depth + 1 FROM former JOIN import_batch batch ON batch.id = former.resume_of
       WHERE depth < ${MAX_RESUMES})
     SELECT id FROM former ORDER BY depth`,
    [resumeOf],
  );
  return rows.map(({ id }) => id);
}

async function saveCounts(
  input: PlanningInput,
  plan: ImportPlan,
  errors: number,
  warnings: number,
  isWhole: boolean,
): Promise<void> {
  const objects = plan.create + plan.update + plan.reference;
  const counts = isWhole ? { objects: ofProcessing(objects), links: ofProcessing(plan.links) } : await countRows(input);
  await input.manager.query(
    'UPDATE import_batch SET plan = $2, errors = $3, warnings = $4, objects = $5, links = $6 WHERE id = $1',
    [
      input.batchId,
      JSON.stringify(plan),
      errors,
      warnings,
      JSON.stringify(counts.objects ?? {}),
      JSON.stringify(counts.links ?? {}),
    ],
  );
}

function ofProcessing(count: number): Record<string, number> {
  return count > 0 ? { processing: count } : {};
}

interface Counts {
  readonly objects: Record<string, number> | null;
  readonly links: Record<string, number> | null;
}

/** A dependent link that is not separate counts as its child does. */
async function countRows({ manager, batchId }: PlanningInput): Promise<Counts> {
  const [counts]: Counts[] = await manager.query(
    `SELECT (SELECT jsonb_object_agg(name, count) FROM (
         SELECT ($2::text[])[status + 1] AS name, count(*) FROM pending_object WHERE batch_id = $1 GROUP BY 1) counted) AS objects,
       (SELECT jsonb_object_agg(name, count) FROM (
         SELECT name, sum(count) AS count FROM (
           SELECT ($3::text[])[status + 1] AS name, count(*) FROM pending_link WHERE batch_id = $1 AND kind <> 0 GROUP BY 1
           UNION ALL
           SELECT ($2::text[])[object.status + 1] AS name, count(*)
           FROM pending_link link JOIN pending_object object ON object.batch_id = $1 AND object.obj_no = link.child_no
           WHERE link.batch_id = $1 AND link.kind = 0 GROUP BY 1) parts
         GROUP BY name) counted) AS links`,
    [batchId, [...OBJECT_STATUSES], [...LINK_STATUSES]],
  );
  return counts ?? { objects: null, links: null };
}
