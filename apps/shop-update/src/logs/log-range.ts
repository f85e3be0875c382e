import { isInstant } from '@lockstep/contracts';

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A moment as it is asked for: RFC 3339, `now`, or `now-15m` (s, m, h, d, w); undefined for anything else. */
export function readMoment(text: string, now: Date): Date | undefined {
  if (isInstant(text)) return new Date(text);
  const relative = /^now(?:-(\d{1,6})([smhdw]))?$/.exec(text);
  if (!relative) return undefined;
  const [, count = '0', unit = 's'] = relative;
  return new Date(now.getTime() - Number(count) * UNITS_MS[unit]!);
}

/** Widths of the bars of a histogram, and the field of the index that counts each; a day is counted by its own index. */
export const BAR_UNITS = {
  minute: { field: 'minute', ms: 60_000 },
  tenMinutes: { field: 'tenMinutes', ms: 600_000 },
  hour: { field: 'hour', ms: 3_600_000 },
  day: { field: null, ms: 86_400_000 },
} as const;
export type BarUnit = keyof typeof BAR_UNITS;

/** Values that a search counts of one field at most. */
const MAX_BARS_OF_INDEX = 100;
/** An index holds 24 hours: beyond this many days bars are a day wide only because there would be too many. */
const MAX_HOURS = 8 * 24;

/** The narrowest bars of which a range has not too many. */
export function chooseBars(from: Date, to: Date): BarUnit {
  const rangeMs = to.getTime() - from.getTime();
  const bars = (unit: BarUnit): number => rangeMs / BAR_UNITS[unit].ms + 2;
  if (bars('minute') <= MAX_BARS_OF_INDEX) return 'minute';
  if (bars('tenMinutes') <= MAX_BARS_OF_INDEX) return 'tenMinutes';
  return bars('hour') <= MAX_HOURS + 2 ? 'hour' : 'day';
}
