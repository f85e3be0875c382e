/** The bars of the returns. */
import { isMet, spreadOf } from '../figures.mjs';

/** From this size on a bar counts. */
const JUDGED_FROM = 10_000;
const LARGE = 1_000_000;

const OF_RAW = { least: 0.7 };
const P50_SECONDS = { most: 1.5 };
const P99_SECONDS = { most: 4 };
const SMALL_WINDOW_GROWTH = { most: 2 };
const SEARCH_MS = { most: 150 };

/** Every bar of a size, and of its growth from the smaller one before it: `{what, value, bar, verdict}`. */
export function judgeReturns({ size, pairs, small, searches, freshness }, smaller) {
  const counted = pairs.filter(({ isVoid }) => !isVoid);
  const judge = (what, values, bar, from = JUDGED_FROM) => {
    const value = spreadOf(values);
    const verdict = size < from ? 'shown' : value === null ? 'void' : isMet(value.median, bar) ? 'met' : 'missed';
    return { what, value, bar, verdict };
  };
  return [
    judge(
      'returns a second, of raw',
      counted.map(({ ours, raw }) => ours.perSecond / raw.perSecond),
      OF_RAW,
    ),
    judge('found after, p50, s', [freshness.p50], P50_SECONDS),
    judge('found after, p99, s', [freshness.p99], P99_SECONDS),
    judge('changes never found', [freshness.lost], { most: 0 }),
    judge('search p95, ms', [searches.p95], SEARCH_MS, LARGE),
    ...(smaller
      ? [
          judge(
            `window of 100, times that of ${smaller.size}`,
            [spreadOf(small).median / spreadOf(smaller.small).median],
            SMALL_WINDOW_GROWTH,
          ),
        ]
      : []),
  ];
}
