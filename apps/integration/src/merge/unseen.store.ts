import type { SourcePhase } from '@lockstep/contracts';
import { inTransaction } from '@lockstep/database';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** How much of a source's records a complete sending left out. */
export interface UnseenCount {
  /** Records that are stored, deleted ones aside. */
  known: number;
  /** Those of them that were not sent, and that nothing changed since the sending began. */
  unseen: number;
}

/** Counts what would be emptied before any of it is. */
@Injectable()
export class UnseenStore {
  constructor(private readonly dataSource: DataSource) {}

  /** `since` is the beginning of the sending by the database's clock. */
  async count(phase: SourcePhase, { runId, since }: { runId: string; since: Date }): Promise<UnseenCount> {
    return inTransaction(this.dataSource, async (manager) => {
      // As where the parts are emptied: statistics know nothing of this run's keys, and a loop over them takes minutes.
      await manager.query(`SELECT set_config('enable_nestloop', 'off', true)`);
      const [row]: [UnseenCount] = await manager.query(COUNT_UNSEEN[phase], [runId, since]);
      return row;
    });
  }
}

const COUNT_UNSEEN: Record<SourcePhase, string> = {
  trainees: countUnseen('trainees', 'tis_part', 'part.person_id::text'),
  gmc: countUnseen('gmc', 'gmc_part', 'part.gmc_number'),
};

function countUnseen(phase: SourcePhase, table: string, key: string): string {
  return `
    SELECT (SELECT count(*)::int FROM ${table} WHERE NOT deleted) AS known,
           (SELECT count(*)::int FROM ${table} part
            WHERE NOT deleted AND updated_at < $2 AND NOT EXISTS (
              SELECT FROM part_seen, unnest(keys) AS key WHERE run_id = $1 AND phase = '${phase}' AND key = ${key})) AS unseen`;
}
