/** Arithmetic of measured figures: what several runs say together, and whether that is enough to say. */

/** Median, least and greatest of some numbers; null when there are none. */
export function spreadOf(values) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/** A bar is `{least: n}` or `{most: n}`. */
export function isMet(value, bar) {
  return bar.least === undefined ? value <= bar.most : value >= bar.least;
}

/** Within a fifth of its bar a median of three may fall on either side by chance. */
export function isClose(value, bar) {
  const limit = bar.least ?? bar.most;
  return Math.abs(value - limit) <= 0.2 * limit;
}

/** True when others used so much of the machine that the measurement says nothing. `shares` may hold null: not known. */
export function isDisturbed(shares, maxOtherShare) {
  return shares.some((share) => share !== null && share > maxOtherShare);
}

/** Measures until nobody disturbs it, three times at most; answers the last with `isVoid`, and all attempts. */
export async function measureUndisturbed(measure, isVoid, maxAttempts = 3) {
  const attempts = [];
  while (attempts.length < maxAttempts) {
    const result = await measure();
    attempts.push({ ...result, isVoid: isVoid(result) });
    if (!attempts.at(-1).isVoid) break;
  }
  return attempts;
}
