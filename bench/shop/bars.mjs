/** The bars of the shop's queue. */
import { isMet, spreadOf } from '../figures.mjs';

const LARGE = 1_000_000;
const OF_RAW = { least: 0.5 };
const HEARD_P99_MS = { most: 500 };
const CLAIM_GROWTH = { most: 1.5 };
const LISTS_MS = { most: 300 };
const GRAPHS_MS = { most: 1_000 };

/** Every bar: `{what, value, bar, verdict}`. */
export function judgeShop({ pairs, idle, results }) {
  const counted = pairs.filter(({ isVoid }) => !isVoid);
  const judge = (what, values, bar, isJudged = true) => {
    const value = spreadOf(values);
    const verdict = !isJudged ? 'shown' : value === null ? 'void' : isMet(value.median, bar) ? 'met' : 'missed';
    return { what, value, bar, verdict };
  };
  const ratios = counted.map(({ ours, raw }) => ours.perSecond / raw.perSecond);
  const [smallest, largest] = [results[0], results.at(-1)];
  const isLarge = largest.size >= LARGE;
  return [
    judge('items a second, of raw', ratios, OF_RAW),
    judge('change to request, p99, ms', [idle.p99], HEARD_P99_MS),
    judge(
      `claim at ${largest.size}, times ${smallest.size}`,
      [largest.claimMs / smallest.claimMs],
      CLAIM_GROWTH,
      isLarge,
    ),
    judge(`lists at ${largest.size}, p95, ms`, [largest.listMs], LISTS_MS, isLarge),
    judge('graphs when first asked for, ms', [largest.graphMs], GRAPHS_MS, isLarge),
  ];
}
