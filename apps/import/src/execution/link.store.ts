import { Injectable } from '@nestjs/common';
import { EXECUTION_ERROR_CODES, type ItemError } from './decide-answers.js';
import type { LockedBatch } from './locked-batch.js';

/** Links that may be made now, and the number of those that never can. */
export interface SettledLinks {
  readonly ready: readonly { readonly no: number; readonly tag: number }[];
  readonly blocked: number;
}

/** Links that have a message of their own. Expects the batch to be locked. */
@Injectable()
export class LinkStore {
  async complete(batch: LockedBatch, nos: readonly number[]): Promise<void> {
    if (nos.length === 0) return;
    await batch.manager.query(
      `UPDATE pending_link SET status = 2, errors = NULL
       WHERE batch_id = $1 AND link_no = ANY ($2) AND status IN (0, 1)`,
      [batch.id, nos],
    );
  }

  async fail(batch: LockedBatch, failed: readonly { no: number; errors: readonly ItemError[] }[]): Promise<void> {
    if (failed.length === 0) return;
    await batch.manager.query(
      `UPDATE pending_link SET status = 3, errors = failed.errors::json
       FROM unnest($2::int[], $3::text[]) AS failed (no, errors)
       WHERE batch_id = $1 AND link_no = failed.no AND status IN (0, 1)`,
      [batch.id, failed.map(({ no }) => no), failed.map(({ errors }) => JSON.stringify(errors))],
    );
  }

  /**
   * Streaming: marks each link of these objects whose ends are both complete as being made, and each with an end that came
   * to another end as blocked. A link is marked once, whichever of its ends is last. `nos` null: of all objects.
   */
  async settle(batch: LockedBatch, nos: readonly number[] | null): Promise<SettledLinks> {
    const touched =
      nos === null
        ? 'SELECT link_no FROM pending_link WHERE batch_id = $1 AND kind <> 0 AND status = 0 AND $2::int[] IS NULL'
        : `SELECT DISTINCT link_no FROM unnest($2::int[]) AS ended (no) CROSS JOIN LATERAL (
             SELECT link_no FROM pending_link WHERE batch_id = $1 AND parent_no = ended.no AND kind <> 0
             UNION ALL SELECT link_no FROM pending_link WHERE batch_id = $1 AND child_no = ended.no AND kind <> 0
             OFFSET 0) AS link`;
    const [row]: { nos: number[]; tags: number[]; blocked: number }[] = await batch.manager.query(
      // From each link to its ends: a join at the planner's choice may read all objects of the batch for a few links.
      `WITH touched AS (${touched}),
       known AS MATERIALIZED (
         SELECT touched.link_no, child.status AS child_status, parent.status AS parent_status FROM touched
         CROSS JOIN LATERAL (
           SELECT child_no, parent_no FROM pending_link
           WHERE batch_id = $1 AND link_no = touched.link_no AND status = 0 LIMIT 1) AS link
         CROSS JOIN LATERAL (
           SELECT status FROM pending_object WHERE batch_id = $1 AND obj_no = link.child_no LIMIT 1) AS child
         CROSS JOIN LATERAL (
           SELECT status FROM pending_object WHERE batch_id = $1 AND obj_no = link.parent_no LIMIT 1) AS parent),
       settled AS (
         UPDATE pending_link AS link SET status = CASE WHEN child_status = 3 AND parent_status = 3 THEN 1 ELSE 4 END
         FROM known
         WHERE link.batch_id = $1 AND link.link_no = known.link_no AND link.status = 0
           AND (child_status > 3 OR parent_status > 3 OR (child_status = 3 AND parent_status = 3))
         RETURNING link.link_no, link.tag, link.status)
       SELECT coalesce(array_agg(link_no ORDER BY link_no) FILTER (WHERE status = 1), '{}') AS nos,
         coalesce(array_agg(tag ORDER BY link_no) FILTER (WHERE status = 1), '{}')::int[] AS tags,
         count(*) FILTER (WHERE status = 4)::int AS blocked
       FROM settled`,
      [batch.id, nos],
    );
    return { ready: row!.nos.map((no, index) => ({ no, tag: row!.tags[index]! })), blocked: row!.blocked };
  }

  /** How many links are made with these objects, in their own messages. */
  async countInline(batch: LockedBatch, children: readonly number[]): Promise<number> {
    if (children.length === 0) return 0;
    const [row]: { count: number }[] = await batch.manager.query(
      'SELECT count(*)::int FROM pending_link WHERE batch_id = $1 AND child_no = ANY ($2) AND kind = 0',
      [batch.id, children],
    );
    return row!.count;
  }

  /**
   * Behind the barrier, with no object left: makes the requests of all links with two complete ends in one statement, and
   * marks no link for it. `size` links each. Resolves with their number.
   */
  async dispatchAll(batch: LockedBatch, size: number): Promise<number> {
    // A sort of some million rows; for this transaction alone.
    await batch.manager.query(`SET LOCAL work_mem = '64MB'`);
    const [row]: { count: number }[] = await batch.manager.query(
      `WITH ready AS (
         SELECT link_no, tag, (row_number() OVER (PARTITION BY tag ORDER BY link_no) - 1) / $2::int AS chunk
         FROM pending_link AS link
         JOIN pending_object AS child ON child.batch_id = $1 AND child.obj_no = child_no AND child.status = 3
         JOIN pending_object AS parent ON parent.batch_id = $1 AND parent.obj_no = parent_no AND parent.status = 3
         WHERE link.batch_id = $1 AND kind <> 0 AND link.status = 0),
       made AS (
         INSERT INTO dispatch (batch_id, kind, service, type, items, state)
         SELECT $1, 'link', min(tags.service), tag, array_agg(link_no ORDER BY link_no), 'queued'
         FROM ready JOIN unnest($3::text[]) WITH ORDINALITY AS tags (service, place) ON tags.place = tag + 1
         GROUP BY tag, chunk ORDER BY chunk, tag
         RETURNING cardinality(items) AS count)
       SELECT coalesce(sum(count), 0)::int AS count FROM made`,
      [batch.id, size, batch.types.linkTags.map(({ service }) => service)],
    );
    return row!.count;
  }

  /** Behind the barrier: what has an end that is not complete. */
  async blockRest(batch: LockedBatch): Promise<void> {
    await batch.manager.query(
      `UPDATE pending_link AS link SET status = 4
       FROM pending_object AS child, pending_object AS parent
       WHERE link.batch_id = $1 AND kind <> 0 AND link.status = 0
         AND child.batch_id = $1 AND child.obj_no = child_no AND parent.batch_id = $1 AND parent.obj_no = parent_no
         AND (child.status > 3 OR parent.status > 3)`,
      [batch.id],
    );
  }

  /** As for objects: open again, except what no owner can mend. */
  async reopen(batch: LockedBatch): Promise<void> {
    await batch.manager.query(
      `UPDATE pending_link SET status = 0, errors = NULL
       WHERE batch_id = $1 AND kind <> 0 AND status > 2 AND (status <> 3 OR errors -> 0 ->> 'code' = ANY ($2))`,
      [batch.id, [...EXECUTION_ERROR_CODES]],
    );
  }

  /** Cancels what nobody was asked for. */
  async cancelUnasked(batch: LockedBatch): Promise<void> {
    await batch.manager.query(
      `UPDATE pending_link SET status = 5
       WHERE batch_id = $1 AND kind <> 0 AND status IN (0, 1) AND link_no NOT IN (
         SELECT unnest(items) FROM dispatch WHERE batch_id = $1 AND kind = 'link' AND state IN ('claimed', 'sent'))`,
      [batch.id],
    );
  }

  /** Status and tag of links, for answers that came late. */
  async findStored(batch: LockedBatch, nos: readonly number[]): Promise<Map<number, { status: number; type: number }>> {
    const rows: { link_no: number; tag: number; status: number }[] = await batch.manager.query(
      'SELECT link_no, tag, status FROM pending_link WHERE batch_id = $1 AND link_no = ANY ($2)',
      [batch.id, nos],
    );
    return new Map(rows.map((row) => [row.link_no, { status: row.status, type: row.tag }]));
  }
}
