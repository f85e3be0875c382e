import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** A return that is gone, and the version that says so. */
export interface Tombstone {
  readonly id: number;
  readonly version: number;
}

/** Which tombstones the indexes need not have any more, and which they have forgotten. */
@Injectable()
export class TombstonesStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Of returns gone for so many days, once no change of them is remembered: a window has brought them, and no message is left. */
  outdated(days: number, limit: number): Promise<Tombstone[]> {
    return this.dataSource.query(
      `SELECT gone.id, gone.version FROM (
         SELECT id, version, updated_at AS since FROM order_return WHERE deleted
         UNION ALL SELECT return_id, version, buried_at FROM return_grave) gone
       WHERE gone.since < clock_timestamp() - $1 * interval '1 day'
         AND NOT EXISTS (SELECT FROM return_change c WHERE c.return_id = gone.id)
         AND NOT EXISTS (SELECT FROM return_forgotten f WHERE f.return_id = gone.id AND f.version >= gone.version)
       ORDER BY gone.id LIMIT $2`,
      [days, limit],
    );
  }

  async markForgotten(tombstones: readonly Tombstone[]): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO return_forgotten (return_id, version)
       SELECT id, version FROM unnest($1::bigint[], $2::bigint[]) AS s (id, version) ORDER BY id
       ON CONFLICT (return_id) DO UPDATE SET version = excluded.version`,
      [tombstones.map(({ id }) => id), tombstones.map(({ version }) => version)],
    );
  }

  /** Of returns that were written again since, or, without ids, of all of them. */
  async unmark(ids: readonly number[] | null): Promise<void> {
    await this.dataSource.query('DELETE FROM return_forgotten WHERE $1::bigint[] IS NULL OR return_id = ANY ($1)', [
      ids,
    ]);
  }
}
