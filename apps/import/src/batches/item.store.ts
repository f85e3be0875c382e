import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LINK_KINDS, LINK_STATUSES, OBJECT_STATUSES } from '../statuses.js';

/** What an object got told wrong about it. */
export interface ItemFault {
  readonly code: string;
  readonly message: string;
  readonly field?: string | null;
}

export interface ObjectRow {
  readonly objNo: number;
  readonly objectType: number;
  readonly reference: string | null;
  readonly action: string;
  readonly status: number;
  readonly level: number;
  readonly identifierIds: Readonly<Record<string, string>> | null;
  /** [file, row, file, row, ...] */
  readonly places: readonly number[];
  readonly errors: readonly ItemFault[] | null;
}

export interface LinkRow {
  readonly linkNo: number;
  readonly childNo: number;
  readonly parentNo: number;
  readonly tag: number;
  readonly kind: number;
  /** Of the link itself, or of its child where it is made together with that. */
  readonly status: string;
  readonly errors: readonly ItemFault[] | null;
}

/** Which objects a list shows. Positions: -1 matches none. */
export interface ObjectFilter {
  readonly status: number | null;
  readonly objectType: number | null;
  readonly reference: string | null;
}

/** Which links a list shows. */
export interface LinkFilter {
  readonly status: string | null;
  readonly tag: number | null;
}

const SELECT_OBJECT = `
  SELECT obj_no AS "objNo", object_type AS "objectType", reference, action, status, level,
    identifier_ids AS "identifierIds", places, errors
  FROM pending_object`;

const OBJECT_WHERE = `batch_id = $1 AND ($2::smallint IS NULL OR status = $2) AND ($3::smallint IS NULL OR object_type = $3)
  AND ($4::text IS NULL OR reference = $4)`;

const DEPENDENT = LINK_KINDS.indexOf('dependent');
const NAMES_OF_OBJECTS = `'{${OBJECT_STATUSES.join(',')}}'::text[]`;
const NAMES_OF_LINKS = `'{${LINK_STATUSES.join(',')}}'::text[]`;

/** Links with the status that counts, which for a dependent one is that of its child. */
const LINKS = `(
  SELECT link.link_no, link.child_no, link.parent_no, link.tag, link.kind, link.errors,
    CASE WHEN link.kind = ${DEPENDENT} THEN (${NAMES_OF_OBJECTS})[child.status + 1]
      ELSE (${NAMES_OF_LINKS})[link.status + 1] END AS status
  FROM pending_link link JOIN pending_object child ON child.batch_id = $1 AND child.obj_no = link.child_no
  WHERE link.batch_id = $1) listed`;

const LINK_WHERE = '($2::text IS NULL OR status = $2) AND ($3::smallint IS NULL OR tag = $3)';

/** Objects and links of a batch, page by page. */
@Injectable()
export class ItemStore {
  constructor(private readonly dataSource: DataSource) {}

  async objects(batchId: string, filter: ObjectFilter, limit: number, offset: number): Promise<ObjectRow[]> {
    const parameters = [batchId, filter.status, filter.objectType, filter.reference];
    return this.dataSource.query(`${SELECT_OBJECT} WHERE ${OBJECT_WHERE} ORDER BY obj_no LIMIT $5 OFFSET $6`, [
      ...parameters,
      limit,
      offset,
    ]);
  }

  async countObjects(batchId: string, { status, objectType, reference }: ObjectFilter): Promise<number> {
    const [count]: { total: number }[] = await this.dataSource.query(
      `SELECT count(*)::int AS total FROM pending_object WHERE ${OBJECT_WHERE}`,
      [batchId, status, objectType, reference],
    );
    return count?.total ?? 0;
  }

  /** Objects behind `after`, for a reading of all. */
  async objectsAfter(batchId: string, after: number, limit: number): Promise<ObjectRow[]> {
    return this.dataSource.query(`${SELECT_OBJECT} WHERE batch_id = $1 AND obj_no > $2 ORDER BY obj_no LIMIT $3`, [
      batchId,
      after,
      limit,
    ]);
  }

  async links(batchId: string, filter: LinkFilter, limit: number, offset: number): Promise<LinkRow[]> {
    return this.dataSource.query(
      `SELECT link_no AS "linkNo", child_no AS "childNo", parent_no AS "parentNo", tag, kind, status, errors
       FROM ${LINKS} WHERE ${LINK_WHERE} ORDER BY link_no LIMIT $4 OFFSET $5`,
      [batchId, filter.status, filter.tag, limit, offset],
    );
  }

  async countLinks(batchId: string, { status, tag }: LinkFilter): Promise<number> {
    const [count]: { total: number }[] = await this.dataSource.query(
      `SELECT count(*)::int AS total FROM ${LINKS} WHERE ${LINK_WHERE}`,
      [batchId, status, tag],
    );
    return count?.total ?? 0;
  }
}
