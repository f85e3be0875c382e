/** The bars of the trainee sync, and what the measurements of one size say to them. */
import { isClose, isMet, spreadOf } from '../figures.mjs';

/** From this size on a bar counts; below it fixed costs (an index made, a lease taken) are most of what is measured. */
export const JUDGED_FROM = 100_000;

const MASTER_OF_RAW = { least: 0.85 };
const WHOLE_OF_RAW = { least: 0.2, aim: 0.25 };
const TIMES_ONE_BY_ONE = { least: 10 };
const MEMORY_MB = { most: 350 };
/** Ten times the doctors may take eleven times as long. */
const GROWTH_ALLOWANCE = 1.1;

function masterOfRaw({ ours, raw }) {
  return ours.phases.find(({ name }) => name === 'master').perSecond / raw.perSecond;
}

function wholeOfRaw({ ours, raw }) {
  return ours.perSecond / raw.perSecond;
}

/** More pairs are worth their time when the verdict could still turn. */
export function needMorePairs(pairs) {
  const close = (ratio, bar) => isClose(spreadOf(pairs.map(ratio)).median, bar);
  return pairs.length > 0 && (close(masterOfRaw, MASTER_OF_RAW) || close(wholeOfRaw, WHOLE_OF_RAW));
}

/** Runs that count: those that nobody disturbed. */
export function undisturbed(results) {
  return results.filter(({ isVoid }) => !isVoid);
}

/** Every bar of a size: `{what, value, bar, verdict}`, verdict one of met, missed, shown (too small to judge), void. */
export function judgeSize(result, oneByOne) {
  const { size, pairs, memoryMb } = result;
  const counted = undisturbed(pairs);
  const ours = spreadOf(counted.map((pair) => pair.ours.perSecond));
  const seeds = spreadOf(undisturbed(oneByOne).map(({ perSecond }) => perSecond));
  const timesOneByOne = ours &&
    seeds && { median: ours.median / seeds.median, min: ours.min / seeds.max, max: ours.max / seeds.min };
  return [
    judge('phase master, of the raw chain', spreadOf(counted.map(masterOfRaw)), MASTER_OF_RAW, size),
    judge('whole run, of the raw chain', spreadOf(counted.map(wholeOfRaw)), WHOLE_OF_RAW, size),
    judge('whole run, times one by one', timesOneByOne, TIMES_ONE_BY_ONE, size),
    ...Object.entries(memoryMb).map(([app, mb]) => judge(`max RSS of ${app}, MB`, spreadOf([mb]), MEMORY_MB, size)),
  ];
}

/** How the time of a whole run grew from one size to the next larger one. */
export function judgeGrowth(smaller, larger) {
  const times = (result) => spreadOf(undisturbed(result.pairs).map(({ ours }) => ours.seconds));
  const [before, after] = [times(smaller), times(larger)];
  const value = before &&
    after && { median: after.median / before.median, min: after.min / before.max, max: after.max / before.min };
  const bar = { most: (GROWTH_ALLOWANCE * larger.size) / smaller.size };
  return judge(`time of ${smaller.size} to ${larger.size}, times`, value, bar, larger.size);
}

function judge(what, value, bar, size) {
  return { what, value, bar, verdict: verdictOf(value, bar, size) };
}

function verdictOf(value, bar, size) {
  if (size < JUDGED_FROM) return 'shown';
  if (value === null) return 'void';
  return isMet(value.median, bar) ? 'met' : 'missed';
}
