export const GRAPH_RANGES = ['24h', '7d', '14d', '30d', '90d'] as const;
export type GraphRange = (typeof GRAPH_RANGES)[number];

const HOUR_MS = 3_600_000;

const LENGTHS: Readonly<Record<GraphRange, { readonly hours: number; readonly barHours: number }>> = {
  '24h': { hours: 24, barHours: 1 },
  '7d': { hours: 7 * 24, barHours: 1 },
  '14d': { hours: 14 * 24, barHours: 6 },
  '30d': { hours: 30 * 24, barHours: 6 },
  '90d': { hours: 90 * 24, barHours: 24 },
};

/** The bars of a graph. The first begins with a whole bar; the last is the one that is still filling. */
export interface GraphBars {
  readonly from: Date;
  readonly to: Date;
  readonly barSeconds: number;
  /** Beginnings of the bars. */
  readonly starts: readonly Date[];
}

export function barsOf(range: GraphRange, now: Date): GraphBars {
  const { hours, barHours } = LENGTHS[range];
  const barMs = barHours * HOUR_MS;
  const first = Math.floor((now.getTime() - hours * HOUR_MS) / barMs);
  const last = Math.floor(now.getTime() / barMs);
  const starts = Array.from({ length: last - first + 1 }, (_, at) => new Date((first + at) * barMs));
  return { from: new Date(first * barMs), to: now, barSeconds: barMs / 1_000, starts };
}

/** The beginning of the hour in which the time of a range began: what is counted by the hour begins there. */
export function windowStart(range: GraphRange, now: Date): Date {
  return new Date(Math.floor((now.getTime() - LENGTHS[range].hours * HOUR_MS) / HOUR_MS) * HOUR_MS);
}

/** Which bar a moment lies in. */
export function barAt({ from, barSeconds }: GraphBars, at: Date): number {
  return Math.floor((at.getTime() - from.getTime()) / (barSeconds * 1_000));
}
