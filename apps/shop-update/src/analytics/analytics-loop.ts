import { WokenLoop } from '@lockstep/messaging';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { listSql, QUEUED } from '../queue/indexed-status.js';
import { TOPICS } from '../queue/topics.js';

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

/** Of these nobody is asked to do anything; to indexes what is being sent is pending. */
const WAITING = QUEUED.filter((status) => !['blocked', 'failed'].includes(status));

/** The first of each kind by its index, however many wait; all of them are counted once a minute, by that index alone. */
const SAMPLE_SQL = `
  INSERT INTO queue_sample AS kept (minute, oldest_age_seconds, unfinished)
  SELECT date_trunc('minute', now()),
    (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(first.queued_at)), 0)
     FROM unnest($1::text[]) AS s (status), unnest($2::text[]) AS t (topic), LATERAL (
       SELECT queued_at FROM sync_item WHERE indexed_status = s.status AND topic = t.topic ORDER BY queued_at LIMIT 1) AS first),
    CASE WHEN EXISTS (SELECT FROM queue_sample WHERE minute = date_trunc('minute', now())) THEN '{}' ELSE (
      SELECT coalesce(jsonb_object_agg(topic, statuses), '{}') FROM (
        SELECT topic, jsonb_object_agg(status, items) AS statuses FROM (
          SELECT topic, indexed_status AS status, count(*) AS items FROM sync_item
          WHERE indexed_status IN ${listSql(QUEUED)} GROUP BY 1, 2) AS kinds
        GROUP BY 1) AS topics) END
  ON CONFLICT (minute) DO UPDATE SET oldest_age_seconds = excluded.oldest_age_seconds
    WHERE kept.oldest_age_seconds < excluded.oldest_age_seconds`;

/** Adds up the news of the counts, of which nothing depends on when it does; and notes how the queue stands. */
@Injectable()
export class AnalyticsLoop implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(AnalyticsLoop.name);
  private readonly loop = new WokenLoop({
    turn: (stopping) => this.turn(stopping),
    onFailed: (error) => this.logger.warn(`The counts of the graphs could not be kept: ${String(error)}`),
    backoff: BACKOFF,
  });

  constructor(private readonly dataSource: DataSource) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** Afterwards a graph can tell when the queue stood still, which counts of what has finished cannot. */
  async sampleQueue(): Promise<void> {
    await this.dataSource.query(SAMPLE_SQL, [WAITING, TOPICS]);
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

  private async turn(stopping: AbortSignal): Promise<number> {
    await this.catchUp(stopping);
    await this.sampleQueue();
    return EVERY_MS;
  }
}
