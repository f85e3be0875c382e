/**
 * Upper ends of the classes that ages and times are counted in; a last class holds what is above all of them. They stand in
 * the triggers that count too: other ends are a new migration, and do not change what was counted before.
 */

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** Seconds from an item's queueing to its end. Those of the graph are among them, so that its points are exact. */
export const AGE_ENDS_SECONDS: readonly number[] = [
  0.1,
  0.2,
  0.3,
  0.5,
  0.75,
  1,
  1.5,
  2,
  3,
  5,
  7.5,
  10,
  15,
  20,
  30,
  45,
  60,
  90,
  120,
  180,
  240,
  300,
  420,
  600,
  660,
  720,
  900,
  1_200,
  1_500,
  1_800,
  2_400,
  HOUR,
  1.5 * HOUR,
  2 * HOUR,
  3 * HOUR,
  4 * HOUR,
  6 * HOUR,
  8 * HOUR,
  10 * HOUR,
  12 * HOUR,
  16 * HOUR,
  DAY,
  1.5 * DAY,
  2 * DAY,
  3 * DAY,
  4 * DAY,
  5 * DAY,
  6 * DAY,
  7 * DAY,
  8 * DAY,
  10 * DAY,
  14 * DAY,
  30 * DAY,
];

/** Milliseconds until an answer, an acknowledgment or a callback; the last may take days. */
export const TIME_ENDS_MS: readonly number[] = [
  1,
  2,
  5,
  10,
  15,
  20,
  30,
  40,
  50,
  75,
  100,
  150,
  200,
  300,
  400,
  500,
  750,
  1_000,
  1_500,
  2_000,
  3_000,
  4_000,
  5_000,
  7_500,
  10_000,
  15_000,
  20_000,
  30_000,
  45_000,
  60_000,
  120_000,
  300_000,
  600_000,
  1_800_000,
  3_600_000,
  4 * 3_600_000,
  8 * 3_600_000,
  86_400_000,
  2 * 86_400_000,
  7 * 86_400_000,
];

/** How many fell into each class, by its number from 0; see the ends. */
export type Histogram = ReadonlyMap<number, number>;

/** How many were at most this; `end` is one of the ends. */
export function countUpTo(histogram: Histogram, ends: readonly number[], end: number): number {
  let sum = 0;
  for (const [number, count] of histogram) if ((ends[number] ?? Number.POSITIVE_INFINITY) <= end) sum += count;
  return sum;
}

/**
 * The end of the class in which the share `percent` of `of` is reached: the true value is at most that. Null where it is
 * never reached, or only beyond the last end.
 */
export function percentile(histogram: Histogram, ends: readonly number[], percent: number, of: number): number | null {
  if (of === 0) return null;
  const wanted = (of * percent) / 100;
  let sum = 0;
  for (const [number, end] of ends.entries()) {
    sum += histogram.get(number) ?? 0;
    if (sum >= wanted) return end;
  }
  return null;
}

/** SQL of the number of the class of a value: values at an end belong to it. */
export function classSql(value: string, ends: readonly number[]): string {
  // `width_bucket` counts the thresholds that are at or below a value: with both negated those that are at or above it.
  const negated = [...ends].reverse().map((end) => -end);
  return `${ends.length} - width_bucket((-(${value}))::float8, ARRAY[${negated.join(', ')}]::float8[])`;
}
