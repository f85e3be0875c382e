/** What becomes of a callback; `received` until that is known. */
export const VERDICTS = ['received', 'applied', 'duplicate', 'orphan', 'stale', 'unusable'] as const;
export type Verdict = (typeof VERDICTS)[number];
