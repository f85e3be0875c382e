/** What is known of a return on both sides. */
export interface ReturnFacts {
  /** Null when the database never had it. */
  readonly stored: { readonly version: number; readonly deleted: boolean } | null;
  readonly indexed: { readonly version: number; readonly deleted: boolean } | null;
  /** It has changes that no completed window has brought. */
  readonly isPending: boolean;
  /** It is on a page of a run that has not ended. */
  readonly isInRun: boolean;
  readonly deadReason: string | null;
}

export const ADVICE = ['NOTHING', 'UNKNOWN_RETURN', 'WAIT', 'FIX_AND_RESYNC', 'RESYNC', 'VERIFY'] as const;
export type Advice = (typeof ADVICE)[number];

/** Why the return is, or is not, in the index, and what is to be done. The first that fits. */
export function decideAdvice(facts: ReturnFacts): { readonly advice: Advice; readonly reason: string } {
  const { stored, indexed } = facts;
  if (!stored && !indexed) return { advice: 'UNKNOWN_RETURN', reason: 'Neither the database nor the index has it.' };
  if (!stored || (indexed && indexed.version > stored.version)) {
    return {
      advice: 'VERIFY',
      reason: 'The index knows more than the database, which has lost transactions: a verification puts it right.',
    };
  }
  if (isShown(stored, indexed)) return { advice: 'NOTHING', reason: 'The index has it as the database has it.' };
  if (facts.deadReason !== null) {
    return { advice: 'FIX_AND_RESYNC', reason: `It could not be written: ${facts.deadReason}` };
  }
  if (facts.isInRun) return { advice: 'WAIT', reason: 'A run that has not ended is about to write it.' };
  if (facts.isPending) return { advice: 'WAIT', reason: 'Its last change waits for the next window.' };
  return { advice: 'RESYNC', reason: 'The index differs and no window will bring it: resync this id.' };
}

function isShown(stored: { version: number; deleted: boolean }, indexed: ReturnFacts['indexed']): boolean {
  if (!indexed) return stored.deleted;
  return indexed.version === stored.version && indexed.deleted === stored.deleted;
}
