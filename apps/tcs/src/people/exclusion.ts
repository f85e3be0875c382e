import type { ExclusionCode } from '@lockstep/contracts';

/** What the filters look at: the GMC number as it was entered, and the person's roles. */
export interface ExclusionFacts {
  gmcNumber: string | null;
  role: string | null;
}

/** Words that people type into the GMC number when there is none; compared trimmed and in lower case. */
const NOT_A_NUMBER: ReadonlyMap<string, ExclusionCode> = new Map([
  ['unknown', 'GMC_NUMBER_UNKNOWN'],
  ['na', 'GMC_NUMBER_NOT_APPLICABLE'],
  ['n/a', 'GMC_NUMBER_NOT_APPLICABLE'],
]);

const NON_BREAKING_SPACE = '\u00a0';

/**
 * Why a person stays out of the master index, or null for one who belongs in it. The first rule that applies wins:
 *
 * 1. `ROLE_DUMMY`: the record is no person at all, so nothing about its number needs an operator.
 * 2. `GMC_NUMBER_NON_BREAKING_SPACE`: before any trimming, which would remove the very character that must be corrected
 *    at the source, and before the words, because `unknown` with such a space is still wrong once the word is gone.
 * 3. `GMC_NUMBER_MISSING`: null, empty or blank.
 * 4. `GMC_NUMBER_UNKNOWN`, `GMC_NUMBER_NOT_APPLICABLE`: the words entered instead of a number.
 */
export function decideExclusion({ gmcNumber, role }: ExclusionFacts): ExclusionCode | null {
  if (isDummyRole(role)) return 'ROLE_DUMMY';
  if (gmcNumber?.includes(NON_BREAKING_SPACE)) return 'GMC_NUMBER_NON_BREAKING_SPACE';
  const entered = gmcNumber?.trim() ?? '';
  if (entered === '') return 'GMC_NUMBER_MISSING';
  return NOT_A_NUMBER.get(entered.toLowerCase()) ?? null;
}

/** Roles are one free text (`DR in Training, Placeholder`), so the words count wherever they stand. */
function isDummyRole(role: string | null): boolean {
  return role !== null && /dummy|placeholder/i.test(role);
}
