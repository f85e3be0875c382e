import { ProblemError } from '@lockstep/service';

/** Windows of the key figure, each a line of its graph. */
export const GRAPH_RANGES = ['24h', '7d', '14d', '30d', '90d'] as const;
export type GraphRange = (typeof GRAPH_RANGES)[number];

/** What a graph can be asked for by its name. */
export const NAMED_RANGES = ['1h', ...GRAPH_RANGES] as const;
export type NamedRange = (typeof NAMED_RANGES)[number];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const LENGTHS_MS: Readonly<Record<NamedRange, number>> = {
  '1h': HOUR_MS,
  '24h': DAY_MS,
  '7d': 7 * DAY_MS,
  '14d': 14 * DAY_MS,
  '30d': 30 * DAY_MS,
  '90d': 90 * DAY_MS,
};

/** As long as counts are kept. */
const LONGEST_MS = 100 * DAY_MS;
/** What is older is known by the hour; calls themselves are kept longer than this, whatever the settings. */
const FINE_MS = DAY_MS;

/** The width of the bars of a time of at most this length. */
const WIDTHS: readonly { readonly upToMs: number; readonly barMs: number }[] = [
  { upToMs: HOUR_MS, barMs: MINUTE_MS },
  { upToMs: 6 * HOUR_MS, barMs: 5 * MINUTE_MS },
  { upToMs: 7 * DAY_MS, barMs: HOUR_MS },
  { upToMs: 30 * DAY_MS, barMs: 6 * HOUR_MS },
  { upToMs: Number.POSITIVE_INFINITY, barMs: DAY_MS },
];

/** The time that a graph shows. */
export interface GraphSpan {
  readonly range: NamedRange | 'custom';
  readonly from: Date;
  readonly to: Date;
}

/** The bars of a graph. The first begins with a whole bar; one that ends later than `to` is still filling. */
export interface GraphBars {
  readonly from: Date;
  readonly to: Date;
  /** Where the last bar ends. */
  readonly end: Date;
  readonly barSeconds: number;
  /** Beginnings of the bars. */
  readonly starts: readonly Date[];
}

/**
 * What is asked for: a time by its two ends, of which either may be missing, or one up to now by its name.
 *
 * @throws ProblemError 400 `RANGE_INVALID`
 */
export function spanOf(
  { range, from, to }: { readonly range?: NamedRange; readonly from?: string; readonly to?: string },
  now: Date,
): GraphSpan {
  const lengthMs = LENGTHS_MS[range ?? '24h'];
  if (from === undefined && to === undefined) {
    return { range: range ?? '24h', from: new Date(now.getTime() - lengthMs), to: now };
  }
  const end = Math.min(to === undefined ? now.getTime() : Date.parse(to), now.getTime());
  const start = from === undefined ? end - lengthMs : Date.parse(from);
  if (start >= end)
    throw new ProblemError(400, 'RANGE_INVALID', 'The range ends before it begins, or lies in the future.');
  if (end - start > LONGEST_MS) throw new ProblemError(400, 'RANGE_INVALID', 'The range is longer than 100 days.');
  return { range: 'custom', from: new Date(start), to: new Date(end) };
}

export function barsOf({ from, to }: Pick<GraphSpan, 'from' | 'to'>, now: Date): GraphBars {
  const lengthMs = to.getTime() - from.getTime();
  const isFine = now.getTime() - from.getTime() <= FINE_MS;
  const width = WIDTHS.find(({ upToMs, barMs }) => lengthMs <= upToMs && (isFine || barMs >= HOUR_MS));
  const { barMs } = width as (typeof WIDTHS)[number];
  const first = Math.floor(from.getTime() / barMs);
  // Up to now the bar that has just begun is one of them.
  const last = to < now ? Math.ceil(to.getTime() / barMs) - 1 : Math.floor(to.getTime() / barMs);
  const starts = Array.from({ length: last - first + 1 }, (_, at) => new Date((first + at) * barMs));
  const end = new Date((last + 1) * barMs);
  return { from: new Date(first * barMs), to, end, barSeconds: barMs / 1_000, starts };
}

/** Whether the bars are narrower than what is counted beforehand. */
export function isFine({ barSeconds }: GraphBars): boolean {
  return barSeconds * 1_000 < HOUR_MS;
}

/** The beginning of the hour in which the time of a range began: what is counted by the hour begins there. */
export function windowStart(range: GraphRange, now: Date): Date {
  return new Date(Math.floor((now.getTime() - LENGTHS_MS[range]) / HOUR_MS) * HOUR_MS);
}

/** Which bar a moment lies in. */
export function barAt({ from, barSeconds }: GraphBars, at: Date): number {
  return Math.floor((at.getTime() - from.getTime()) / (barSeconds * 1_000));
}
