import type { GmcOutcome, RecommendationStatus, UnderNotice } from '@lockstep/contracts';

/** GMC's answer as it is stored. */
export const STORED_OUTCOMES = ['APPROVED', 'REJECTED', 'UNDER_REVIEW'] as const;
export type StoredOutcome = (typeof STORED_OUTCOMES)[number];

export const RECOMMENDATION_TYPES = ['REVALIDATE', 'DEFER', 'NON_ENGAGEMENT'] as const;
export type RecommendationType = (typeof RECOMMENDATION_TYPES)[number];

/** What the rules look at in a recommendation. Dates are calendar days `yyyy-MM-dd`, which compare as text. */
export interface RecommendationFacts {
  id: string;
  type: RecommendationType | null;
  status: RecommendationStatus | null;
  outcome: StoredOutcome | null;
  /** The doctor's due date at the time. */
  gmcSubmissionDate: string | null;
  /** Day on which it was sent to GMC; null for a draft. */
  actualSubmissionDate: string | null;
}

/** What the rules look at in the doctor. */
export interface DoctorFacts {
  underNotice: UnderNotice | null;
}

const OUTCOME_LABELS: Readonly<Record<StoredOutcome, GmcOutcome>> = {
  APPROVED: 'Approved',
  REJECTED: 'Rejected',
  UNDER_REVIEW: 'Under Review',
};

/**
 * An approval more than a month old, of a doctor who is under notice, belongs to the cycle before: GMC already asks for the
 * next recommendation.
 */
export function pastCompleted(recommendation: RecommendationFacts, doctor: DoctorFacts, asOf: string): boolean {
  const { outcome, actualSubmissionDate } = recommendation;
  if (outcome !== 'APPROVED' || doctor.underNotice !== 'YES' || actualSubmissionDate === null) return false;
  return actualSubmissionDate < aMonthBefore(asOf);
}

/**
 * The recommendation that stands for where a doctor is: one that waits for review and is not answered finally, else the
 * one sent last unless it is past completed, else none.
 */
export function latestRecommendation<T extends RecommendationFacts>(
  recommendations: readonly T[],
  doctor: DoctorFacts,
  asOf: string,
): T | null {
  const newestFirst = [...recommendations].sort(byActualSubmission);
  const waiting = newestFirst.find(({ status, outcome }) => status === 'READY_TO_REVIEW' && !isFinal(outcome));
  if (waiting) return waiting;
  const newest = newestFirst[0];
  return newest && !pastCompleted(newest, doctor, asOf) ? newest : null;
}

/** Where a doctor's recommendation stands, told from {@link latestRecommendation}. */
export function tisStatusOf(latest: RecommendationFacts | null): RecommendationStatus {
  if (latest === null || (latest.type === null && latest.outcome === null)) return 'NOT_STARTED';
  if (isFinal(latest.outcome)) return 'COMPLETED';
  return latest.outcome === 'UNDER_REVIEW' ? 'SUBMITTED_TO_GMC' : 'DRAFT';
}

/**
 * The one answer of GMC that a doctor shows, in a rebuild and live alike: that of the recommendation with the latest due
 * date, unless it is past completed, a draft, or not answered.
 *
 * Several recommendations often share a due date. Then one that was sent goes before a draft, which GMC has not seen and so
 * cannot replace its answer; after that the one sent last, after that the highest id, so that the order is total.
 */
export function gmcOutcomeOf(
  recommendations: readonly RecommendationFacts[],
  doctor: DoctorFacts,
  asOf: string,
): GmcOutcome | null {
  const newest = [...recommendations].sort(byDueDate)[0];
  if (!newest || newest.outcome === null || newest.actualSubmissionDate === null) return null;
  return pastCompleted(newest, doctor, asOf) ? null : OUTCOME_LABELS[newest.outcome];
}

function isFinal(outcome: StoredOutcome | null): boolean {
  return outcome === 'APPROVED' || outcome === 'REJECTED';
}

function byDueDate(a: RecommendationFacts, b: RecommendationFacts): number {
  return latestFirst(a.gmcSubmissionDate, b.gmcSubmissionDate) || byActualSubmission(a, b);
}

/** Drafts last. Equal days: the later due date, then the higher id. */
function byActualSubmission(a: RecommendationFacts, b: RecommendationFacts): number {
  return (
    latestFirst(a.actualSubmissionDate, b.actualSubmissionDate) ||
    latestFirst(a.gmcSubmissionDate, b.gmcSubmissionDate) ||
    latestFirst(a.id, b.id)
  );
}

function latestFirst(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a > b ? -1 : 1;
}

/** The same day of the month before, or its last day where that month is shorter (31 March: 28 February). */
function aMonthBefore(day: string): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  const lastOfMonthBefore = new Date(Date.UTC(year, month - 1, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 2, Math.min(date, lastOfMonthBefore))).toISOString().slice(0, 10);
}
