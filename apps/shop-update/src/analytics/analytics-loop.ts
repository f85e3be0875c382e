import { WokenLoop } from '@lockstep/messaging';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Rows of news added up at once. */
const NEWS_AT_ONCE = 50_000;
const EVERY_MS = 5_000;
const BACKOFF = { firstMs: EVERY_MS, maxMs: 30_000 };

interface Counted {
  readonly table: string;
  readonly keys: readonly string[];
  readonly sums: readonly string[];
}

const COUNTED: readonly Counted[] = [
  { table: 'ended_items', keys: ['queued_hour', 'outcome', 'age_class'], sums: ['items'] },
  { table: 'made_calls', keys: ['hour', 'method', 'topic', 'result', 'reason'], sums: ['calls', 'items'] },
  { table: 'call_times', keys: ['hour', 'method', 'kind', 'time_class'], sums: ['calls', 'sum_ms'] },
];

/** News leave in the statement that adds them up: none is lost, none counted twice. In the order of the keys, so that two loops never wait for each other. */
function foldSql({ table, keys, sums }: Counted): string {
  const columns = [...keys, ...sums].join(', ');
  return `
    WITH taken AS (
      DELETE FROM ${table}_news WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM ${table}_news LIMIT ${NEWS_AT_ONCE} FOR UPDATE SKIP LOCKED)) RETURNING *),
    added AS (
      INSERT INTO ${table} AS kept (${columns})
      SELECT ${keys.join(', ')}, ${sums.map((sum) => `sum(${sum})`).join(', ')} FROM taken
      GROUP BY ${keys.join(', ')} ORDER BY ${keys.join(', ')}
      ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${sums.map((sum) => `${sum} = kept.${sum} + excluded.${sum}`).join(', ')})
    SELECT count(*)::int AS taken FROM taken`;
}

/** Adds up the news of the counts. Nothing depends on when it does. */
@Injectable()
export class AnalyticsLoop implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(AnalyticsLoop.name);
  private readonly loop = new WokenLoop({
    turn: (stopping) => this.catchUp(stopping).then(() => EVERY_MS),
    onFailed: (error) => this.logger.warn(`The counts of the graphs could not be added up: ${String(error)}`),
    backoff: BACKOFF,
  });

  constructor(private readonly dataSource: DataSource) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** Adds up all there is, unless it is to stop. */
  async catchUp(stopping?: AbortSignal): Promise<void> {
    for (const counted of COUNTED) {
      for (let taken = NEWS_AT_ONCE; taken === NEWS_AT_ONCE && !stopping?.aborted; ) {
        const [row]: { taken: number }[] = await this.dataSource.query(foldSql(counted));
        taken = row?.taken ?? 0;
      }
    }
  }
}
