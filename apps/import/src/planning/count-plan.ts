import { LINK_KINDS, OBJECT_STATUSES } from '../statuses.js';
import type { Layout } from './dependency-graph.js';
import { type ImportPlan, MAX_LEVELS_SHOWN, releaseOf, remarksOf } from './plan.js';
import type { PlanningInput } from './planning-input.js';

/** Objects and links that travel in one message to their owner. */
export interface ChunkSizes {
  readonly objects: number;
  readonly links: number;
}

interface ObjectGroup {
  readonly service: string;
  readonly action: 'create' | 'update' | 'reference';
  readonly objects: number;
  readonly messages: number;
}

interface LinkGroup {
  readonly service: string | null;
  readonly kind: number;
  readonly links: number;
  readonly deferred: number;
}

const DEPENDENT = LINK_KINDS.indexOf('dependent');
const PROCESSING = OBJECT_STATUSES.indexOf('processing');

/** What the batch will do, from what planning has written. Only what is to be made is counted into messages. */
export async function countPlan(
  input: PlanningInput,
  { levels }: Layout,
  linksMadeBefore: number,
  chunks: ChunkSizes,
): Promise<ImportPlan> {
  const objects = await countObjects(input, chunks);
  const links = await countLinks(input);
  const messages: Record<string, number> = {};
  const addMessages = (service: string | null, count: number): void => {
    if (service !== null && count > 0) messages[service] = (messages[service] ?? 0) + count;
  };
  for (const { service, action, messages: count } of objects) {
    if (action === 'create' || action === 'update' || input.options.verifyExisting) addMessages(service, count);
  }
  let linkRequests = 0;
  for (const { service, kind, links: count, deferred } of links) {
    const requests = kind === DEPENDENT ? deferred : count;
    linkRequests += requests;
    addMessages(service, Math.ceil(requests / chunks.links));
  }
  const objectsOf = (action: string): number =>
    sum(
      objects.filter((each) => each.action === action),
      'objects',
    );
  return {
    create: objectsOf('create'),
    update: objectsOf('update'),
    reference: objectsOf('reference'),
    links: sum(links, 'links'),
    linkRequests,
    linksMadeBefore,
    levels: levels.slice(0, MAX_LEVELS_SHOWN),
    longestChain: levels.length,
    messages,
    release: releaseOf(linkRequests),
    remarks: remarksOf(levels.length),
  };
}

async function countObjects({ manager, batchId }: PlanningInput, chunks: ChunkSizes): Promise<ObjectGroup[]> {
  return manager.query(
    `SELECT type.service, action, sum(count)::int AS objects, sum(ceil(sent / $2::float8))::int AS messages
     FROM (
       SELECT object_type, action, count(*) AS count, count(*) FILTER (WHERE status = ${PROCESSING}) AS sent
       FROM pending_object WHERE batch_id = $1 GROUP BY object_type, action, level
     ) grouped JOIN plan_type type ON type.position = object_type
     GROUP BY 1, 2`,
    [batchId, chunks.objects],
  );
}

async function countLinks({ manager }: PlanningInput): Promise<LinkGroup[]> {
  return manager.query(`
    SELECT tag.service, tag.kind, counted.links, coalesce(later.deferred, 0) AS deferred
    FROM (SELECT tag, count(*)::int AS links FROM plan_link GROUP BY tag) counted
    JOIN plan_tag tag ON tag.position = counted.tag
    LEFT JOIN (
      SELECT tag, count(*)::int AS deferred FROM plan_deferred JOIN plan_link USING (link_no) GROUP BY tag
    ) later ON later.tag = counted.tag`);
}

function sum<K extends string>(rows: readonly Readonly<Record<K, number>>[], key: K): number {
  return rows.reduce((total, row) => total + row[key], 0);
}
