import { Clock } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { STATUS_LABELS, TOPIC_LABELS } from '../items/item-labels.js';
import { SUMMARY_GROUPS, Summary } from '../items/summary.js';
import { QUEUED } from '../queue/indexed-status.js';
import type { Status } from '../queue/statuses.js';
import { TOPICS, type Topic } from '../queue/topics.js';
import type {
  ApiCallsAnswer,
  GraphAnswer,
  GraphQuery,
  KpiWindow,
  MethodCalls,
  QueueSizeAnswer,
  ResponseTimeAnswer,
  SyncKpiAnswer,
  TimeSeries,
  UnfinishedSeries,
} from './analytics.answer.js';
import { CallCounts, type CallRow, type TimeRow } from './call-counts.store.js';
import {
  barAt,
  barsOf,
  GRAPH_RANGES,
  type GraphBars,
  type GraphRange,
  type GraphSpan,
  spanOf,
  windowStart,
} from './graph-range.js';
import { AGE_ENDS_SECONDS, countUpTo, percentile, TIME_ENDS_MS } from './histogram.js';

/** Points of the graph of the key figure: 1 minute, 10 minutes, 1 hour, 8 hours, 1 day, 7 days. */
export const KPI_SECONDS: readonly number[] = [60, 600, 3_600, 28_800, 86_400, 604_800];

interface EndedRow {
  readonly range: GraphRange;
  readonly outcome: 'synced' | 'superseded' | 'cancelled';
  readonly ageClass: number;
  readonly items: number;
}

/** Unfinished items at a moment. */
type Look = Partial<Record<Topic, Partial<Record<Status, number>>>>;

/** The graphs. */
@Injectable()
export class Analytics {
  constructor(
    private readonly dataSource: DataSource,
    private readonly counts: CallCounts,
    private readonly summary: Summary,
    private readonly clock: Clock,
  ) {}

  async syncKpi(query: GraphQuery): Promise<SyncKpiAnswer> {
    const now = this.clock.now();
    const span = spanOf(query, now);
    const bars = barsOf(span, now);
    const [ended, unfinished, calls] = await Promise.all([
      this.readEnded(now),
      this.countUnfinished(now),
      this.counts.calls(bars, ['sent']),
    ]);
    const windows = GRAPH_RANGES.map((each) =>
      toWindow(
        each,
        now,
        ended.filter((row) => row.range === each),
        unfinished.get(each) ?? 0,
      ),
    );
    return { ...toGraph(span, bars), windows, sentRequests: sumByBar(bars, calls, ({ calls: sent }) => sent) };
  }

  async queueSize(query: GraphQuery): Promise<QueueSizeAnswer> {
    const now = this.clock.now();
    const span = spanOf(query, now);
    const bars = barsOf(span, now);
    const [calls, groups, oldest, looks] = await Promise.all([
      this.counts.calls(bars, ['sent']),
      this.summary.countGroups(),
      this.readOldest(bars),
      this.readLooks(bars),
    ]);
    const series = TOPICS.map((topic) => {
      const items = sumByBar(
        bars,
        calls.filter((row) => row.topic === topic),
        (row) => row.items,
      );
      return { topic, label: TOPIC_LABELS[topic], total: sum(items), items };
    });
    const sent = sum(series.map(({ total }) => total));
    const waits = groups.toSend.items + groups.inFlight.items + groups.held.items + groups.delayed.items;
    return {
      ...toGraph(span, bars),
      message: `${sent} were sent in this time; ${waits} still have to be, ${groups.waitingForCallback.items} wait for the shop's answer.`,
      series,
      oldestAgeSeconds: bars.starts.map((_, at) => oldest.get(at) ?? null),
      unfinished: toUnfinished(looks, bars),
      waiting: SUMMARY_GROUPS.map((state) => ({ state, ...groups[state] })),
    };
  }

  async apiCalls(query: GraphQuery): Promise<ApiCallsAnswer> {
    const now = this.clock.now();
    const span = spanOf(query, now);
    const bars = barsOf(span, now);
    const rows = await this.counts.calls(bars, ['success', 'failure']);
    const methods = [...new Set(rows.map(({ method }) => method))].sort();
    const toMethod = (method: string) =>
      toMethodCalls(
        method,
        bars,
        rows.filter((row) => row.method === method),
      );
    return { ...toGraph(span, bars), methods: methods.map(toMethod) };
  }

  async responseTime(query: GraphQuery): Promise<ResponseTimeAnswer> {
    const now = this.clock.now();
    const span = spanOf(query, now);
    const bars = barsOf(span, now);
    const rows = await this.counts.times(bars);
    const methods = [...new Set(rows.map(({ method }) => method))].sort();
    return {
      ...toGraph(span, bars),
      methods: methods.map((method) => ({
        method,
        series: (['response', 'ack', 'callback'] as const).flatMap((kind) => {
          const own = rows.filter((row) => row.method === method && row.kind === kind);
          return own.length > 0 ? [toTimes(kind, bars, own)] : [];
        }),
      })),
    };
  }

  /** The longest that the oldest item had waited in each bar, by its place; none of a bar in which nobody looked. */
  private async readOldest(bars: GraphBars): Promise<Map<number, number>> {
    const rows: { at: Date; seconds: number }[] = await this.dataSource.query(
      `SELECT date_bin($3 * interval '1 second', minute, $1::timestamptz) AS at, max(oldest_age_seconds) AS seconds
       FROM queue_sample WHERE minute >= $1 AND minute < $2 GROUP BY 1`,
      [bars.from, bars.end, bars.barSeconds],
    );
    return new Map(rows.map(({ at, seconds }) => [barAt(bars, at), seconds]));
  }

  /** How the queue stood at the last look in each bar, by its place. */
  private async readLooks(bars: GraphBars): Promise<Map<number, Look>> {
    const rows: { start: Date; unfinished: Look }[] = await this.dataSource.query(
      `SELECT bar.start, last.unfinished FROM unnest($1::timestamptz[]) AS bar (start), LATERAL (
         SELECT unfinished FROM queue_sample WHERE minute >= bar.start AND minute < bar.start + $2 * interval '1 second'
         ORDER BY minute DESC LIMIT 1) AS last`,
      [bars.starts, bars.barSeconds],
    );
    return new Map(rows.map(({ start, unfinished }) => [barAt(bars, start), unfinished]));
  }

  private readEnded(now: Date): Promise<EndedRow[]> {
    return this.dataSource.query(
      `WITH counted AS (
         SELECT queued_hour, outcome, age_class, sum(items) AS items FROM (
           SELECT queued_hour, outcome, age_class, items FROM ended_items WHERE queued_hour >= $3
           UNION ALL SELECT queued_hour, outcome, age_class, items FROM ended_items_news WHERE queued_hour >= $3) AS all_items
         GROUP BY 1, 2, 3)
       SELECT w.range, c.outcome, c.age_class AS "ageClass", sum(c.items)::float8 AS items
       FROM unnest($1::text[], $2::timestamptz[]) AS w (range, start) JOIN counted c ON c.queued_hour >= w.start
       GROUP BY 1, 2, 3`,
      [...windowsOf(now), windowStart('90d', now)],
    );
  }

  private async countUnfinished(now: Date): Promise<Map<GraphRange, number>> {
    const [ranges, starts] = windowsOf(now);
    const counts = starts.map((_, at) => `count(*) FILTER (WHERE queued_at >= $${at + 1})::int AS c${at}`);
    const [row]: Record<string, number>[] = await this.dataSource.query(
      `SELECT ${counts.join(', ')} FROM sync_item WHERE finished_at IS NULL`,
      starts,
    );
    return new Map(ranges.map((range, at) => [range, row?.[`c${at}`] ?? 0]));
  }
}

function windowsOf(now: Date): [GraphRange[], Date[]] {
  return [[...GRAPH_RANGES], GRAPH_RANGES.map((range) => windowStart(range, now))];
}

function toGraph({ range }: GraphSpan, { from, to, barSeconds, starts }: GraphBars): GraphAnswer {
  const bars = starts.map((start) => start.toISOString());
  return { range, from: from.toISOString(), to: to.toISOString(), barSeconds, bars };
}

function toWindow(range: GraphRange, now: Date, rows: readonly EndedRow[], unfinished: number): KpiWindow {
  const countOf = (outcome: EndedRow['outcome']): number =>
    sum(rows.filter((row) => row.outcome === outcome).map(({ items }) => items));
  const ages = new Map(
    rows.filter(({ outcome }) => outcome === 'synced').map(({ ageClass, items }) => [ageClass, items]),
  );
  const synced = countOf('synced');
  const queued = synced + unfinished;
  const share = (seconds: number): number =>
    queued === 0 ? 0 : (countUpTo(ages, AGE_ENDS_SECONDS, seconds) / queued) * 100;
  const reached = (percent: number): number | null => percentile(ages, AGE_ENDS_SECONDS, percent, queued);
  return {
    range,
    from: windowStart(range, now).toISOString(),
    queued,
    synced,
    unfinished,
    superseded: countOf('superseded'),
    cancelled: countOf('cancelled'),
    points: KPI_SECONDS.map((seconds) => ({ seconds, percent: share(seconds) })),
    p50Seconds: reached(50),
    p95Seconds: reached(95),
    p99Seconds: reached(99),
  };
}

function toUnfinished(looks: ReadonlyMap<number, Look>, bars: GraphBars): UnfinishedSeries[] {
  const kinds = TOPICS.flatMap((topic) => QUEUED.map((status) => ({ topic, status })));
  const seen = kinds.filter(({ topic, status }) => [...looks.values()].some((look) => look[topic]?.[status]));
  return seen.map(({ topic, status }) => ({
    topic,
    label: TOPIC_LABELS[topic],
    status,
    statusLabel: STATUS_LABELS[status],
    items: bars.starts.map((_, at) => {
      const look = looks.get(at);
      return look ? (look[topic]?.[status] ?? 0) : null;
    }),
  }));
}

function toMethodCalls(method: string, bars: GraphBars, rows: readonly CallRow[]): MethodCalls {
  const of = (result: CallRow['result']) => rows.filter((row) => row.result === result);
  const success = sumByBar(bars, of('success'), ({ calls }) => calls);
  const failure = sumByBar(bars, of('failure'), ({ calls }) => calls);
  const reasons = new Map<string, number>();
  for (const { reason, calls } of of('failure')) reasons.set(reason, (reasons.get(reason) ?? 0) + calls);
  const failures = sum(failure);
  return {
    method,
    calls: sum(success) + failures,
    failures,
    success,
    failure,
    reasons: [...reasons]
      .map(([reason, calls]) => ({ reason, calls }))
      .filter(({ calls }) => calls > 0)
      .sort((a, b) => b.calls - a.calls || (a.reason < b.reason ? -1 : 1)),
  };
}

function toTimes(kind: TimeSeries['kind'], bars: GraphBars, rows: readonly TimeRow[]): TimeSeries {
  const byBar = bars.starts.map((): TimeRow[] => []);
  for (const row of rows) byBar[barAt(bars, row.at)]?.push(row);
  return {
    kind,
    calls: callsOf(rows),
    meanMs: meanOf(rows),
    p95Ms: p95Of(rows),
    meanMsByBar: byBar.map(meanOf),
    p95MsByBar: byBar.map(p95Of),
  };
}

function callsOf(rows: readonly TimeRow[]): number {
  return sum(rows.map(({ calls }) => calls));
}

function meanOf(rows: readonly TimeRow[]): number | null {
  const calls = callsOf(rows);
  return calls === 0 ? null : sum(rows.map(({ sumMs }) => sumMs)) / calls;
}

function p95Of(rows: readonly TimeRow[]): number | null {
  const histogram = new Map<number, number>();
  for (const { timeClass, calls } of rows) histogram.set(timeClass, (histogram.get(timeClass) ?? 0) + calls);
  return percentile(histogram, TIME_ENDS_MS, 95, callsOf(rows));
}

function sumByBar(bars: GraphBars, rows: readonly CallRow[], value: (row: CallRow) => number): number[] {
  const sums = bars.starts.map(() => 0);
  for (const row of rows) {
    const bar = barAt(bars, row.at);
    if (bar in sums) sums[bar]! += value(row);
  }
  return sums;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
