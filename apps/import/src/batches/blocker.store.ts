import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LINK_KINDS, OBJECT_STATUSES } from '../statuses.js';
import { type FailedDependency, rootCauses } from './root-causes.js';

/** An object as others refer to it. */
export interface ObjectReference {
  readonly objNo: number;
  readonly objectType: number;
  readonly reference: string | null;
  readonly status: number;
}

const COMPLETE = OBJECT_STATUSES.indexOf('complete');
const BLOCKED = OBJECT_STATUSES.indexOf('blocked');
const FAILED = (['error', 'blocked', 'cancelled'] as const).map((status) => OBJECT_STATUSES.indexOf(status)).join(',');
const INDEPENDENT = LINK_KINDS.indexOf('independent');
/** Named for one object; there may be thousands. */
const MAX_NAMED = 10;
/** Dependencies followed for one page. */
const MAX_FOLLOWED = 200_000;

/** Why objects are not made: what they wait for, and what failed before them. */
@Injectable()
export class BlockerStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Parents that are not at their end, at most ten an object. */
  async waitingFor(batchId: string, objNos: readonly number[]): Promise<Map<number, ObjectReference[]>> {
    if (objNos.length === 0) return new Map();
    const rows: (ObjectReference & { child: number })[] = await this.dataSource.query(
      `SELECT child, parent.* FROM unnest($2::int[]) AS child CROSS JOIN LATERAL (
         SELECT DISTINCT obj_no AS "objNo", object_type AS "objectType", reference, parent.status
         FROM pending_link link JOIN pending_object parent ON parent.batch_id = $1 AND parent.obj_no = link.parent_no
         WHERE link.batch_id = $1 AND link.child_no = child AND link.kind <> ${INDEPENDENT} AND parent.status < ${COMPLETE}
         LIMIT ${MAX_NAMED}) parent`,
      [batchId, objNos],
    );
    return groupBy(rows, ({ child }) => child);
  }

  /** What failed by itself and is needed by these, over however many others; at most ten an object. */
  async blockedBy(batchId: string, objNos: readonly number[]): Promise<Map<number, ObjectReference[]>> {
    if (objNos.length === 0) return new Map();
    const dependencies: FailedDependency[] = await this.dataSource.query(
      `WITH RECURSIVE needed AS (
         SELECT link.child_no AS child, link.parent_no AS parent, parent.status
         FROM pending_link link JOIN pending_object parent ON parent.batch_id = $1 AND parent.obj_no = link.parent_no
         WHERE link.batch_id = $1 AND link.child_no = ANY($2) AND link.kind <> ${INDEPENDENT} AND parent.status IN (${FAILED})
         UNION
         SELECT link.child_no, link.parent_no, parent.status
         FROM needed
         JOIN pending_link link ON link.batch_id = $1 AND link.child_no = needed.parent AND link.kind <> ${INDEPENDENT}
         JOIN pending_object parent ON parent.batch_id = $1 AND parent.obj_no = link.parent_no
         WHERE needed.status = ${BLOCKED} AND parent.status IN (${FAILED}))
       SELECT child, parent, status <> ${BLOCKED} AS "isCause" FROM needed LIMIT ${MAX_FOLLOWED}`,
      [batchId, objNos],
    );
    const causes = rootCauses(objNos, dependencies, MAX_NAMED);
    const named = await this.name(batchId, [...new Set([...causes.values()].flat())]);
    return new Map([...causes].map(([objNo, nos]) => [objNo, nos.flatMap((each) => named.get(each) ?? [])] as const));
  }

  /** Objects by number. */
  async name(batchId: string, objNos: readonly number[]): Promise<Map<number, ObjectReference>> {
    if (objNos.length === 0) return new Map();
    const rows: ObjectReference[] = await this.dataSource.query(
      `SELECT obj_no AS "objNo", object_type AS "objectType", reference, status
       FROM pending_object WHERE batch_id = $1 AND obj_no = ANY($2)`,
      [batchId, objNos],
    );
    return new Map(rows.map((row) => [row.objNo, row]));
  }
}

function groupBy<T>(rows: readonly T[], keyOf: (row: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return groups;
}
