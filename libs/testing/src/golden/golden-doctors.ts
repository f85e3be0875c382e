import { excludedPeople, sharedNumbers } from './excluded-people.js';
import { membershipTypesAndGrades, ownersOfFields, sharedAndGone } from './gmc-doctors.js';
import { recommendationOutcomes } from './gmc-recommendations.js';
import type { GoldenGmcDoctor } from './golden-gmc-parts.js';
import type { GoldenDoctor } from './golden-parts.js';
import { names, placementGrades } from './placement-people.js';
import { curriculumDates, membershipDates, ownersAndTypes, severalProgrammes } from './programme-people.js';

/**
 * People made by hand with the documents and issues that a rebuild must make of them on the day `asOf` (`yyyy-MM-dd`),
 * as long as GMC knows none of them. The expectations are written down, never computed by the code that they judge.
 *
 * Person ids lie from 900,000,101 and GMC numbers from 9000101, clear of `generatePeople`. The doctors do not influence
 * each other, so that they may be put all at once.
 */
export function goldenDoctors(asOf: string): GoldenDoctor[] {
  return [
    ...excludedPeople(),
    ...sharedNumbers(),
    ...membershipDates(asOf),
    ...curriculumDates(asOf),
    ...severalProgrammes(asOf),
    ...ownersAndTypes(asOf),
    ...placementGrades(asOf),
    ...names(),
  ];
}

/**
 * As {@link goldenDoctors}, with what GMC and our own recommendations say of them: ownership of fields, discrepancies,
 * outcomes, and who is in which list. To be loaded on the day `asOf`, which they show as the day of their last change;
 * beside {@link goldenDoctors}, or without them.
 *
 * Person ids lie from 900,001,001 and GMC numbers from 9001001.
 */
export function goldenGmcDoctors(asOf: string): GoldenGmcDoctor[] {
  return [
    ...ownersOfFields(asOf),
    ...sharedAndGone(asOf),
    ...membershipTypesAndGrades(asOf),
    ...recommendationOutcomes(asOf),
  ];
}
