import { copyInto, readIntegers } from '@lockstep/database';
import type { EntityManager } from 'typeorm';
import { LINK_KINDS } from '../statuses.js';
import { CyclePaths } from './cycle-path.js';
import { type DependencyGraph, type Layout, layOut, OUTCOME } from './dependency-graph.js';
import type { PlanningInput } from './planning-input.js';

const INDEPENDENT = LINK_KINDS.indexOf('independent');
/** Names of a cycle that an error shows. */
const MAX_NAMES = 20;

/** The graph as it was read, and the number of the link behind each edge that may be cut. */
interface BatchGraph extends DependencyGraph {
  readonly linkNo: Int32Array;
}

/**
 * Orders the batch. `plan_outcome` gets what is not the default of an object (made, level 0, waits for nothing),
 * `plan_deferred` the links that are made afterwards to break a cycle.
 */
export async function layOutBatch(input: PlanningInput): Promise<Layout> {
  const graph = await readGraph(input);
  const layout = layOut(graph);
  await writeOutcome(input, layout);
  await deferLinks(input, layout, graph);
  await reportCycles(input, layout, graph);
  return layout;
}

async function readGraph({ manager, options, positions }: PlanningInput): Promise<BatchGraph> {
  const dependent = positions.tags.flatMap(({ kind }, position) => (kind === INDEPENDENT ? [] : [position]));
  const deferrable =
    options.cycle === 'defer' ? positions.tags.flatMap((tag, at) => (tag.isDeferrable ? [at] : [])) : [];
  const [row]: { objects: number; edges: number }[] = await manager.query(
    `SELECT (SELECT coalesce(max(obj_no), 0) FROM plan_object) AS objects,
            (SELECT count(*)::int FROM plan_link WHERE tag = ANY($1)) AS edges`,
    [dependent],
  );
  const { objects = 0, edges = 0 } = row ?? {};
  const child = new Int32Array(edges);
  const parent = new Int32Array(edges);
  const canDefer = deferrable.length > 0;
  const mayDefer = new Uint8Array(canDefer ? edges : 0);
  const linkNo = new Int32Array(canDefer ? edges : 0);
  let edge = 0;
  await readIntegers(
    manager,
    `SELECT child_no, parent_no${canDefer ? ', link_no, (tag = ANY($2))::int' : ''} FROM plan_link WHERE tag = ANY($1)`,
    canDefer ? [dependent, deferrable] : [dependent],
    (values) => {
      child[edge] = values[0] as number;
      parent[edge] = values[1] as number;
      if (canDefer) {
        linkNo[edge] = values[2] as number;
        mayDefer[edge] = values[3] as number;
      }
      edge++;
    },
  );
  const exists = await readFlags(manager, objects, 'SELECT obj_no FROM plan_object WHERE identifier_ids IS NOT NULL');
  const wrong = await readFlags(manager, objects, 'SELECT DISTINCT obj_no FROM plan_wrong');
  return { objects, child, parent, deferrable: mayDefer, linkNo, exists, wrong };
}

async function readFlags(manager: EntityManager, objects: number, sql: string): Promise<Uint8Array> {
  const flags = new Uint8Array(objects + 1);
  await readIntegers(manager, sql, [], ([objNo]) => {
    flags[objNo as number] = 1;
  });
  return flags;
}

async function writeOutcome({ manager }: PlanningInput, layout: Layout): Promise<void> {
  await manager.query(
    'CREATE TEMP TABLE plan_outcome (obj_no int, level int, parents_left int, outcome smallint) ON COMMIT DROP',
  );
  await copyInto(manager, 'plan_outcome', ['obj_no', 'level', 'parents_left', 'outcome'], outcomeRows(layout));
  await manager.query('ANALYZE plan_outcome');
}

function* outcomeRows({ level, parentsLeft, outcome }: Layout): Generator<number[]> {
  for (let n = 1; n < level.length; n++) {
    if (level[n] === 0 && parentsLeft[n] === 0 && outcome[n] === OUTCOME.fine) continue;
    yield [n, level[n] as number, parentsLeft[n] as number, outcome[n] as number];
  }
}

async function deferLinks(
  { manager, findings, tables }: PlanningInput,
  layout: Layout,
  graph: BatchGraph,
): Promise<void> {
  await manager.query('CREATE TEMP TABLE plan_deferred (link_no int) ON COMMIT DROP');
  if (layout.deferred.length === 0) return;
  const rows = layout.deferred.map((edge) => [graph.linkNo[edge] as number]);
  await copyInto(manager, 'plan_deferred', ['link_no'], rows);
  await findings.warning(
    'LINK_DEFERRED',
    `SELECT tag.name || ' to "' || said.parent_reference || '" closes a cycle and is made after both its objects.' AS message,
            said.file_no, said.row_no, said.line, said.column_name, link.child_no AS obj_no
     FROM plan_deferred JOIN plan_link link USING (link_no) JOIN ${tables.links} said USING (staged_no)
     JOIN plan_tag tag ON tag.position = link.tag`,
  );
}

/** One error a cycle, at its member with the shortest name: the same batch gets the same words every time. */
async function reportCycles(
  { manager, findings, tables }: PlanningInput,
  layout: Layout,
  graph: BatchGraph,
): Promise<void> {
  if (layout.cycles.length === 0) return;
  await manager.query('CREATE TEMP TABLE plan_cycle (cycle_no int, obj_no int) ON COMMIT DROP');
  await copyInto(manager, 'plan_cycle', ['cycle_no', 'obj_no'], cycleRows(layout.cycles));
  const starts: { cycle_no: number; obj_no: number }[] = await manager.query(`
    SELECT DISTINCT ON (cycle_no) cycle_no, obj_no FROM plan_cycle JOIN plan_object USING (obj_no)
    ORDER BY cycle_no, length(reference), reference, object_type`);
  const paths = new CyclePaths(graph);
  await manager.query(
    'CREATE TEMP TABLE plan_cycle_step (cycle_no int, step int, length int, obj_no int) ON COMMIT DROP',
  );
  await copyInto(manager, 'plan_cycle_step', ['cycle_no', 'step', 'length', 'obj_no'], stepRows(starts, layout, paths));
  await findings.error(
    'DEPENDENCY_CYCLE',
    `SELECT cycle.message, coalesce(said.file_no, (object.places)[1]) AS file_no,
            coalesce(said.row_no, (object.places)[2]) AS row_no, said.line, said.column_name, object.obj_no
     FROM (
       SELECT cycle_no, min(obj_no) FILTER (WHERE step = 0) AS start_no,
              'These need one another: ' || string_agg(type.name || ' "' || reference || '"', ' -> ' ORDER BY step) ||
                CASE WHEN max(length) > ${MAX_NAMES} THEN ' -> ... (' || max(length) - 1 || ' objects)' ELSE '' END AS message
       FROM plan_cycle_step JOIN plan_object USING (obj_no) JOIN plan_type type ON type.position = object_type
       GROUP BY cycle_no
     ) cycle
     JOIN plan_object object ON object.obj_no = cycle.start_no
     LEFT JOIN ${tables.objects} said USING (staged_no)`,
  );
}

function* cycleRows(cycles: readonly Int32Array[]): Generator<number[]> {
  for (const [cycle, members] of cycles.entries()) for (const objNo of members) yield [cycle, objNo];
}

function* stepRows(
  starts: readonly { cycle_no: number; obj_no: number }[],
  { cycles }: Layout,
  paths: CyclePaths,
): Generator<number[]> {
  for (const { cycle_no, obj_no } of starts) {
    const path = paths.through(obj_no, cycles[cycle_no] as Int32Array);
    for (const [step, objNo] of path.slice(0, MAX_NAMES).entries()) yield [cycle_no, step, path.length, objNo];
  }
}
