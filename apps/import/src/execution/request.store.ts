import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { BatchTypes } from './batch-types.js';
import type { Dispatch } from './dispatch.store.js';
import { ExecutionBatchStore } from './execution-batch.store.js';
import {
  type LinkToAsk,
  linkRequestBody,
  type ObjectToAsk,
  objectRequestBody,
  type ParentToName,
} from './request-body.js';

/** Stored size of the fields in one message. What is stored compressed may be some times larger; brokers take 16 MB and more. */
const MAX_FIELD_BYTES = 2 * 1024 * 1024;

/** A message to be sent, or how many items of the request fit into one. */
export type BuiltRequest = { readonly body: Buffer } | { readonly fits: number };

interface ObjectRow {
  readonly no: number;
  readonly action: string;
  readonly fields: string | null;
  readonly identifier_ids: string | null;
  readonly fits: boolean;
}

/** Reads what a request says: the items, and the ids of all that they depend on. */
@Injectable()
export class RequestStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly batches: ExecutionBatchStore,
  ) {}

  async build(dispatch: Dispatch): Promise<BuiltRequest> {
    const types = await this.batches.typesOf(this.dataSource.manager, dispatch.batchId);
    return dispatch.kind === 'object' ? this.buildObjects(dispatch, types) : this.buildLinks(dispatch, types);
  }

  private async buildObjects(dispatch: Dispatch, types: BatchTypes): Promise<BuiltRequest> {
    const rows: ObjectRow[] = await this.dataSource.query(
      `SELECT no, action, identifier_ids::text, fits, CASE WHEN fits THEN fields::text END AS fields FROM (
         SELECT asked.no::int, place, action, identifier_ids, fields,
           place = 1 OR coalesce(sum(pg_column_size(fields)) OVER (ORDER BY place), 0) <= $3 AS fits
         FROM unnest($2::int[]) WITH ORDINALITY AS asked (no, place)
         CROSS JOIN LATERAL (
           SELECT action, identifier_ids, fields FROM pending_object
           WHERE batch_id = $1 AND obj_no = asked.no LIMIT 1) AS object) AS sized
       ORDER BY place`,
      [dispatch.batchId, dispatch.items, MAX_FIELD_BYTES],
    );
    const tooMany = rows.findIndex(({ fits }) => !fits);
    if (tooMany > 0) return { fits: tooMany };
    const parents = await this.parentsOf(dispatch, types);
    const objects = rows.map(
      ({ no, action, fields, identifier_ids }): ObjectToAsk => ({ no, action, fields, identifierIds: identifier_ids }),
    );
    const objectType = types.objectTypes[dispatch.type]?.ownerType ?? '';
    return { body: objectRequestBody({ ...headOf(dispatch), objectType }, objects, parents) };
  }

  /** All complete dependent parents; of an object that exists some may have failed. */
  private async parentsOf(dispatch: Dispatch, types: BatchTypes): Promise<ParentToName[]> {
    const rows: { child_no: number; tag: number; kind: number; object_type: number; ids: string }[] =
      await this.dataSource.query(
        // From each child to its parents: a join at the planner's choice reads all objects of the batch for every message.
        `SELECT asked.no::int AS child_no, link.tag, link.kind, parent.object_type, parent.ids
         FROM unnest($2::int[]) AS asked (no)
         CROSS JOIN LATERAL (
           SELECT link_no, parent_no, tag, kind FROM pending_link
           WHERE batch_id = $1 AND child_no = asked.no AND kind < 2 OFFSET 0) AS link
         CROSS JOIN LATERAL (
           SELECT object_type, identifier_ids::text AS ids FROM pending_object
           WHERE batch_id = $1 AND obj_no = link.parent_no AND status = 3 AND identifier_ids IS NOT NULL LIMIT 1) AS parent
         ORDER BY child_no, link_no`,
        [dispatch.batchId, dispatch.items],
      );
    return rows.map(({ child_no, tag, kind, object_type, ids }) => ({
      childNo: child_no,
      linkTag: types.linkTags[tag]?.name ?? '',
      objectType: types.objectTypes[object_type]?.ownerType ?? '',
      identifierIds: ids,
      separate: kind === 1,
    }));
  }

  private async buildLinks(dispatch: Dispatch, types: BatchTypes): Promise<BuiltRequest> {
    const rows: {
      no: number;
      child_type: number;
      child_ids: string;
      parent_type: number;
      parent_ids: string;
      properties: string | null;
    }[] = await this.dataSource.query(
      `SELECT asked.no::int, child.type AS child_type, coalesce(child.ids, '{}') AS child_ids,
         parent.type AS parent_type, coalesce(parent.ids, '{}') AS parent_ids, link.properties
       FROM unnest($2::int[]) WITH ORDINALITY AS asked (no, place)
       CROSS JOIN LATERAL (
         SELECT child_no, parent_no, properties::text FROM pending_link
         WHERE batch_id = $1 AND link_no = asked.no LIMIT 1) AS link
       CROSS JOIN LATERAL (
         SELECT object_type AS type, identifier_ids::text AS ids FROM pending_object
         WHERE batch_id = $1 AND obj_no = link.child_no LIMIT 1) AS child
       CROSS JOIN LATERAL (
         SELECT object_type AS type, identifier_ids::text AS ids FROM pending_object
         WHERE batch_id = $1 AND obj_no = link.parent_no LIMIT 1) AS parent
       ORDER BY place`,
      [dispatch.batchId, dispatch.items],
    );
    const nameOf = (type: number) => types.objectTypes[type]?.ownerType ?? '';
    const links = rows.map(
      (row): LinkToAsk => ({
        no: row.no,
        child: { objectType: nameOf(row.child_type), identifierIds: row.child_ids },
        parent: { objectType: nameOf(row.parent_type), identifierIds: row.parent_ids },
        properties: row.properties,
      }),
    );
    const linkTag = types.linkTags[dispatch.type]?.name ?? '';
    return { body: linkRequestBody({ ...headOf(dispatch), linkTag }, links) };
  }
}

function headOf({ batchId, id, attempt }: Dispatch) {
  return { importBatchId: batchId, dispatchId: id, attempt: attempt + 1 };
}
