import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { OBJECT_STATUSES } from '../statuses.js';

/** Objects of one level, and how many of them are at their end. */
export interface LevelProgress {
  readonly level: number;
  readonly objects: number;
  readonly finished: number;
}

const FIRST_END = OBJECT_STATUSES.indexOf('complete');
const MAX_LEVELS = 1_000;
/** Counting takes at most one part in so many of the time, however often it is asked for. */
const REST = 10;

interface Counted {
  readonly levels: Promise<LevelProgress[]>;
  until: number;
}

/** Counts a batch's objects by level: no index helps with that, and a large batch takes a second. */
@Injectable()
export class LevelProgressStore {
  private readonly counted = new Map<string, Counted>();

  constructor(private readonly dataSource: DataSource) {}

  /** The first thousand levels. As old as ten times the counting took. */
  of(batchId: string): Promise<LevelProgress[]> {
    const now = performance.now();
    for (const [id, { until }] of this.counted) if (until <= now) this.counted.delete(id);
    const known = this.counted.get(batchId);
    if (known) return known.levels;
    const counted: Counted = { levels: this.count(batchId), until: Number.POSITIVE_INFINITY };
    this.counted.set(batchId, counted);
    counted.levels.then(
      () => {
        counted.until = performance.now() + REST * (performance.now() - now);
      },
      () => this.counted.delete(batchId),
    );
    return counted.levels;
  }

  private async count(batchId: string): Promise<LevelProgress[]> {
    return this.dataSource.query(
      `SELECT level, count(*)::int AS objects, count(*) FILTER (WHERE status >= ${FIRST_END})::int AS finished
       FROM pending_object WHERE batch_id = $1 AND level >= 0 GROUP BY level ORDER BY level LIMIT ${MAX_LEVELS}`,
      [batchId],
    );
  }
}
