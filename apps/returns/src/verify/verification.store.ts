import { inTransaction } from '@lockstep/database';
import type { BucketSum } from '@lockstep/search';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { RETURN_JOB } from '../windows/job.js';
import type { IndexedReturn } from './index-reader.js';

/** The database's side of a comparison. */
@Injectable()
export class VerificationStore {
  constructor(private readonly dataSource: DataSource) {}

  bucketSums(): Promise<BucketSum[]> {
    return this.dataSource.query(
      `SELECT return_bucket(id) AS bucket, (count(*) FILTER (WHERE NOT deleted))::int AS live,
         (count(*) FILTER (WHERE deleted))::int AS tombstones, sum(version % 1000000)::bigint AS "versionSum"
       FROM (${ALL}) returns GROUP BY 1`,
    );
  }

  bucketReturns(bucket: number): Promise<IndexedReturn[]> {
    return this.dataSource.query(
      `SELECT id, version, deleted FROM order_return WHERE return_bucket(id) = $1
       UNION ALL SELECT return_id, version, true FROM return_grave WHERE return_bucket(return_id) = $1`,
      [bucket],
    );
  }

  /** Those of these that the next window brings anyway. All of them before the first one is done. */
  async pendingOf(ids: readonly number[]): Promise<Set<number>> {
    const rows: { id: number }[] = await this.dataSource.query(
      `SELECT s.id FROM unnest($1::bigint[]) AS s (id)
       WHERE EXISTS (
         SELECT FROM order_return_algolia_sync j WHERE j.job_type = '${RETURN_JOB}'
           AND (j.snapshot_end IS NULL OR EXISTS (
             SELECT FROM return_change c
             WHERE c.return_id = s.id AND NOT pg_visible_in_snapshot(c.xid, j.snapshot_end))))`,
      [ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Makes the database newer than the index where it has lost what the index knows, so that it is believed again. */
  async overtake(ahead: readonly IndexedReturn[], unknown: readonly IndexedReturn[]): Promise<void> {
    if (ahead.length + unknown.length === 0) return;
    await inTransaction(this.dataSource, async (manager) => {
      await this.raise(manager, ahead);
      await this.bury(manager, unknown);
    });
  }

  private async raise(manager: EntityManager, ahead: readonly IndexedReturn[]): Promise<void> {
    const parameters = [ahead.map(({ id }) => id), ahead.map(({ version }) => version)];
    await manager.query(
      `UPDATE order_return r SET version = greatest(r.version, s.version)
       FROM unnest($1::bigint[], $2::bigint[]) AS s (id, version) WHERE r.id = s.id`,
      parameters,
    );
    await manager.query(
      `UPDATE return_grave g SET version = greatest(g.version, s.version + 1)
       FROM unnest($1::bigint[], $2::bigint[]) AS s (id, version) WHERE g.return_id = s.id`,
      parameters,
    );
  }

  private async bury(manager: EntityManager, unknown: readonly IndexedReturn[]): Promise<void> {
    await manager.query(
      `INSERT INTO return_grave (return_id, version)
       SELECT s.id, s.version + 1 FROM unnest($1::bigint[], $2::bigint[]) AS s (id, version)
       WHERE NOT EXISTS (SELECT FROM order_return r WHERE r.id = s.id) ON CONFLICT DO NOTHING`,
      [unknown.map(({ id }) => id), unknown.map(({ version }) => version)],
    );
  }
}

/** Every return that an index should know, tombstones included unless they were forgotten. */
const ALL = `
  SELECT known.id, known.version, known.deleted FROM (
    SELECT id, version, deleted FROM order_return UNION ALL SELECT return_id, version, true FROM return_grave) known
  WHERE NOT known.deleted OR NOT EXISTS (
    SELECT FROM return_forgotten f WHERE f.return_id = known.id AND f.version = known.version)`;
