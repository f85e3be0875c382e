import type { IdentifierIds } from '@lockstep/contracts';
import { Injectable } from '@nestjs/common';
import { EXECUTION_ERROR_CODES, type ItemError } from './decide-answers.js';
import type { LockedBatch } from './locked-batch.js';

/** Objects that came to their end together, whose children are still to be told. */
export interface Wave {
  readonly parents: readonly number[];
  /** Links of the first parent up to this one were followed already. */
  readonly afterLink: number;
}

/** What is still to be told: of objects that failed, or were blocked, and of complete ones. */
export interface Waves {
  readonly failed: Wave;
  readonly complete: Wave;
}

/** What following some links has changed. */
export interface WaveStep {
  /** What is left to be told. */
  readonly rest: Waves;
  /** To be asked for now, in the order of their parents: what belongs together stays together. */
  readonly ready: readonly { readonly no: number; readonly type: number }[];
  /** How many of them are only to be looked up. */
  readonly checking: number;
  readonly completed: readonly number[];
  readonly blocked: readonly number[];
}

const NO_WAVE: Wave = { parents: [], afterLink: 0 };

/** How many objects an answer ended, and how many of them were only looked up. */
export interface AnsweredObjects {
  readonly count: number;
  readonly checked: number;
}

const NONE_ANSWERED: AnsweredObjects = { count: 0, checked: 0 };
const COUNT_ANSWERED = `SELECT count(*)::int, (count(*) FILTER (WHERE action = 'reference'))::int AS checked FROM answered`;

interface WaveRow {
  readonly failed: number[];
  readonly failed_after: number;
  readonly complete: number[];
  readonly complete_after: number;
  readonly ready: number[];
  readonly ready_types: number[];
  readonly checking: number;
  readonly completed: number[];
  readonly blocked: number[];
}

/** Objects of a batch and what passes along their dependent links. Expects the batch to be locked. */
@Injectable()
export class ObjectStore {
  async complete(
    batch: LockedBatch,
    done: readonly { no: number; identifierIds: IdentifierIds | null }[],
  ): Promise<AnsweredObjects> {
    if (done.length === 0) return NONE_ANSWERED;
    const [row]: AnsweredObjects[] = await batch.manager.query(
      `WITH answered AS (
         UPDATE pending_object SET status = 3, identifier_ids = coalesce(done.ids::json, identifier_ids), errors = NULL
         FROM unnest($2::int[], $3::text[]) AS done (no, ids)
         WHERE batch_id = $1 AND obj_no = done.no AND status = 0 RETURNING action)
       ${COUNT_ANSWERED}`,
      [
        batch.id,
        done.map(({ no }) => no),
        done.map(({ identifierIds }) => (identifierIds ? JSON.stringify(identifierIds) : null)),
      ],
    );
    return row!;
  }

  async fail(
    batch: LockedBatch,
    failed: readonly { no: number; errors: readonly ItemError[] }[],
  ): Promise<AnsweredObjects> {
    if (failed.length === 0) return NONE_ANSWERED;
    const [row]: AnsweredObjects[] = await batch.manager.query(
      `WITH answered AS (
         UPDATE pending_object SET status = 4, errors = failed.errors::json
         FROM unnest($2::int[], $3::text[]) AS failed (no, errors)
         WHERE batch_id = $1 AND obj_no = failed.no AND status = 0 RETURNING action)
       ${COUNT_ANSWERED}`,
      [batch.id, failed.map(({ no }) => no), failed.map(({ errors }) => JSON.stringify(errors))],
    );
    return row!;
  }

  /** Follows dependent links, at most so many and so many levels deep: see the function `follow_waves` of the database. */
  async follow(batch: LockedBatch, waves: Waves, limits: { links: number; levels: number }): Promise<WaveStep> {
    const { failed, complete } = waves;
    const [row]: WaveRow[] = await batch.manager.query('SELECT * FROM follow_waves($1, $2, $3, $4, $5, $6, $7, $8)', [
      batch.id,
      batch.options.verifyExisting,
      limits.links,
      limits.levels,
      failed.parents,
      failed.afterLink,
      complete.parents,
      complete.afterLink,
    ]);
    return {
      rest: {
        failed: { parents: row!.failed, afterLink: row!.failed_after },
        complete: { parents: row!.complete, afterLink: row!.complete_after },
      },
      ready: row!.ready.map((no, index) => ({ no, type: row!.ready_types[index]! })),
      checking: row!.checking,
      completed: row!.completed,
      blocked: row!.blocked,
    };
  }

  /** Completes existing objects that wait for nothing, and notes that their children are to be told. Their number. */
  async completeExisting(batch: LockedBatch): Promise<number> {
    if (batch.options.verifyExisting) return 0;
    return this.noteWaves(
      batch,
      false,
      `UPDATE pending_object SET status = 3
       WHERE batch_id = $1 AND status = 0 AND parents_left = 0 AND action = 'reference' RETURNING obj_no`,
    );
  }

  /** Counts again what each open object waits for; the failed among its parents are to be told to it afterwards. */
  async recount(batch: LockedBatch): Promise<void> {
    await batch.manager.query(
      `UPDATE pending_object SET parents_left = coalesce(counted.count, 0), failed_parents = 0
       FROM pending_object AS child LEFT JOIN (
         SELECT child_no, count(*)::int FROM pending_link JOIN pending_object AS parent
           ON parent.batch_id = $1 AND parent.obj_no = parent_no
         WHERE pending_link.batch_id = $1 AND kind < 2 AND parent.status <> 3 GROUP BY child_no) AS counted
         ON counted.child_no = child.obj_no
       WHERE child.batch_id = $1 AND child.status = 0
         AND pending_object.batch_id = $1 AND pending_object.obj_no = child.obj_no`,
      [batch.id],
    );
    await this.noteWaves(batch, true, 'SELECT obj_no FROM pending_object WHERE batch_id = $1 AND status > 3');
  }

  /** What failed, was blocked or cancelled is open again, except what no owner can mend. */
  async reopen(batch: LockedBatch): Promise<void> {
    await batch.manager.query(
      `UPDATE pending_object SET status = 0, errors = NULL
       WHERE batch_id = $1 AND status > 3 AND (status <> 4 OR errors -> 0 ->> 'code' = ANY ($2))`,
      [batch.id, [...EXECUTION_ERROR_CODES]],
    );
  }

  /** Cancels what nobody was asked for. Its number. */
  async cancelUnasked(batch: LockedBatch): Promise<number> {
    const [, count]: [unknown[], number] = await batch.manager.query(
      `UPDATE pending_object SET status = 6
       WHERE batch_id = $1 AND status = 0 AND obj_no NOT IN (
         SELECT unnest(items) FROM dispatch
         WHERE batch_id = $1 AND kind = 'object' AND state IN ('claimed', 'sent'))`,
      [batch.id],
    );
    return count;
  }

  async saveWaves(batch: LockedBatch, { failed, complete }: Waves): Promise<void> {
    for (const [isFailed, wave] of [
      [true, failed],
      [false, complete],
    ] as const) {
      if (wave.parents.length === 0) continue;
      await batch.manager.query(
        `WITH saved AS (INSERT INTO pending_release (batch_id, failed, parents, after_link) VALUES ($1, $2, $3, $4))
         SELECT pg_notify(current_schema() || '.release', '')`,
        [batch.id, isFailed, wave.parents, wave.afterLink],
      );
    }
  }

  /** Takes the oldest wave that was left for later. */
  async takeWave(batch: LockedBatch): Promise<Waves | null> {
    const [[row]]: [{ failed: boolean; parents: number[]; after_link: number }[], number] = await batch.manager.query(
      `DELETE FROM pending_release WHERE id = (
         SELECT id FROM pending_release WHERE batch_id = $1 ORDER BY id LIMIT 1)
       RETURNING failed, parents, after_link`,
      [batch.id],
    );
    if (!row) return null;
    const wave = { parents: row.parents, afterLink: row.after_link };
    return row.failed ? { failed: wave, complete: NO_WAVE } : { failed: NO_WAVE, complete: wave };
  }

  async forgetWaves(batch: LockedBatch): Promise<void> {
    await batch.manager.query('DELETE FROM pending_release WHERE batch_id = $1', [batch.id]);
  }

  /** Status and ids of objects, for answers that came late. Numbers that are missing belong to no object. */
  async findStored(
    batch: LockedBatch,
    nos: readonly number[],
  ): Promise<Map<number, { status: number; type: number; identifierIds: IdentifierIds | null }>> {
    const rows: { obj_no: number; object_type: number; status: number; identifier_ids: IdentifierIds | null }[] =
      await batch.manager.query(
        `SELECT obj_no, object_type, status, identifier_ids FROM pending_object
         WHERE batch_id = $1 AND obj_no = ANY ($2)`,
        [batch.id, nos],
      );
    return new Map(
      rows.map((row) => [row.obj_no, { status: row.status, type: row.object_type, identifierIds: row.identifier_ids }]),
    );
  }

  /** Remembers the references of complete objects for later imports of the same user. In one order, so that two batches do not wait for each other. */
  async remember(batch: LockedBatch, nos: readonly number[]): Promise<void> {
    if (!batch.options.useUserReference || nos.length === 0) return;
    await batch.manager.query(
      `INSERT INTO user_reference (user_id, object_type, reference, identifier_ids)
       SELECT $2, type.name, reference, identifier_ids
       FROM pending_object JOIN unnest($4::text[]) WITH ORDINALITY AS type (name, place) ON type.place = object_type + 1
       WHERE batch_id = $1 AND obj_no = ANY ($3) AND reference IS NOT NULL AND identifier_ids IS NOT NULL
       ORDER BY type.name, reference
       ON CONFLICT (user_id, object_type, reference)
       DO UPDATE SET identifier_ids = excluded.identifier_ids, updated_at = clock_timestamp()
       WHERE user_reference.identifier_ids::text <> excluded.identifier_ids::text`,
      [batch.id, batch.userId, nos, batch.types.objectTypes.map(({ name }) => name)],
    );
  }

  /** Leaves the objects that `returning` names to be told to their children later, some thousands at a time. */
  private async noteWaves(batch: LockedBatch, failed: boolean, returning: string): Promise<number> {
    const [row]: { count: number }[] = await batch.manager.query(
      `WITH ended AS (${returning}),
       noted AS (
         INSERT INTO pending_release (batch_id, failed, parents)
         SELECT $1, $2, array_agg(obj_no ORDER BY obj_no)
         FROM (SELECT obj_no, (row_number() OVER (ORDER BY obj_no) - 1) / 5000 AS part FROM ended) AS parts GROUP BY part)
       SELECT count(*)::int, pg_notify(current_schema() || '.release', '') FROM ended`,
      [batch.id, failed],
    );
    return row?.count ?? 0;
  }
}
