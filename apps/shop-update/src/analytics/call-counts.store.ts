import { plannedEachTime } from '@lockstep/database';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ackMsSql, answerKindSql, answerMsSql, IS_UNDER_WAY, reasonSql, resultSql, wrongSql } from './call-result.js';
import { type GraphBars, isFine } from './graph-range.js';
import { classSql, TIME_ENDS_MS } from './histogram.js';

/** Calls of one kind that were sent in one bar, or in one hour of it. */
export interface CallRow {
  readonly at: Date;
  readonly method: string;
  readonly topic: string;
  readonly result: 'sent' | 'success' | 'failure';
  readonly reason: string;
  readonly calls: number;
  readonly items: number;
}

export interface TimeRow {
  readonly at: Date;
  readonly method: string;
  readonly kind: 'response' | 'ack' | 'callback';
  readonly timeClass: number;
  readonly calls: number;
  readonly sumMs: number;
}

const COUNTED_CALLS_SQL = `
  SELECT hour AS at, method, topic, result, reason, sum(calls)::float8 AS calls, sum(items)::float8 AS items
  FROM (SELECT * FROM made_calls WHERE hour >= $1 AND hour < $2 AND result = ANY ($3)
        UNION ALL SELECT * FROM made_calls_news WHERE hour >= $1 AND hour < $2 AND result = ANY ($3)) AS counted
  GROUP BY 1, 2, 3, 4, 5`;

const COUNTED_TIMES_SQL = `
  SELECT hour AS at, method, kind, time_class AS "timeClass", sum(calls)::float8 AS calls, sum(sum_ms) AS "sumMs"
  FROM (SELECT * FROM call_times WHERE hour >= $1 AND hour < $2
        UNION ALL SELECT * FROM call_times_news WHERE hour >= $1 AND hour < $2) AS counted
  GROUP BY 1, 2, 3, 4`;

const BAR_SQL = "date_bin($3 * interval '1 second', c.created_at, $1::timestamptz)";

const CALLS_SQL = `
  WITH made AS (
    SELECT ${BAR_SQL} AS at, c.method, c.topic, c.outcome, c.error_reason, k.carried, ${wrongSql('c')} AS wrong
    FROM sync_call c, LATERAL (SELECT count(*) AS carried FROM sync_call_item WHERE call_id = c.id) AS k
    WHERE c.created_at >= $1 AND c.created_at < $2)
  SELECT at, method, topic, result, reason, count(*)::float8 AS calls, sum(carried)::float8 AS items
  FROM (SELECT at, method, topic, 'sent' AS result, '' AS reason, carried FROM made
        UNION ALL
        SELECT at, method, topic, ${resultSql('m')}, ${reasonSql('m')}, carried FROM made m WHERE NOT (${IS_UNDER_WAY('m')})) AS r
  WHERE result = ANY ($4) GROUP BY 1, 2, 3, 4, 5`;

const TIMES_SQL = `
  SELECT at, method, kind, ${classSql('ms', TIME_ENDS_MS)} AS "timeClass", count(*)::float8 AS calls, sum(ms)::float8 AS "sumMs"
  FROM (SELECT ${BAR_SQL} AS at, c.method, t.kind, t.ms
        FROM sync_call c, LATERAL (
          SELECT 'ack' AS kind, ${ackMsSql('c')} AS ms WHERE c.acked_at IS NOT NULL
          UNION ALL SELECT ${answerKindSql('c')}, ${answerMsSql('c')} WHERE c.responded_at IS NOT NULL) AS t
        WHERE c.created_at >= $1 AND c.created_at < $2) AS timed
  GROUP BY 1, 2, 3, 4`;

/**
 * Calls by what came of them and by how long they took. What was counted by the hour and its news are read in one statement,
 * so that a sum is of one moment; bars of minutes are made of the calls themselves.
 */
@Injectable()
export class CallCounts {
  constructor(private readonly dataSource: DataSource) {}

  calls(bars: GraphBars, results: readonly CallRow['result'][]): Promise<CallRow[]> {
    const { from, end, barSeconds } = bars;
    if (!isFine(bars)) return this.dataSource.query(COUNTED_CALLS_SQL, [from, end, results]);
    return this.dataSource.query(plannedEachTime(CALLS_SQL), [from, end, barSeconds, results]);
  }

  times(bars: GraphBars): Promise<TimeRow[]> {
    const { from, end, barSeconds } = bars;
    if (!isFine(bars)) return this.dataSource.query(COUNTED_TIMES_SQL, [from, end]);
    return this.dataSource.query(plannedEachTime(TIMES_SQL), [from, end, barSeconds]);
  }
}
