import { PROGRAMME_CATALOGUE } from './programme-catalogue.js';
import { type Random, randomOf } from './random.js';
import { day, type TraineeMembership, type TraineePerson, type TraineePlacement } from './trainee-person.js';

/** How many people, which ones, and on which day they are looked at. */
export interface PeopleOptions {
  /** Up to 5,000,000: then the GMC numbers would meet those of the golden doctors. */
  count: number;
  /** The same seed gives the same people. */
  seed: number;
  /** `yyyy-MM-dd`; memberships and placements lie around it. */
  asOf: string;
  /** @default 1 */
  firstPersonId?: number;
}

const FIRST_GMC_NUMBER = 4_000_000;
/** One in so many claims the number of the person before. */
const SHARED_EVERY = 2_000;

const FORENAMES = [
  'Aoife',
  'Amélie',
  'Benjamin',
  'Chidi',
  'Chloë',
  'Daniel',
  'Emeka',
  'Fatima',
  'Gráinne',
  'Hannah',
  'Ifeoma',
  'Imran',
  'Jack',
  'José',
  'Kateřina',
  'Lakshmi',
  'Liam',
  'Maryam',
  'Mohammed',
  'Niamh',
  'Oluwaseun',
  'Poppy',
  'Priya',
  'Rhys',
  'Saoirse',
  'Siân',
  'Tariq',
  'Thomas',
  'Uchenna',
  'Wei',
  'Xin Yi',
  'Zoë',
];
const MIDDLE_NAMES = ['', '', '', ' Jane', ' Anne', ' Paul', ' Ali', ' Rose'];
const SURNAMES = [
  "O'Brien",
  'Ahmed',
  'Baker',
  'Chen',
  'Davies',
  "D'Souza",
  'Edwards',
  'Fernández',
  'García-López',
  'Hughes',
  'Iqbal',
  'Jones',
  'Khan',
  'Kowalczyk',
  'MacDonald',
  'Müller',
  'Nguyễn',
  'Nuñez',
  'Okafor',
  "O'Neill",
  'Patel',
  'Quinn',
  'Rahman',
  'Šimić',
  'Singh',
  'Smith',
  'Taylor',
  'van der Berg',
  'Williams',
  'Wright',
  'Yılmaz',
  'Zhang',
];
const TYPES = [...Array<string>(12).fill('SUBSTANTIVE'), 'LAT', 'FTSTA', 'MILITARY', 'Visitor'];
const GRADES: readonly (readonly [id: string, name: string])[] = [
  ['279', 'Foundation Year 1'],
  ['280', 'Foundation Year 2'],
  ['284', 'ST1'],
  ['285', 'ST2'],
  ['286', 'ST3'],
  ['287', 'ST4'],
  ['288', 'ST5'],
  ['2790', 'ST6'],
  ['312', 'GP Specialty Registrar'],
];
const NO_NUMBERS = [null, '', 'UNKNOWN', 'unknown', ' Unknown ', 'NA', 'N/A', 'n/a'];
const DUMMY_ROLES = ['Dummy Record', 'DR in Training, Placeholder'];

/**
 * Realistic people one after the other: about two memberships and three curricula each, some on no programme, five in a
 * hundred left out by the filters, some padded numbers, one in 2,000 claiming the number of somebody else. Lazy: memory
 * stays flat however many are taken.
 */
export function* generatePeople({ count, ...options }: PeopleOptions): Generator<TraineePerson> {
  for (let index = 0; index < count; index++) yield personAt(index, options);
}

/** The person that {@link generatePeople} makes as the one after `index` others. */
export function personAt(
  index: number,
  { seed, asOf, firstPersonId = 1 }: Omit<PeopleOptions, 'count'>,
): TraineePerson {
  const random = randomOf(seed, index);
  return {
    personId: firstPersonId + index,
    forenames: random.pick(FORENAMES) + random.pick(MIDDLE_NAMES),
    surname: random.pick(SURNAMES),
    ...identityOf(index, random),
    programmeMemberships: membershipsOf(random, asOf),
    placements: placementsOf(random, asOf),
  };
}

/** Four in a hundred have no usable number, one is a dummy, two have blanks around the number. */
function identityOf(index: number, random: Random): Pick<TraineePerson, 'gmcNumber' | 'role'> {
  const role = 'DR in Training';
  const number = String(FIRST_GMC_NUMBER + index);
  if (index % SHARED_EVERY === SHARED_EVERY - 1) return { gmcNumber: String(FIRST_GMC_NUMBER + index - 1), role };
  const kind = random.below(200);
  if (kind < 6) return { gmcNumber: random.pick(NO_NUMBERS), role };
  if (kind < 8) return { gmcNumber: `${number.slice(0, 3)}\u00a0${number.slice(3)}`, role };
  if (kind < 10) return { gmcNumber: number, role: random.pick(DUMMY_ROLES) };
  if (kind < 14) return { gmcNumber: ` ${number} `, role };
  return { gmcNumber: number, role };
}

function membershipsOf(random: Random, asOf: string): TraineeMembership[] {
  if (random.chance(0.06)) return [];
  const memberships: TraineeMembership[] = [];
  const add = (startDays: number, endDays: number): void => {
    memberships.push(membershipOf(random, day(asOf, startDays), day(asOf, endDays)));
  };
  if (random.chance(0.7)) add(-1_800 - random.below(900), -30 - random.below(1_500));
  if (random.chance(0.92)) add(-random.below(1_200), random.below(1_400));
  if (random.chance(0.15)) add(-random.below(400), random.below(700));
  if (random.chance(0.12)) add(1 + random.below(300), 700 + random.below(900));
  // Now and then somebody has not finished typing.
  const last = memberships.at(-1);
  if (last && random.chance(0.01)) last.endDate = null;
  return memberships;
}

function membershipOf(random: Random, startDate: string, endDate: string): TraineeMembership {
  const programme = random.pick(PROGRAMME_CATALOGUE);
  const count = 1 + random.below(2);
  const names = [...programme.curricula, 'Foundation Programme'].slice(0, count);
  return {
    programmeNumber: programme.number,
    programmeName: programme.name,
    owner: programme.owner,
    type: random.pick(TYPES),
    startDate,
    endDate,
    curricula: names.map((name) => ({ name, endDate: random.chance(0.03) ? null : day(endDate, random.below(60)) })),
  };
}

function placementsOf(random: Random, asOf: string): TraineePlacement[] {
  return Array.from({ length: random.below(3) }, (_, index) => {
    const [gradeId, grade] = random.pick(GRADES);
    const from = -random.below(180) - index * 180;
    return { gradeId, grade, dateFrom: day(asOf, from), dateTo: day(asOf, from + 90 + random.below(180)) };
  });
}
