import { DESIGNATED_BODY_BY_OWNER, designatedBodyOf } from '@lockstep/contracts';
import { personAt } from '../people/generate-people.js';
import { type Random, randomOf } from '../people/random.js';
import { day, type TraineePerson } from '../people/trainee-person.js';
import type { GmcDoctorLine, RecommendationLine } from './gmc-lines.js';

/** How many doctors GMC knows, which ones, and on which day they are looked at. */
export interface GmcDoctorsOptions {
  /** Up to 3,000,000: then the numbers that only GMC knows would meet those of people. */
  count: number;
  /** That of the people they belong to: `generatePeople` with the same seed and day. */
  seed: number;
  /** `yyyy-MM-dd`; dates lie around it. */
  asOf: string;
}

const FIRST_GMC_ONLY_NUMBER = 1_000_000;
/** One person in so many has no record at GMC: 95 doctors belong to 100 people. */
const PEOPLE_A_GAP = 20;
const GMC_ONLY_SHARE = 0.03;
const BODIES = [...new Set(DESIGNATED_BODY_BY_OWNER.values())];
const ADMINS = ['admin.one@example.org', 'admin.two@example.org', 'admin.three@example.org'];
/** Keeps the doctors' random numbers apart from those of the people with the same seed. */
const SEED_OFFSET = 0x6d63;

/**
 * GMC's doctors, one after the other, as lines of a bulk load. 95 of them belong to 100 generated people of the same seed
 * (three in a hundred to nobody); their bodies mostly are those of the people's programmes, some are others or missing.
 * Lazy: memory stays flat however many are taken.
 */
export function* generateGmcDoctors({ count, ...options }: GmcDoctorsOptions): Generator<GmcDoctorLine> {
  for (let index = 0; index < count; index++) yield doctorAt(index, options);
}

/** None to three recommendations for each of the doctors that {@link generateGmcDoctors} makes, in every state. Lazy. */
export function* generateRecommendations({ count, ...options }: GmcDoctorsOptions): Generator<RecommendationLine> {
  for (let index = 0; index < count; index++) yield* recommendationsAt(index, options);
}

type Where = Omit<GmcDoctorsOptions, 'count'>;

function doctorAt(index: number, { seed, asOf }: Where): GmcDoctorLine {
  const random = randomOf(seed + SEED_OFFSET, index);
  const person = personAt(personIndexOf(index), { seed, asOf });
  const isGmcOnly = random.chance(GMC_ONLY_SHARE);
  const [first, last] = [person.forenames, person.surname];
  return {
    gmcNumber: numberAt(index, isGmcOnly),
    doctorFirstName: random.chance(0.05) ? (first?.toUpperCase() ?? null) : first,
    doctorLastName: random.chance(0.05) ? `${last}-Gray` : last,
    submissionDate: random.chance(0.03) ? null : day(asOf, random.below(1_800) - 60),
    dateAdded: day(asOf, -random.below(2_500) - 30),
    underNotice: noticeOf(random),
    sanction: random.chance(0.01) ? 'Conditions' : null,
    designatedBodyCode: bodyOf(random, isGmcOnly ? null : tisBodyOf(person, asOf)),
    gmcLastUpdatedDateTime: `${day(asOf, -1)}T01:00:00Z`,
  };
}

function recommendationsAt(index: number, where: Where): RecommendationLine[] {
  const { gmcNumber, submissionDate } = doctorAt(index, where);
  const random = randomOf(where.seed + 2 * SEED_OFFSET, index);
  const count = random.pick([0, 0, 1, 1, 1, 2, 2, 3]);
  return Array.from({ length: count }, (_, order) => {
    // The last one is about the due date of now, those before it about older ones.
    const isLatest = order === count - 1;
    const dueDate = isLatest ? submissionDate : day(where.asOf, -900 * (count - 1 - order) - random.below(200));
    return recommendationOf(random, { id: `seed-${gmcNumber}-${order + 1}`, gmcNumber, dueDate, isLatest, ...where });
  });
}

interface RecommendationFacts extends Where {
  id: string;
  gmcNumber: string;
  dueDate: string | null;
  isLatest: boolean;
}

function recommendationOf(random: Random, facts: RecommendationFacts): RecommendationLine {
  const { id, gmcNumber, dueDate, isLatest, asOf } = facts;
  const state = isLatest ? random.pick(LATEST_STATES) : random.pick(PAST_STATES);
  const recommendationType = random.pick([
    'REVALIDATE',
    'REVALIDATE',
    'REVALIDATE',
    'DEFER',
    'NON_ENGAGEMENT',
  ] as const);
  const isSent = state.recommendationStatus !== 'READY_TO_REVIEW';
  const sentOn = isLatest ? day(asOf, -random.below(90)) : day(dueDate ?? asOf, -random.below(60));
  const isDeferral = recommendationType === 'DEFER';
  return {
    id,
    gmcNumber,
    ...state,
    recommendationType,
    gmcSubmissionDate: dueDate,
    actualSubmissionDate: isSent ? sentOn : null,
    gmcRevalidationId: isSent ? `GMC-${id}` : null,
    deferralDate: isDeferral ? day(dueDate ?? asOf, 180) : null,
    deferralReason: isDeferral ? '1' : null,
    deferralSubReason: isDeferral ? String(1 + random.below(8)) : null,
    comments: random.chance(0.2) ? ['Discussed at the panel.'] : [],
    admin: random.pick(ADMINS),
  };
}

type State = Pick<RecommendationLine, 'outcome' | 'recommendationStatus'>;

const DRAFT: State = { outcome: null, recommendationStatus: 'READY_TO_REVIEW' };
const SUBMITTED: State = { outcome: 'UNDER_REVIEW', recommendationStatus: 'SUBMITTED_TO_GMC' };
const APPROVED: State = { outcome: 'APPROVED', recommendationStatus: 'COMPLETED' };
const REJECTED: State = { outcome: 'REJECTED', recommendationStatus: 'COMPLETED' };

const LATEST_STATES = [DRAFT, DRAFT, SUBMITTED, SUBMITTED, APPROVED, APPROVED, REJECTED];
const PAST_STATES = [APPROVED, APPROVED, APPROVED, REJECTED];

/** Every twentieth person is passed over. */
function personIndexOf(index: number): number {
  return index + Math.floor(index / (PEOPLE_A_GAP - 1));
}

/** That of the person, without what people make of it when they type: GMC's own numbers are clean. */
function numberAt(index: number, isGmcOnly: boolean): string {
  return String(isGmcOnly ? FIRST_GMC_ONLY_NUMBER + index : 4_000_000 + personIndexOf(index));
}

function noticeOf(random: Random): GmcDoctorLine['underNotice'] {
  return random.pick(['YES', 'YES', 'YES', 'NO', 'NO', 'NO', 'NO', 'NO', 'ON_HOLD', null] as const);
}

function bodyOf(random: Random, tisBody: string | null): string | null {
  if (random.chance(0.07)) return null;
  if (random.chance(0.08)) return random.pick(BODIES);
  if (tisBody !== null) return tisBody;
  return random.chance(0.5) ? random.pick(BODIES) : null;
}

/** The body of the only programme that is current on the day; null for none or several. */
function tisBodyOf({ programmeMemberships }: TraineePerson, asOf: string): string | null {
  const current = programmeMemberships.filter(
    ({ startDate, endDate }) => startDate !== null && endDate !== null && startDate <= asOf && asOf <= endDate,
  );
  return current.length === 1 ? designatedBodyOf(current[0]?.owner ?? null) : null;
}
