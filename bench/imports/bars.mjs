/** The bars of an import of a million objects and three million links. */
import { isMet, spreadOf } from '../figures.mjs';

/** From this size on a bar counts. */
export const JUDGED_FROM = 1_000_000;

const PLAN_SECONDS = { most: 120 };
const EXECUTE_SECONDS = { most: 180 };
const MEMORY_MB = { most: 400 };

/** Every bar of a size: `{what, value, bar, verdict}`. */
export function judgeImports({ size, pairs, memoryMb }) {
  const counted = pairs.filter(({ isVoid }) => !isVoid).map(({ ours }) => ours);
  const judge = (what, values, bar) => {
    const value = spreadOf(values);
    return { what, value, bar, verdict: verdictOf(value, bar, size) };
  };
  return [
    judge(
      'planning, s',
      counted.map(({ planSeconds }) => planSeconds),
      PLAN_SECONDS,
    ),
    judge(
      'execution, s',
      counted.map(({ executeSeconds }) => executeSeconds),
      EXECUTE_SECONDS,
    ),
    judge('max RSS of import, MB', [memoryMb.import], MEMORY_MB),
  ];
}

function verdictOf(value, bar, size) {
  if (size < JUDGED_FROM) return 'shown';
  if (value === null) return 'void';
  return isMet(value.median, bar) ? 'met' : 'missed';
}
